// Without a mouse, without eyes: the keyboard, the outline, what is announced, and what axe-core finds.
import fs from "node:fs";
import path from "node:path";

const ALIKE = ["tbody tr:nth-child(n+5)", ".rule:nth-of-type(n+4)", ".findings > li:nth-child(n+5)", "option:nth-child(n+5)"]; // rows after the first ones add nothing but time

export async function accessible({ settings, check, tab, go, api }) {
  const { images } = await api("images?limit=5000&repository=" + encodeURIComponent(settings.liar[0]));
  const liar = images.find((line) => line.tag === settings.liar[1]);
  const axe = fs.readFileSync(path.join(settings.tools, "node_modules/axe-core/axe.min.js"), "utf8");
  const views = ["", "images", `image/${liar.indexDigest}?ref=${encodeURIComponent(liar.reference)}&package=`, "audits", `audit/${settings.audits[1]}`, `diff/${settings.audits[1]}/${settings.audits[0]}`, "queue", "rules", "explain?reference=openeuler/cann:8.0.RC1-oe2203sp4"];

  for (const scheme of ["light", "dark"])
    await check(`axe-core finds nothing serious (${scheme})`, async () => {
      const page = await tab({ colorScheme: scheme });
      const problems = [];
      for (const view of scheme === "light" ? views : views.slice(0, 4)) {
        await go(page, `#/${view}`);
        await page.evaluate(axe); // over the debugger, which the policy does not bind
        const found = await page.evaluate((exclude) => window.axe.run({ exclude }, { resultTypes: ["violations"], elementRef: false }), ALIKE);
        for (const each of found.violations.filter(({ impact }) => impact === "serious" || impact === "critical")) problems.push(`${view || "overview"}: ${each.id}: ${each.nodes[0].html.slice(0, 150)} ${each.nodes[0].failureSummary.slice(0, 200)}`);
      }
      await page.context().close();
      return problems.slice(0, 8);
    });

  await check("the keyboard: skip link, menu, filters, a row, and focus goes to the new view", async () => {
    const page = await tab();
    await go(page, "#/");
    await page.waitForSelector(".tiles");
    const problems = [];
    const focused = () => page.evaluate(() => ({ text: document.activeElement.innerText?.trim().slice(0, 80), id: document.activeElement.id, outline: getComputedStyle(document.activeElement).outlineStyle }));
    await page.keyboard.press("Tab");
    if ((await focused()).text !== "Skip to the content") problems.push(`first: ${JSON.stringify(await focused())}`);
    await page.keyboard.press("Enter");
    if ((await focused()).id !== "main") problems.push("the skip link leads nowhere");
    await page.reload();
    await page.waitForSelector(".tiles");
    const walked = [];
    for (let step = 0; step < 5; ++step) {
      await page.keyboard.press("Tab");
      const now = await focused();
      walked.push(now.text);
      if (now.outline === "none") problems.push(`no outline around ${now.text}`);
      if (now.text === "Images") break;
    }
    if (walked.at(-1) !== "Images") problems.push(`walked ${walked}`);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#results table");
    if ((await focused()).id !== "main") problems.push(`focus is at ${JSON.stringify(await focused())}`);
    await page.keyboard.press("Tab");
    if ((await focused()).id !== "q") problems.push(`after the heading: ${JSON.stringify(await focused())}`);
    await page.keyboard.type("pytorch");
    await page.waitForFunction(() => document.querySelectorAll("#results tbody tr").length < 10);
    for (let step = 0; step < 12 && !(await focused()).text?.startsWith("openeuler/pytorch"); ++step) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1.name");
    await page.goBack();
    await page.waitForSelector("#results table");
    if ((await page.inputValue("#q")) !== "pytorch") problems.push("going back forgets the filter");
    // Another part of a view, and a button that was pressed: the focus is where one was.
    for (const view of ["queue", `image/${liar.indexDigest}?ref=${encodeURIComponent(liar.reference)}`]) {
      await go(page, `#/${view}`);
      const word = (await page.locator(".tabs a:not([aria-current])").first().innerText()).trim();
      await page.focus(".tabs a:not([aria-current])");
      await page.keyboard.press("Enter");
      await page.waitForFunction((word) => document.querySelector(".tabs [aria-current]")?.innerText.trim() === word, word);
      await page.waitForFunction(() => document.activeElement.matches(".tabs [aria-current]"), null, { timeout: 3_000 }).catch(async () => problems.push(`after the tab ${word} the focus is at ${JSON.stringify(await focused())}`));
    }
    await go(page, `#/audit/${settings.audits[1]}`);
    await page.focus("button:text-is('csv')");
    const download = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    await download;
    if ((await focused()).text !== "csv") problems.push(`after a button: ${JSON.stringify(await focused())}`);
    await page.context().close();
    return problems;
  });

  await check("what scrolls is reached with the keyboard, what does not is no stop, and nothing lies under the header", async () => {
    const page = await tab({ viewport: { width: 780, height: 600 } });
    const problems = [];
    await go(page, `#/${views[2]}`);
    await page.waitForSelector("#packages table");
    await page.waitForTimeout(50);
    const wrong = await page.evaluate(() => [...document.querySelectorAll(".scroll, code.step")].filter((each) => (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1) !== (each.tabIndex === 0)).map((each) => each.className));
    const long = await page.locator("code.step[tabindex]").count(), short = await page.locator("code.step:not([tabindex])").count();
    if (wrong.length || !long || !short) problems.push(`${wrong}: ${long} long and ${short} short steps`);
    const under = await page.evaluate(() => {
      scrollTo(0, 300);
      document.querySelector("#live").hidden = false;
      const p = document.querySelector("#live p");
      p.hidden = false;
      p.textContent = "it runs";
      return document.querySelector("#header").getBoundingClientRect().bottom - p.getBoundingClientRect().top;
    });
    if (under > 0) problems.push(`what runs lies ${under} pixels under the header`);
    await page.context().close();
    return problems;
  });

  await check("headings, landmarks and announcements", async () => {
    const page = await tab();
    const problems = [];
    for (const view of views) {
      await go(page, `#/${view}`);
      const found = await page.evaluate(() => ({ h1: document.querySelectorAll("h1").length, main: document.querySelectorAll("main").length, nav: document.querySelectorAll("nav[aria-label]").length, live: document.querySelectorAll("[aria-live], [role=status]").length,
        title: document.title, levels: [...document.querySelectorAll("h1,h2,h3")].map((each) => Number(each.tagName[1])) }));
      if (found.h1 !== 1 || found.main !== 1 || found.nav < 1 || found.live < 1 || !found.title.endsWith("veritag") || found.levels.some((level, at) => at && level > found.levels[at - 1] + 1)) problems.push(`${view}: ${JSON.stringify(found)}`);
    }
    await go(page, "#/images");
    await page.fill("#q", "app07");
    await page.waitForFunction(() => document.querySelector("#count[role=status]").textContent.startsWith("Tags: 200"));
    await page.context().close();
    return problems;
  });
}
