// Drives the page in Chromium and says what it found, one JSON object a line: { name, problems }.
// usage: node drive.mjs SETTINGS.json [PART,PART]  (page_test.py writes the settings, also with --stay)
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";
import { accessible } from "./accessible.mjs";
import { hostile } from "./hostile.mjs";
import { live } from "./live.mjs";
import { tour } from "./tour.mjs";

const settings = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const require = createRequire(path.join(settings.tools, "node_modules/"));
const { chromium } = require("playwright-core");

const report = (name, problems, ms = 0) => process.stdout.write(`${JSON.stringify({ name, problems, ms })}\n`);

/** One check: whatever it throws is a problem of its own. */
async function check(name, body) {
  const started = performance.now();
  let problems;
  try {
    problems = (await body()) ?? [];
  } catch (error) {
    problems = [String(error.stack ?? error).slice(0, 1500)];
  }
  report(name, problems, Math.round(performance.now() - started));
}

// Errors, dialogs, violations of the policy, and requests to elsewhere are problems wherever they come up.
const trouble = [];
function watch(page) {
  page.on("pageerror", (error) => trouble.push(`script: ${error.message}`));
  page.on("dialog", (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", (message) => {
    const expected = /status of (401|403|404|400|409)|net::ERR_FAILED/.test(message.text()); // answers that a check asked for, and a line that it cut
    if (message.type() === "error" && !expected) trouble.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(settings.url) && !url.startsWith("blob:")) trouble.push(`request to ${url}`);
  });
}

const browser = await chromium.launch({ executablePath: settings.browser, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** A fresh tab. `token`: role, or null for nobody. */
async function tab({ token = "scan", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-US", colorScheme: "light", ...options });
  if (token) await context.addInitScript(([text, origin]) => {
    if (location.origin !== origin || sessionStorage.getItem("was")) return;
    sessionStorage.setItem("was", "1"); // so that one can log out
    sessionStorage.setItem("veritag-token", text);
  }, [settings.tokens[token], new URL(settings.url).origin]);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  watch(page);
  return page;
}

/** Goes to a view and waits until it is drawn. */
async function go(page, hash) {
  await page.goto(settings.url + hash);
  await page.waitForSelector("main h1");
  await page.waitForFunction(() => !document.querySelector("main > p[role=status]:only-child"));
}

const api = async (where, options = {}) => {
  const answer = await fetch(`${settings.url}api/v1/${where}`, { ...options, headers: { Authorization: `Bearer ${settings.tokens.scan}`, "Content-Type": "application/json" } });
  return answer.json();
};

const world = { settings, check, tab, go, api, trouble, require, shot: (page, name, options = {}) => page.screenshot({ path: path.join(settings.screenshots, `${name}.png`), ...options }) };
try {
  const parts = { tour, hostile, live, accessible };
  for (const name of process.argv[3]?.split(",") ?? Object.keys(parts)) await parts[name](world);
} finally {
  await browser.close();
}
await check("no script failed, no dialog opened, no rule of the policy was broken, nothing was asked of elsewhere", () => [...new Set(trouble)].slice(0, 8));
await check("the driver came to its end", () => []);
