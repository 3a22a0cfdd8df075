// Every view, with what one does there.

const text = (page, selector) => page.locator(selector).first().innerText();
const MOST_FIRST_LOAD = 200 * 1024;
const MOST_FILTER_MS = 100; // what people take for at once

export async function tour({ settings, check, tab, go, api, shot }) {
  const { images } = await api("images?limit=5000");
  const liar = images.find((line) => line.repository === settings.liar[0] && line.tag === settings.liar[1] && line.platform === "linux/arm64");
  const tags = new Set(images.map((line) => line.reference));

  await check("the first load is small, asks nobody else, and may be kept", async () => {
    const page = await tab({ token: null });
    const loads = [];
    page.on("response", async (answer) => loads.push({ url: answer.url(), headers: answer.headers(), size: (await answer.body().catch(() => "")).length }));
    await page.goto(settings.url);
    await page.waitForSelector("#token");
    const files = loads.filter((each) => !each.url.includes("/api/"));
    const size = files.reduce((sum, each) => sum + each.size, 0);
    const problems = size > MOST_FIRST_LOAD || size < 1000 ? [`${size} bytes`] : [];
    for (const { url, headers } of files) {
      const asset = url !== settings.url;
      if (headers["x-content-type-options"] !== "nosniff" || !headers["content-security-policy"]?.startsWith("default-src 'none'; script-src 'self'; style-src 'self'")) problems.push(`${url}: ${JSON.stringify(headers)}`);
      if (asset && !headers["cache-control"].includes("immutable")) problems.push(`${url} may not be kept`);
      if (!headers.etag) problems.push(`${url} has no ETag`);
    }
    await page.context().close();
    return problems;
  });

  await check("who must say who they are gets a box; a wrong token is said, the right one lets in, and it is kept in the tab alone", async () => {
    const page = await tab({ token: null });
    await page.goto(`${settings.url}#/images?verdict=fail`);
    await page.fill("#token", "vt_wrong");
    await page.click("form button[type=submit]");
    await page.waitForSelector("[role=alert]:not(:empty)");
    await shot(page, "login-1280");
    await page.fill("#token", settings.tokens.read);
    await page.click("form button[type=submit]");
    await page.waitForSelector("#results table");
    const kept = await page.evaluate(() => [JSON.stringify(localStorage), document.cookie, location.href, sessionStorage.getItem("veritag-token")]);
    const leaks = kept.slice(0, 3).filter((each) => each.includes("vt_"));
    await page.reload();
    await page.waitForSelector("#results table");
    await page.click("text=Log out");
    await page.waitForSelector("#token");
    const gone = await page.evaluate(() => sessionStorage.getItem("veritag-token"));
    await page.context().close();
    return [...leaks, ...(kept[3] === settings.tokens.read ? [] : ["it is not in sessionStorage"]), ...(gone ? ["it is still there after logging out"] : [])];
  });

  await check("where all may read: the log-in stands beside what is shown and can be left, and what one wanted is done after it", async () => {
    const page = await tab({ token: null });
    await page.route("**/api/v1/**", (route) => { // a daemon that lets everybody read
      const request = route.request(), headers = request.headers();
      if (request.method() === "GET") headers.authorization ??= `Bearer ${settings.tokens.read}`;
      return route.continue({ headers });
    });
    await go(page, "#/images");
    await page.click("text=Log in");
    await page.waitForSelector("dialog #token");
    await shot(page, "login-beside-1280");
    await page.click("dialog >> text=Cancel");
    const problems = (await page.locator("dialog").count()) + (await page.locator("#results table").count()) === 1 ? [] : ["the list is gone, or the log-in is still there"];
    if (!(await page.evaluate(() => document.activeElement.innerText === "Log in"))) problems.push("the focus is not back where it was");
    await go(page, "#/queue?state=dead");
    await page.click("text=Retry");
    await page.fill("dialog #token", "vt_wrong");
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog [role=alert]:not(:empty)");
    await page.fill("dialog #token", settings.tokens.scan);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".outcome .wrong:has-text('admin')"); // it was asked for as somebody
    await page.waitForSelector("text=Log out");
    await page.context().close();
    return problems;
  });

  await check("overview: counts, what is wrong, where, targets and trend", async () => {
    const page = await tab();
    await go(page, "#/");
    await page.waitForSelector(".trend");
    const problems = [];
    for (const verdict of ["pass", "fail", "unknown", "error"]) {
      const count = images.filter((line) => line.verdict === verdict).length;
      const shown = Number((await text(page, `.tiles a[href*="verdict=${verdict}"] .count`)).replaceAll(",", ""));
      if (shown !== count || count === 0) problems.push(`${verdict}: ${shown} shown, ${count} there`);
    }
    const said = await text(page, "main");
    for (const word of ["os-mismatch", "parent-mismatch", "fleet", "Coverage", "openeuler/app"]) if (!said.includes(word)) problems.push(`${word} is not there`);
    if (/unproven/.test(await text(page, ".pair")) && !images.some((line) => line.codes.includes("unproven") && !line.notes.includes("unproven"))) problems.push("a note is counted as a finding");
    if ((await page.locator(".trend g").count()) !== 2) problems.push("the trend has not two audits");
    await shot(page, "overview-1280", { fullPage: true });
    const { total, skipped } = await api("skipped?limit=1");
    if (!total || !(await text(page, "#skipped summary")).includes(`Skipped: ${total}`)) problems.push(`of ${total} skipped ones it says ${await text(page, "#skipped summary")}`);
    await page.click("#skipped summary");
    for (const word of [skipped[0].reference, skipped[0].reason]) if (!(await text(page, "#skipped table")).includes(word)) problems.push(`${word} is not among what was skipped`);
    if ((await page.locator("#skipped tbody tr").count()) !== total) problems.push("not all that was skipped is there");
    const counted = page.locator("table:has(caption:text-is('What is wrong')) tbody tr:has-text('os-mismatch')");
    const many = (await counted.locator("td").last().innerText()).trim();
    await counted.locator("a").click();
    await page.waitForSelector("#count:not(:empty)");
    if (!(await text(page, "#count")).endsWith(`images: ${many}`)) problems.push(`the overview counts ${many} of os-mismatch, the list says ${await text(page, "#count")}`);
    await go(page, "#/images?verdict=bogus&code=no-such-code");
    const chosen = await page.locator(".filters select").evaluateAll((all) => all.map((each) => each.value).filter(Boolean));
    if (chosen.join() !== "bogus,no-such-code") problems.push(`nothing is found, and the boxes say ${chosen}`);
    await go(page, "#/");
    await page.click('.tiles a[href*="verdict=unknown"]');
    await page.waitForSelector("#results table");
    if (!page.url().includes("verdict=unknown")) problems.push(page.url());
    await page.context().close();
    return problems;
  });

  await check(`${settings.tags} tags: filters answer at once, stand in the address, and are there again`, async () => {
    const page = await tab();
    await go(page, "#/images");
    await page.waitForSelector("#results table");
    const problems = tags.size >= settings.tags ? [] : [`only ${tags.size} tags`];
    const rows = () => page.locator("#results tbody tr").count();
    if ((await rows()) !== 100) problems.push(`${await rows()} rows at first`);
    const choose = async (label, value) => page.locator(".filters label", { hasText: label }).locator("select").selectOption(value);
    const time = await page.evaluate(async () => {
      const select = [...document.querySelectorAll(".filters select")][0];
      const times = [];
      for (const value of ["fail", "", "pass", "", "fail", "", "pass", "", "fail", ""]) {
        const start = performance.now();
        select.value = value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
        document.body.offsetHeight;
        times.push(performance.now() - start);
      }
      return Math.min(...times.slice(2)); // the machine may be busy; the page is not
    });
    if (time > MOST_FILTER_MS) problems.push(`a filter took ${time.toFixed(0)} ms`);
    await choose("Verdict", "fail");
    await choose("Finding", "os-mismatch");
    await page.fill("#q", `${settings.liar[1].slice(0, 12)} pytorch`);
    await page.waitForFunction(() => document.querySelectorAll("#results tbody tr").length === 1);
    if (!(await text(page, "#results")).includes(settings.liar[1])) problems.push("the liar is not found");
    await page.focus(".tools a");
    await page.keyboard.press("Enter"); // another language is no other question
    await page.waitForSelector("h1:text-is('镜像')");
    await page.waitForSelector("#results table");
    if ((await rows()) !== 1 || (await page.inputValue("#q")) === "") problems.push("the other language forgets the filters");
    if (!(await page.evaluate(() => document.activeElement.matches(".tools a")))) problems.push("the other language takes the focus away");
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1:text-is('Images')");
    await page.waitForSelector("#results table");
    const address = page.url();
    for (const part of ["verdict=fail", "code=os-mismatch", "q="]) if (!address.includes(part)) problems.push(`${part} is not in ${address}`);
    await page.goto("about:blank");
    await page.goto(address);
    await page.waitForSelector("#results table");
    if ((await rows()) !== 1 || (await page.inputValue("#q")) === "") problems.push("the address did not bring the filters back");
    await page.fill("#q", "nothing-has-this-name");
    await page.waitForFunction(() => document.querySelectorAll("#results table").length === 0);
    await page.click("text=Clear filters");
    await page.waitForFunction(() => document.querySelectorAll("#results tbody tr").length === 100);
    if (page.url().includes("verdict=")) problems.push("cleared filters stay in the address");
    const expected = images.filter((line) => line.repository === "openeuler/app07").map((line) => line.tag);
    await choose("Repository", "openeuler/app07");
    if ((await rows()) !== Math.min(100, new Set(expected).size) || !(await text(page, "#count")).startsWith(`Tags: ${new Set(expected).size} · images: ${expected.length}`)) problems.push(`${await rows()} rows of openeuler/app07`);
    await shot(page, "images-1280");
    await choose("Repository", "");
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.waitForFunction(() => document.querySelectorAll("#results tbody tr").length > 100);
    const place = () => page.evaluate(() => ({ y: scrollY, rows: document.querySelectorAll("#results tbody tr").length, focus: document.activeElement.getAttribute("href") }));
    const opened = page.locator("#results tbody tr:nth-child(98) a");
    await opened.scrollIntoViewIfNeeded();
    const was = { ...(await place()), focus: await opened.getAttribute("href") };
    await opened.click();
    await page.waitForSelector("h1.name");
    await page.goBack();
    await page.waitForSelector("#results table");
    await page.waitForFunction((y) => Math.abs(scrollY - y) < 5, was.y, { timeout: 3_000 }).catch(() => {});
    const is = await place();
    if (was.y < 900 || Math.abs(is.y - was.y) > 5 || is.rows < was.rows || is.focus !== was.focus) problems.push(`one was at ${JSON.stringify(was)}, and comes back to ${JSON.stringify(is)}`);
    await page.context().close();
    return problems;
  });

  await check("three clicks from the first view to one lying image: the tag it deserves, the proof, and who it is built on", async () => {
    const page = await tab();
    await go(page, "#/");
    await page.click('.tiles a[href*="verdict=fail"]');
    await page.waitForSelector("#results table");
    await page.click(`#results tbody a:has-text("${settings.liar[1]}")`);
    await page.waitForSelector(".family .node");
    const said = await text(page, "main");
    const problems = [];
    for (const word of ["The tag that its content deserves", "The tag claims openEuler", "usr/lib/os-release", "layer 0", "ADD file:openEuler", "veritag scan"]) if (!said.includes(word)) problems.push(`${word} is not there`);
    await page.click("ul.plain a:has-text('openeuler:22.03-lts-sp4')"); // and what it is built on
    await page.waitForSelector("h1:has-text('22.03-lts-sp4')");
    await page.context().close();
    return problems;
  });

  await check("waivers: what is waived can be left out, says so, and idle ones are told", async () => {
    const page = await tab();
    await go(page, "#/");
    await page.waitForSelector("#waivers table");
    const problems = [];
    const said = await text(page, "#waivers");
    for (const word of ["in use", "nothing needs it", "expired", "2020-01-31", "known <script>", "line 1"]) if (!said.includes(word)) problems.push(`${word} is not there`);
    const order = await page.locator("#waivers tbody .severity").allInnerTexts();
    if (order[0] !== "expired" || order.length !== 4) problems.push(`the order is ${order}`);
    const waived = new Set(images.filter((line) => line.repository === "openeuler/app03" && line.codes.includes("os-mismatch")).map((line) => line.reference));
    await go(page, "#/images?waived=only");
    await page.waitForSelector("#results table");
    const rows = await page.locator("#results tbody tr").allInnerTexts();
    if (rows.length !== waived.size || rows.length === 0 || !rows.every((row) => row.includes("openeuler/app03") && row.includes("os-mismatch (waived)"))) problems.push(`${rows.length} rows for ${waived.size} tags: ${rows[0]}`);
    await page.locator(".filters label", { hasText: "Waived" }).locator("select").selectOption("no");
    await page.fill("#q", "app03");
    await page.waitForFunction(() => [...document.querySelectorAll("#results tbody tr")].every((row) => row.innerText.includes("openeuler/app03")));
    if ((await text(page, "#results")).includes("waived")) problems.push("what is waived is still listed");
    await go(page, `#/images?waived=only`);
    await page.click("#results tbody a");
    await page.waitForSelector(".waiver");
    if (!(await text(page, ".waiver")).includes("Waived until 2999-12-31 by ops <img")) problems.push(await text(page, ".waiver"));
    await shot(page, "waived-1280");
    await page.context().close();
    return problems;
  });

  await check("an image: claims beside what is inside, proof with layer and build step, the tree, layers, packages", async () => {
    const page = await tab();
    await go(page, "#/images?code=os-mismatch&q=pytorch");
    await page.click(`#results a:has-text("${settings.liar[1]}")`);
    await page.waitForSelector(".family");
    const said = await text(page, "main");
    const problems = [];
    await page.click(".deserves button");
    await page.waitForSelector(".deserves button:text-is('Copied ✓')");
    await page.locator(".deserves button:text-is('Copy')").waitFor();
    for (const word of ["24.03-LTS-SP1", "22.03-LTS-SP4", "2.2.0-cann8.0.RC1-oe2203sp4", "usr/lib/os-release", "ADD file:openEuler", "linux/amd64", "linux/arm64", `veritag scan ${settings.host}/${settings.liar.join(":")}`])
      if (!said.includes(word)) problems.push(`${word} is not there`);
    const rows = await page.locator(".claims tbody tr, section:has(h2:text('What the tag claims')) tbody tr").allInnerTexts();
    if (!/openeuler[\s\S]*false/.test(rows[0] ?? "") || rows.filter((row) => row.includes("true")).length !== 2) problems.push(JSON.stringify(rows));
    const nodes = await page.locator(".family .node").allInnerTexts().catch(() => []);
    const tree = await page.locator(".family").getAttribute("aria-label");
    if (nodes.length !== 3 || !/pytorch.*built on the wrong image: os-mismatch.*cann.*openeuler:22\.03-lts-sp4/.test(tree)) problems.push(`tree: ${tree}`);
    if ((await page.locator(".node.bad").count()) !== 1) problems.push("the place where it went wrong is not marked once");
    else if (!(await page.locator(".node.bad").textContent()).includes("pytorch")) problems.push("a base that is what its tag says is accused");
    if ((await page.locator("section:has(h2:text('Layers')) tbody tr").count()) !== 3) problems.push("not three layers");
    await page.evaluate(() => scrollTo(0, 0));
    await shot(page, "image-1280", { fullPage: true });
    await page.click("text=/Show the \\d+ packages/");
    await page.fill("#packages input", "openssl");
    await page.waitForFunction(() => document.querySelectorAll("#packages tbody tr").length === 1);
    if (!(await text(page, "#packages table")).includes("openssl-libs")) problems.push("openssl-libs is not found");
    if (!page.url().includes("package=openssl")) problems.push("the search for packages is not in the address");
    for (const count of ["1", "1"]) { // there and back
      await page.click(".tools a");
      await page.waitForSelector(`#packages [role=status]:has-text("${count}")`);
    }
    if ((await page.inputValue("#packages input")) !== "openssl") problems.push("the other language forgets the search for packages");
    await page.click(".tabs >> text=linux/amd64");
    await page.waitForSelector(".tabs a[aria-current]:has-text('linux/amd64')");
    await page.waitForSelector(".family");
    await page.click("ul.plain a:has-text('openeuler:22.03-lts-sp4')");
    await page.waitForSelector("h1:has-text('22.03-lts-sp4')");
    if (!(await text(page, "h1")).includes("pass")) problems.push("the base does not pass");
    await page.context().close();
    return problems;
  });

  await check("an image under many names shows them all, and copies where there is no clipboard", async () => {
    const page = await tab();
    await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    const many = images.find((line) => line.repository === "openeuler/app07" && images.filter((other) => other.digest === line.digest).length > 52);
    await go(page, `#/image/${many.indexDigest}?ref=${encodeURIComponent(many.reference)}&platform=${encodeURIComponent(many.platform)}`);
    await page.click("text=/Show all \\d+/");
    const names = images.filter((line) => line.digest === many.digest).length;
    const problems = (await page.locator("section:has(h2:text('Facts')) li").count()) === names - 1 ? [] : [`${await page.locator("section:has(h2:text('Facts')) li").count()} of ${names} names`];
    await page.click(".command button:text-is('Copy')");
    await page.waitForSelector(".command button:text-is('Copied ✓')");
    if (!(await page.evaluate(() => document.activeElement.innerText === "Copied ✓"))) problems.push("copying takes the focus away");
    await page.click("text=Explain");
    await page.focus("input.large");
    await page.keyboard.press("Control+V");
    if ((await page.inputValue("input.large")) !== `veritag scan ${many.reference}`) problems.push(`copied: ${await page.inputValue("input.large")}`);
    await page.context().close();
    return problems;
  });

  await check("an image that could not be read has a page, too", async () => {
    const page = await tab();
    await go(page, "#/images?verdict=error&q=no%2Fregistry");
    await page.click("#results tbody a");
    await page.waitForSelector("h1:has-text('no/registry')");
    const said = await text(page, "main");
    await page.context().close();
    return said.includes("127.0.0.1:1") && /⊘\s*error/.test(said) ? [] : [said.slice(0, 400)];
  });

  await check("audits, one of them, its report as a file, and the difference of two", async () => {
    const [first, second] = settings.audits;
    const page = await tab();
    await go(page, "#/audits");
    await shot(page, "audits-1280");
    await page.click(`a:has-text("Changes since ${first}")`);
    await page.waitForSelector(".change");
    const problems = [];
    const said = await text(page, "main");
    if (!/New \(\d+\)/.test(said) || !/Mended \(\d+\)/.test(said) || !said.includes("22.03-LTS-SP3")) problems.push(said.slice(0, 500));
    if (!page.url().includes(`diff/${second}/${first}`)) problems.push(page.url());
    const unread = await page.locator(".change.error").innerText().catch(() => "no list of what could not be read");
    if (!unread.includes("Could not be read or judged this time") || !unread.includes(settings.spoilt.join(":")) || !/before:\s*\S?\s*pass/i.test(unread)) problems.push(unread.slice(0, 500));
    await shot(page, "diff-1280");
    await go(page, `#/audit/${second}`);
    const download = page.waitForEvent("download");
    await page.click("button:text-is('json')");
    const file = await download;
    const content = JSON.parse(await (await import("node:fs/promises")).readFile(await file.path(), "utf8"));
    if (content.schema !== "veritag.report/1" || !file.suggestedFilename().endsWith(".json")) problems.push(`${file.suggestedFilename()}: ${content.schema}`);
    for (const format of await page.locator("section:has(h2:text('The report as a file')) button").allInnerTexts()) {
      const other = page.waitForEvent("download");
      await page.click(`button:text-is('${format}')`);
      const { size } = await (await import("node:fs/promises")).stat(await (await other).path());
      if (size < 1000) problems.push(`${format}: ${size} bytes`);
    }
    await page.click("button:text-is('Compare')");
    await page.waitForSelector(".change");
    await page.context().close();
    return problems;
  });

  await check("rules can be searched, and their examples explained", async () => {
    const page = await tab();
    await go(page, "#/rules");
    await page.fill("input[type=search]", "oeep-0014");
    await page.click("summary:has-text('oeep-0014')");
    await page.waitForSelector("details[open] td");
    await shot(page, "rules-1280");
    const example = await text(page, "details[open] tbody a");
    await page.click("details[open] tbody a");
    await page.waitForSelector("#answer table");
    const box = await page.inputValue("input.large");
    await page.context().close();
    return box === example && box.includes(":") ? [] : [`${box}, ${example}`];
  });

  await check("a tag is explained while one types it", async () => {
    const page = await tab();
    await go(page, "#/explain");
    await page.locator("input.large").pressSequentially("openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2", { delay: 2 });
    await page.waitForSelector("#answer td:has-text('7.0.RC1')");
    const problems = [];
    const said = await text(page, "#answer");
    for (const word of ["pytorch", "2.1.0", "22.03-LTS-SP2", "oeep-0014", "framework", "tag-short"]) if (!said.includes(word)) problems.push(`${word} is not there`);
    if (!page.url().includes("reference=")) problems.push("it is not in the address");
    await shot(page, "explain-1280");
    await page.click(".tools a");
    await page.waitForSelector("h1:text-is('标签说了什么？')");
    if ((await page.inputValue("input.large")) !== "openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2") problems.push("the other language forgets what was typed");
    await page.click(".tools a");
    await page.waitForSelector("h1:text-is('What does a tag say?')");
    await page.fill("input.large", "openeuler/");
    await page.waitForSelector("#answer:has-text('This is not yet a name with a tag')");
    await page.fill("input.large", "openeuler/cann:");
    await page.waitForFunction(() => !document.querySelector("#answer table"));
    await page.context().close();
    return problems;
  });

  await check("Chinese: by Accept-Language, by the switch, and every view in it", async () => {
    const problems = [];
    const chinese = await tab({ locale: "zh-CN" });
    await go(chinese, "#/");
    if ((await text(chinese, "h1")) !== "总览") problems.push(`Accept-Language: ${await text(chinese, "h1")}`);
    await shot(chinese, "overview-zh-1280", { fullPage: true });
    for (const view of ["images", "audits", "queue", "rules", "explain", `image/${liar.indexDigest}`, `diff/${settings.audits[1]}/${settings.audits[0]}`, "explain?reference=openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2", "rules?q=oeep-0014"]) {
      await go(chinese, `#/${view}`);
      if (view.startsWith("rules")) await chinese.click("summary:has-text('oeep-0014')");
      await chinese.waitForTimeout(50);
      const said = await chinese.evaluate(() => document.body.innerText);
      const english = said.match(/\b(Overview|Images|Findings|Layers|Looked at|Action|Search|Verdict|The tag claims|New|Mended)\b/);
      const odd = said.match(/.{0,20}([\u4e00-\u9fff]: |。 \S|\b\d+ s\b|\b(tier|parents|findings|kind): |--repository|\n(framework|sdk|os|tool|llm)\n).{0,20}/);
      if (odd) problems.push(`${view}: ${odd[0]}`);
      if (english || !/[\u4e00-\u9fff]/.test(said)) problems.push(`${view}: ${english?.[0]}`);
    }
    // What is said of errors, jobs and skipped things was stored in English; and the browser prefers English.
    const chosen = await tab();
    for (const [view, open, place, word] of [["?lang=zh", "#skipped summary", "#skipped table", "证明（attestation）"], ["queue?lang=zh", null, "main", "的地址是内部地址"],
      ["images?verdict=error&q=no%2Fregistry&lang=zh", "#results tbody a", "main", "的地址是内部地址"]]) {
      await go(chosen, `#/${view}`);
      if (open) await chosen.click(open);
      await chosen.waitForFunction(([place, word]) => document.querySelector(place)?.innerText.includes(word), [place, word], { timeout: 5_000 })
        .catch(async () => problems.push(`${view} lacks ${word}: ${(await text(chosen, place)).slice(0, 600)}`));
    }
    await chosen.context().close();
    await go(chinese, "#/queue");
    await shot(chinese, "queue-zh-1280", { fullPage: true });
    const name = `${settings.host}/${settings.liar.join(":")}`;
    await go(chinese, `#/image/${liar.indexDigest}?ref=${encodeURIComponent(name)}&platform=linux%2Famd64`);
    const report = await api(`images/${liar.indexDigest}?lang=zh`);
    const wrong = report.images.find((each) => each.reference === name).findings.find((each) => each.severity === "error").message;
    if (!(await text(chinese, "p.lead")).includes(wrong)) problems.push(`the first line of an image lacks ${wrong}: ${await text(chinese, "p.lead")}`);
    await shot(chinese, "image-zh-1280", { fullPage: true, clip: { x: 0, y: 0, width: 1280, height: 1700 } });
    await chinese.click("text=English");
    await chinese.waitForFunction(() => document.documentElement.lang === "en");
    if (!chinese.url().includes("lang=en")) problems.push("the choice is not in the address");
    await chinese.click("nav >> text=Rules");
    await chinese.waitForSelector("h1:has-text('Rules')");
    if (!chinese.url().includes("lang=en")) problems.push("the choice does not go along");
    await chinese.context().close();
    return problems;
  });

  await check("light and dark, by the system and by the switch; colours that somebody forces leave what colours say", async () => {
    const page = await tab({ colorScheme: "dark" });
    await go(page, "#/");
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await shot(page, "overview-dark-1280", { fullPage: true });
    await page.click("[aria-label='Light or dark']");
    const light = await ground();
    await page.reload();
    await page.waitForSelector("h1");
    const kept = await ground();
    const problems = dark !== light && kept === light ? [] : [`${dark}, ${light}, ${kept}`];
    await page.emulateMedia({ forcedColors: "active" });
    await page.waitForSelector(".bar");
    const seen = await page.evaluate(() => ({ shares: new Set([...document.querySelector(".bar").children].map((each) => getComputedStyle(each).backgroundColor)).size, all: document.querySelector(".bar").children.length,
      lines: new Set([...document.querySelectorAll("header nav a")].map((each) => getComputedStyle(each).borderBottomColor)).size }));
    if (seen.shares !== seen.all || seen.lines !== 2) problems.push(`with forced colours: ${JSON.stringify(seen)}`);
    await shot(page, "forced-1280");
    await page.context().close();
    return problems;
  });

  await check("a phone: nothing is wider than the screen, and no cell lies over the next", async () => {
    const page = await tab({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
    const problems = [];
    for (const [name, view] of [["overview", ""], ["images", "images"], ["image", `image/${liar.indexDigest}?ref=${encodeURIComponent(liar.reference)}&platform=linux%2Farm64`], ["audits", "audits"], ["audit", `audit/${settings.audits[1]}`],
      ["diff", `diff/${settings.audits[1]}/${settings.audits[0]}`], ["queue", "queue"], ["rules", "rules"], ["explain", "explain?reference=openeuler/cann:8.0.RC1-oe2203sp4"]]) {
      await go(page, `#/${view}`);
      await page.waitForTimeout(50);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > 390) problems.push(`${name} is ${wide} pixels wide`);
      const covered = await page.evaluate(() => [...document.querySelectorAll("tr")].slice(0, 60).flatMap((row) => {
        const texts = [...row.children].map((cell) => { const range = document.createRange(); range.selectNodeContents(cell); return { cell, box: (cell.querySelector(".step[tabindex]") ? cell : range).getBoundingClientRect() }; }).filter(({ box }) => box.width > 0);
        return texts.filter(({ cell, box }, at) => texts.slice(at + 1).some((other) => other.box.left < box.right - 1 && box.left < other.box.right - 1 && other.box.top < box.bottom - 6 && box.top < other.box.bottom - 6 && cell.offsetParent)).map(({ cell }) => cell.innerText);
      }));
      const cutOff = await page.evaluate(() => [...document.querySelectorAll(".node")].flatMap((node) => { const { right } = node.querySelector("rect").getBoundingClientRect(); return [...node.querySelectorAll("text")].filter((each) => each.getBoundingClientRect().right > right || (each.matches(".bad .node-note") && each.textContent.includes("…"))).map((each) => each.textContent); }));
      if (cutOff.length) problems.push(`${name}: the family tree leaves its boxes: ${cutOff}`);
      if (covered.length) problems.push(`${name}: ${covered.length} cells lie under others: ${covered[0]}`);
      if (["overview", "images", "image"].includes(name)) await shot(page, `${name}-390`, { fullPage: name !== "images" });
    }
    await page.context().close();
    return problems;
  });
}
