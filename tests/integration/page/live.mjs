// What runs is seen while it runs; what failed can be tried again, what waits can be stopped, by those who may.

/** Looks at an image by the API, and waits for the end of that. */
async function scan(api, image) {
  const { id } = await api("scans", { method: "POST", body: JSON.stringify({ image }) });
  for (let tries = 0; tries < 200 && (await api(`scans/${id}`)).state !== "done"; ++tries) await new Promise((resolve) => setTimeout(resolve, 100));
  return id;
}

export async function live({ settings, check, tab, go, api, shot }) {
  await check("eight tabs of one browser live on one stream, and whoever looks at one that was hidden sees what is", async () => {
    const problems = [];
    const first = await tab();
    const context = first.context();
    let streams = 0;
    context.on("request", (request) => { streams += request.url().endsWith("api/v1/events"); });
    const tabs = [first];
    await go(first, "#/explain");
    while (tabs.length < 8) {
      const next = await context.newPage();
      next.setDefaultTimeout(8_000); // one connection too many, and nothing comes any more
      await go(next, "#/explain");
      tabs.push(next);
    }
    if (streams !== 1) problems.push(`${streams} streams`);
    await api("audits", { method: "POST", body: JSON.stringify({ target: "apps" }) });
    for (const each of [tabs[7], first]) await each.waitForSelector("#live progress");
    const late = await context.newPage();
    await go(late, "#/explain");
    await late.waitForSelector("#live progress"); // it was told by the others what runs
    await first.close(); // the next one listens in its place
    await late.waitForFunction((before) => { const now = document.querySelector("#live progress")?.value; return now === undefined || now > before; }, await late.evaluate(() => document.querySelector("#live progress")?.value ?? 0));
    for (const { id, state } of (await api("jobs?limit=5")).jobs) if (["waiting", "running"].includes(state)) await api(`jobs/${id}/cancel`, { method: "POST" });
    await context.close();

    // Without locks, as over plain HTTP from another host: a tab that nobody looks at has no stream.
    const plain = await tab();
    await plain.addInitScript(() => Object.defineProperty(navigator, "locks", { value: undefined }));
    const open = new Set();
    plain.on("request", (request) => request.url().endsWith("api/v1/events") && open.add(request));
    for (const end of ["requestfinished", "requestfailed"]) plain.on(end, (request) => open.delete(request));
    const look = (hidden) => plain.evaluate((now) => {
      Object.defineProperty(document, "hidden", { value: now, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await go(plain, "#/queue?state=done");
    await plain.waitForTimeout(100);
    if (open.size !== 1) problems.push(`${open.size} streams without locks`);
    await plain.waitForTimeout(1000); // what is missed sooner than that after the first load is none
    await look(true);
    await plain.waitForTimeout(100);
    if (open.size !== 0) problems.push("a hidden tab has a stream");
    const id = await scan(api, `${settings.host}/openeuler/app01:there-is-none`);
    await look(false);
    await plain.waitForSelector(`th:text-is("${id}")`);
    if (open.size !== 1) problems.push("who comes back has no stream");
    await plain.context().close();
    return problems;
  });

  await check("while the daemon is away the page says so, and what is shown is drawn anew when it is back", async () => {
    const page = await tab();
    let away = "quiet";
    await page.route("**/api/v1/events", (route) => (away === "quiet" ? route.fulfill({ status: 200, contentType: "text/event-stream", body: "" }) : away ? route.abort() : route.continue()));
    await go(page, "#/images?q=there-is-none-yet");
    const line = page.locator("#live [role=status]").first();
    await line.filter({ hasText: "Connection lost" }).waitFor();
    away = "broken";
    await shot(page, "lost-1280");
    await scan(api, `${settings.host}/openeuler/app01:there-is-none-yet`);
    const problems = (await page.locator("#results tbody tr").count()) ? ["it is there already"] : [];
    away = "";
    await page.waitForSelector("#results tbody tr:has-text('there-is-none-yet')");
    await line.waitFor({ state: "hidden" });
    await page.context().close();
    return problems;
  });

  await check("an audit is started from the page, its progress is seen, and its end draws the view anew", async () => {
    const page = await tab();
    await go(page, "#/");
    const problems = [];
    await page.click("tr:has-text('apps') button");
    await page.waitForSelector("#live progress");
    await page.evaluate(() => scrollTo(0, 0));
    await shot(page, "running-1280");
    const done = () => page.evaluate(() => document.querySelector("#live progress")?.value ?? -1);
    const first = await done();
    await page.waitForFunction((before) => { const now = document.querySelector("#live progress")?.value; return now === undefined || now > before; }, first);
    const later = await done();
    if (later <= first) problems.push(`progress ${first}, then ${later}`);
    await page.click("#skipped summary"); // neither a fold nor the focus is in the way of what is new, and both stay
    const queue = await tab();
    await go(queue, "#/queue?state=running");
    await queue.waitForSelector("td:has-text('apps')");
    await queue.waitForSelector("#live progress");
    await queue.context().close();
    await page.waitForSelector("#live", { state: "hidden", timeout: 30_000 });
    await page.waitForFunction(() => ![...document.querySelectorAll("tr")].find((row) => row.textContent.includes("apps"))?.textContent.includes("never"));
    if (!(await page.evaluate(() => document.querySelector("#skipped").open && document.activeElement.matches("#skipped summary")))) problems.push("the fold that was open is closed, or the focus is gone");
    await go(page, "#/images?q=app00");
    await page.fill("#q", "app00:there-is-none-either"); // somebody writes: that is not disturbed
    await scan(api, `${settings.host}/openeuler/app00:there-is-none-either`);
    await page.click("text=Show them");
    await page.waitForSelector("#results tbody tr:has-text('there-is-none-either')");
    if ((await page.inputValue("#q")) !== "app00:there-is-none-either") problems.push("what was written is gone");
    await page.waitForSelector("text=Show them", { state: "hidden" });
    await page.context().close();
    return problems;
  });

  await check("an image is looked at again from its page, which says what came of it and goes along when the tag moves", async () => {
    const problems = [];
    const { images } = await api("images?limit=500&repository=openeuler/app05");
    const bad = images.at(-1), good = images.find((line) => line.indexDigest !== bad.indexDigest);
    const page = await tab();
    const old = `#/image/${bad.indexDigest}?ref=${encodeURIComponent(bad.reference)}&platform=linux%2Farm64`;
    await go(page, old);
    await page.click("text=Scan again");
    await page.waitForSelector(".outcome a[href^='#/audit/']"); // the view was drawn anew
    if (!/Scan \d+:\s[\s\S]*2 /.test(await page.locator(".outcome").first().innerText())) problems.push(await page.locator(".outcome").first().innerText());
    const manifests = `http://${settings.host}/v2/openeuler/app05/manifests`;
    const index = await fetch(`${manifests}/${good.tag}`, { headers: { Accept: "application/vnd.oci.image.index.v1+json" } });
    const moved = await fetch(`${manifests}/${bad.tag}`, { method: "PUT", headers: { "Content-Type": index.headers.get("content-type") }, body: await index.text() });
    if (!moved.ok) problems.push(`the tag could not be moved: HTTP ${moved.status}`);
    await page.click("text=Scan again");
    await page.waitForURL((url) => url.hash.includes(good.indexDigest));
    await page.waitForSelector(".outcome:has-text('This tag points to another image now')");
    await shot(page, "moved-1280");
    await go(page, "#/");
    await go(page, old);
    await page.waitForSelector("main [role=status]:has-text('This tag points to another image now')");
    await shot(page, "moved-link-1280");
    if (await page.locator("text=Try again").count()) problems.push("the same is offered again");
    await page.click(`main a[href*="${good.indexDigest}"]`);
    await page.waitForSelector(".family");
    for (const [address, said] of [["#/audit/", "There is no such view."], ["#/diff/2", "There is no such view."], ["#/image", "There is no such view."], ["#/audit/999999", "No such audit is known."]]) {
      await go(page, address);
      const text = await page.locator("main").innerText();
      if (!text.includes(said) || /undefined|Try again/.test(text)) problems.push(`${address}: ${text}`);
    }
    await page.context().close();
    return problems;
  });

  await check("a job is cancelled and tried again; whoever may not is told so", async () => {
    const problems = [];
    const page = await tab({ token: "admin" });
    await go(page, "#/queue");
    await api("audits", { method: "POST", body: JSON.stringify({ target: "apps" }) });
    let id = 0;
    for (let tries = 0; tries < 50; ++tries) { // once the first one runs, the next one waits behind it
      const order = await api("audits", { method: "POST", body: JSON.stringify({ target: "apps" }) });
      id = order.id;
      if (!order.joined) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await page.reload();
    await page.click(`[aria-label='Cancel ${id}']`);
    await page.waitForSelector(`text=Job ${id} is cancelled`);
    await go(page, "#/queue?state=cancelled");
    await shot(page, "queue-1280");
    const reader = await tab({ token: "scan" });
    await go(reader, "#/queue?state=cancelled");
    await reader.click(`[aria-label='Retry ${id}']`);
    await reader.waitForSelector(".outcome .wrong");
    if (!(await reader.locator(".outcome .wrong").innerText()).includes("admin")) problems.push(await reader.locator(".outcome .wrong").innerText());
    await reader.context().close();
    await page.click(`[aria-label='Retry ${id}']`);
    await page.waitForSelector("text=/Job \\d+ does it again/");
    const again = (await api("jobs?limit=5")).jobs.find((job) => job.about === "apps" && ["waiting", "running"].includes(job.state));
    if (!again) problems.push("no job does it again");
    else await api(`jobs/${again.id}/cancel`, { method: "POST" });
    await page.context().close();
    return problems;
  });

  await check("what is done says how its images fared", async () => {
    const id = await scan(api, `${settings.host}/openeuler/app00:there-is-none`);
    const page = await tab({ token: "admin" });
    await go(page, "#/queue?state=done");
    const row = page.locator("tbody tr").filter({ has: page.locator(`th:text-is("${id}")`) });
    const problems = [];
    if (!/⊘\s*1 error/.test(await row.locator(".badge.error").innerText())) problems.push(await row.innerText());
    if (!(await row.locator("td .wrong").innerText()).startsWith("error: ")) problems.push(await row.innerText());
    if (await row.locator(".state.done").count()) problems.push("it looks as if all were well");
    const well = page.locator("tbody tr").filter({ has: page.locator(".badge.pass") }).first();
    if ((await well.locator("td .wrong").count()) && !(await well.locator(".badge.error").count())) problems.push(await well.innerText());
    await shot(page, "queue-done-1280");
    if (await page.locator("tbody tr:has(td:text-is('audit')) td .wrong").count()) problems.push("an audit that is done looks as if it had failed");
    await row.locator("a.fared").click();
    await page.waitForSelector("h1:has-text('Scan ')");
    await page.goBack();
    await page.click(`tbody a:has-text("app00:there-is-none")`);
    await page.waitForSelector("h1.name:has-text('there-is-none')");
    await page.context().close();
    return problems;
  });

  await check("a dead letter says why, and is tried again", async () => {
    const { jobs } = await api("jobs?state=dead");
    const page = await tab({ token: "admin" });
    await go(page, "#/queue?state=dead");
    const problems = jobs.length ? [] : ["there is none"];
    if ((await page.locator(".state.dead").first().innerText()) !== "dead letter") problems.push(await page.locator(".state.dead").first().innerText());
    if (!(await page.locator("td .wrong").first().innerText()).includes("configured")) problems.push(await page.locator("main").innerText());
    await page.click(`[aria-label='Retry ${jobs[0]?.id}']`);
    await page.waitForSelector("text=/Job \\d+ does it again/");
    await page.context().close();
    return problems;
  });
}
