// Reports as files, read on a telephone: nothing but a table or a block of code scrolls sideways.
// usage: node reports.mjs TOOLS BROWSER SCREENSHOTS FILE...
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [tools, browserPath, screenshots, ...files] = process.argv.slice(2);
const { chromium } = createRequire(path.join(tools, "node_modules/"))("playwright-core");
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
for (const file of files) {
  const problems = [];
  for (const [width, colorScheme] of [[390, "light"], [1280, "dark"]]) {
    const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
    await page.goto(pathToFileURL(path.resolve(file)).href);
    await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    const who = await page.evaluate(() => [...document.querySelectorAll("main *, header *")].filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".scroll, pre")).slice(0, 3).map((each) => each.outerHTML.slice(0, 120)));
    if (wide > 0 || who.length) problems.push(`at ${width} it is ${wide} too wide: ${who.join(" ")}`);
    const broken = await page.evaluate(() => [...document.querySelectorAll("td.whole code")].filter((each) => each.getClientRects().length > 1).map((each) => each.textContent));
    if (width > 640 && broken.length) problems.push(`at ${width} these are broken: ${broken.slice(0, 3).join(" ")}`);
    await page.screenshot({ path: path.join(screenshots, `${path.basename(file)}-${width}.png`), fullPage: true });
    await page.close();
  }
  process.stdout.write(`${JSON.stringify({ name: `${path.basename(file)} fits a telephone`, problems })}\n`);
}
await browser.close();
