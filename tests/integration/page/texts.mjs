// The page's words: every one in both languages with the same gaps, every one used and every used one there; and no way in for markup.
// usage: node texts.mjs FOLDER
import fs from "node:fs";
import path from "node:path";

const folder = process.argv[2];
const report = (name, problems) => process.stdout.write(`${JSON.stringify({ name, problems })}\n`);
const sources = Object.fromEntries(fs.readdirSync(folder).filter((name) => name.endsWith(".js")).map((name) => [name, fs.readFileSync(path.join(folder, name), "utf8")]));
const load = async (name) => import(`data:text/javascript,${encodeURIComponent(sources[name].replace(/^import .*$/gm, "const language = () => 'en';"))}`);

const { TEXTS } = await load("texts.js");
const gaps = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort().join();
report("every word of the page is there in English and Chinese", Object.entries(TEXTS).filter(([, pair]) => pair.length !== 2 || !pair[0] || !pair[1] || gaps(pair[0]) !== gaps(pair[1])).map(([key]) => key));

const code = Object.entries(sources).filter(([name]) => name !== "texts.js").map(([, text]) => text).join("\n");
const asked = new Set([...code.matchAll(/\bt\("(\w+)"/g)].map((match) => match[1]));
report("no word is missing", [...asked].filter((key) => !(key in TEXTS)));
report("no word is there for nothing", Object.keys(TEXTS).filter((key) => !new RegExp(`["'\`]${key}["'\`]`).test(code) && !/^(severity|(pass|warn|fail|unknown|error)(Means)?$)/.test(key) && !/^(justNow|pair|duration.*)$/.test(key)));

const { CODES } = await load("codes.js");
report("every finding code has its meaning in both languages", Object.entries(CODES).filter(([, each]) => each.length !== 3 || !["error", "warning", "info"].includes(each[0]) || !each[1] || !/[\u4e00-\u9fff]/.test(each[2])).map(([key]) => key));
report("nothing in the page makes markup of text", Object.entries(sources).flatMap(([name, text]) => [...text.matchAll(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc(?!\|)/g)].map((match) => `${name}: ${match[0]}`)).filter((each) => !/^dom\.js: srcdoc$/.test(each)));
