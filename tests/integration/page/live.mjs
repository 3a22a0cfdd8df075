// What runs is seen while it runs; what failed can be tried again, what waits can be stopped, by those who may.

export async function live({ settings, check, tab, go, api, shot }) {
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
    await page.evaluate(() => document.activeElement.blur());
    const queue = await tab();
    await go(queue, "#/queue?state=running");
    await queue.waitForSelector("td:has-text('apps')");
    await queue.waitForSelector("#live progress");
    await queue.context().close();
    await page.waitForSelector("#live", { state: "hidden", timeout: 30_000 });
    await page.waitForFunction(() => ![...document.querySelectorAll("tr")].find((row) => row.textContent.includes("apps"))?.textContent.includes("never"));
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
    const { id } = await api("scans", { method: "POST", body: JSON.stringify({ image: `${settings.host}/openeuler/app00:there-is-none` }) });
    for (let tries = 0; tries < 100 && (await api(`scans/${id}`)).state !== "done"; ++tries) await new Promise((resolve) => setTimeout(resolve, 100));
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
    await row.locator("a").click();
    await page.waitForSelector("h1:has-text('Scan ')");
    await page.context().close();
    return problems;
  });

  await check("a dead letter says why, and is tried again", async () => {
    const { jobs } = await api("jobs?state=dead");
    const page = await tab({ token: "admin" });
    await go(page, "#/queue?state=dead");
    const problems = jobs.length ? [] : ["there is none"];
    if (!(await page.locator("td .wrong").first().innerText()).includes("configured")) problems.push(await page.locator("main").innerText());
    await page.click(`[aria-label='Retry ${jobs[0]?.id}']`);
    await page.waitForSelector("text=/Job \\d+ does it again/");
    await page.context().close();
    return problems;
  });
}
