// The first thing one sees: what is wrong, how bad, where, and how old that knowledge is.
import { get } from "./api.js";
import { meaning, severityOf } from "./codes.js";
import { VERDICTS, accusing, countVerdicts, images, isWaived, tally } from "./data.js";
import { add, h, put } from "./dom.js";
import { trendGraph } from "./graph.js";
import { componentName } from "./names.js";
import { code, focusRow, longTable, orderAudit, orderScan, scope, select, severity, shortDigest, shortTable, table, verdictBar, when } from "./parts.js";
import { note, parse, to } from "./route.js";
import { date, number, percent, t } from "./texts.js";

const MOST_CAUSES = 8;
const MOST_AUDITS = 30;
const judged = (counts) => counts.pass + counts.warn + counts.fail;
const total = (counts) => VERDICTS.reduce((sum, verdict) => sum + counts[verdict], 0);

function tiles(counts) {
  const all = Math.max(1, total(counts));
  return h("ul", { class: "tiles" }, VERDICTS.map((verdict) => h("li", { class: counts[verdict] ? verdict : "zero" },
    h("a", { href: to("images", { verdict }) },
      h("span", { class: "count" }, number(counts[verdict])), h("span", { class: "word" }, t(verdict)),
      h("span", { class: "share" }, percent(counts[verdict] / all)), h("span", { class: "means" }, t(`${verdict}Means`))))));
}

function causes(lines) {
  const codes = tally(lines.flatMap(accusing));
  const weight = (each) => (severityOf(each) === "error" ? "error" : "warning");
  codes.sort((a, b) => (weight(a[0]) < weight(b[0]) ? -1 : weight(a[0]) > weight(b[0]) ? 1 : b[1] - a[1]));
  if (codes.length === 0) return h("p", {}, t("allWell"));
  const quiet = lines.some((line) => line.codes.some((each) => !accusing(line).includes(each))) ? "counts" : ""; // the list shall show as many
  return shortTable(t("whatIsWrong"), [
    { title: t("finding"), head: true, cell: ([each]) => h("a", { href: to("images", { code: each, waived: quiet }) }, meaning(each), " ", h("span", { class: "note" }, code(each))) },
    { title: t("severity"), class: "tight", cell: ([each]) => severity(weight(each)) },
    { title: t("imageCount"), class: "number", cell: ([, count]) => number(count) },
  ], codes, MOST_CAUSES);
}

function places(lines) {
  const broken = lines.filter((line) => (line.verdict === "fail" || line.verdict === "error") && !isWaived(line));
  if (broken.length === 0) return h("p", {}, t("allWell"));
  const by = new Map();
  for (const line of lines) {
    const key = `${line.registry}/${line.repository}`;
    if (!by.has(key)) by.set(key, []);
    by.get(key).push(line);
  }
  const rows = tally(broken.map((line) => `${line.registry}/${line.repository}`)).map(([key]) => ({ line: by.get(key)[0], counts: countVerdicts(by.get(key)) }));
  return shortTable(t("where"), [
    { title: t("repository"), head: true, cell: ({ line }) => h("a", { href: to("images", { registry: line.registry, repository: line.repository }) }, line.repository, " ", h("span", { class: "note" }, line.registry)) },
    { title: t("result"), class: "wide", cell: ({ counts }) => verdictBar(counts) },
    { title: t("imageCount"), class: "number", cell: ({ counts }) => `${number(counts.fail + counts.error)} / ${number(total(counts))}` },
  ], rows, MOST_CAUSES);
}

/** What was not judged and why, folded: there may be thousands. */
function skippedList(page, signal) {
  if (page.total === 0) return h("p", { class: "note" }, t("skippedNone"));
  const lines = page.skipped;
  const rest = h("div", {});
  const draw = () => put(rest, longTable(t("skipped"), [
    { title: t("image"), head: true, cell: (each) => [each.reference, each.digest && h("span", { class: "note block" }, shortDigest(each.digest))] },
    { title: t("skippedWhy"), cell: (each) => each.reason },
    { title: t("seen"), class: "tight", cell: (each) => h("a", { href: to(["audit", each.audit]) }, when(each.seen)) },
  ], lines), page.next && h("button", { type: "button", onclick: async () => {
    const more = await get(`skipped?limit=1000&cursor=${encodeURIComponent(page.next)}`, signal);
    const before = lines.length;
    lines.push(...more.skipped);
    page.next = more.next;
    draw();
    focusRow(rest, before);
  } }, t("more", { count: number(page.total - lines.length) })));
  draw();
  return h("details", { class: "note", id: "skipped" }, h("summary", {}, t("skippedCount", { count: number(page.total) })), rest);
}

/** Which audits are a target's: those over exactly what it lists, and the same part of it. A day from which on images count moves with time. */
const sameScope = (targets) => targets.map((each) => each.replace(/--created-since \S+/, "--created-since")).join("\n");
const isOf = (audit, target) => sameScope(audit.targets) === sameScope([...target.targets, ...(target.part ? [target.part] : [])]);

function targetTable(targets, audits) {
  const rows = targets.map((target) => ({ target, last: audits.find((audit) => audit.complete && isOf(audit, target)) }));
  return table(t("targets"), [
    { title: t("target"), head: true, cell: ({ target }) => [target.name, h("span", { class: "note block" }, scope([...target.targets, target.part].filter(Boolean)))] },
    { title: t("lastAudit"), cell: ({ last }) => (last ? h("a", { href: to(["audit", last.id]) }, when(last.ended)) : t("never")) },
    { title: t("result"), class: "wide", cell: ({ last }) => last?.verdicts && verdictBar(last.verdicts) },
    { title: t("coverage"), class: "number", cell: ({ last }) => last?.verdicts && `${number(judged(last.verdicts))} / ${number(total(last.verdicts))}` },
    { title: t("nextAudit"), class: "tight", cell: ({ target }) => (target.next ? when(target.next) : t("onDemand")) },
    { title: t("action"), cell: ({ target }) => orderAudit(target.name) },
  ], rows);
}

function trend(section, audits) {
  const whole = audits.filter((audit) => audit.kind === "audit" && audit.complete && audit.verdicts);
  const names = [...new Set(whole.map((audit) => audit.targets.join(", ")))];
  function draw(name) {
    const shown = whole.filter((audit) => audit.targets.join(", ") === name).slice(0, MOST_AUDITS).reverse();
    put(section, h("h2", {}, t("trend")));
    if (names.length > 1) add(section, h("label", { class: "field" }, h("span", {}, t("target")), select(names.map((each) => [each, scope(each.split(", "))]), name, (value) => { note({ trend: value }); draw(value); })));
    if (shown.length < 2) return add(section, h("p", {}, t("trendNone")));
    return add(section, h("p", { class: "note" }, t("trendHint", { count: shown.length, target: scope(name.split(", ")) })), h("div", { class: "figure" }, trendGraph(shown)),
      h("details", {}, h("summary", {}, t("asTable")), table(t("trend"), [{ title: t("started"), head: true, cell: (audit) => h("a", { href: to(["audit", audit.id]) }, date(audit.started)) },
        ...VERDICTS.map((verdict) => ({ title: t(verdict), class: "number", cell: (audit) => number(audit.verdicts[verdict]) }))], shown)));
  }
  draw(names.includes(parse().query.get("trend")) ? parse().query.get("trend") : names[0]);
}

function firstSteps(targets) {
  const input = h("input", { type: "text", placeholder: "quay.io/openeuler/cann:8.0.RC1-oe2203sp4", "aria-label": t("reference"), size: "44" });
  return h("div", { class: "card" }, h("p", {}, t("noImages")), h("p", {}, t("noImagesHint")), targets.map((target) => h("p", {}, h("strong", {}, target.name), " ", orderAudit(target.name))),
    h("div", { class: "row" }, input, orderScan(() => input.value.trim(), t("scanIt"))));
}

const STATES = { expired: ["error", "waiverExpired"], unused: ["warning", "waiverUnused"], used: ["info", "waiverUsed"] };

/** Those that want to be looked at come first. */
function waiverSection({ file, findings, waivers }) {
  const order = Object.keys(STATES);
  const rows = [...waivers].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return h("section", { class: "card", id: "waivers" }, h("h2", {}, t("waivers")), h("p", { class: "note" }, t("waiversHint", { file, findings: number(findings) })), rows.length > 0 && table(t("waivers"), [
    { title: t("waiverFor"), head: true, cell: (each) => [h("a", { href: to("images", { code: each.code }) }, meaning(each.code)), each.component && ` (${componentName(each.component)})`, h("span", { class: "note block" }, code(each.target))] },
    { title: t("waiverState"), class: "tight", cell: (each) => h("span", { class: `severity ${STATES[each.state][0]}` }, t(STATES[each.state][1])) },
    { title: t("waiverExpiry"), class: "tight", cell: (each) => each.expiry },
    { title: t("waiverOwner"), cell: (each) => each.owner },
    { title: t("waiverReason"), cell: (each) => [each.reason, h("span", { class: "note block" }, t("waiverLine", { line: each.line }))] },
  ], rows));
}

export const title = () => t("overview");

export async function show(main, route, signal) {
  const [all, skipped, { targets }, { audits }, waivers] = await Promise.all([images(signal), get("skipped?limit=100", signal), get("targets", signal), get("audits?kind=audit&limit=300", signal), get("waivers", signal)]);
  const counts = countVerdicts(all.lines);
  const trendSection = h("section", { class: "card" });
  trend(trendSection, audits);
  put(main, h("h1", {}, t("overview")));
  if (all.lines.length === 0) add(main, firstSteps(targets), skipped.total > 0 && skippedList(skipped, signal));
  else
    add(main, h("p", { class: "lead" }, t("imagesKnown", { tags: number(all.tags.length), images: number(all.lines.length) })), tiles(counts), verdictBar(counts),
      h("p", { class: "note" }, t("coverageText", { judged: number(judged(counts)), listed: number(total(counts)), unknown: number(counts.unknown), unread: number(counts.error) })), skippedList(skipped, signal),
      h("div", { class: "pair" },
        h("section", { class: "card" }, h("h2", {}, t("whatIsWrong")), h("p", { class: "note" }, t("whatIsWrongHint")), causes(all.lines)),
        h("section", { class: "card" }, h("h2", {}, t("where")), h("p", { class: "note" }, t("whereHint")), places(all.lines))));
  if (targets.length) add(main, h("section", { class: "card" }, h("h2", {}, t("targets")), targetTable(targets, audits)));
  if (waivers.file) add(main, waiverSection(waivers));
  if (audits.length) add(main, trendSection);
}

/** Whether what ended is worth drawing this view anew. */
export const refreshes = (ended) => ended.kind === "audit" || ended.kind === "scan";
