// Runs, one run, and what changed from one to another.
import { get } from "./api.js";
import { meaning, shortMeaning } from "./codes.js";
import { VERDICTS, images, imagePath } from "./data.js";
import { add, h, put } from "./dom.js";
import { badge, code, downloadButton, field, focusRow, longTable, scope, select, severity, shortDigest, table, verdictBar, verdictCounts, when } from "./parts.js";
import { to } from "./route.js";
import { date, duration, number, pair, sentences, t } from "./texts.js";

const PAGE = 100;
const MOST_CAUSES = 50;
const FORMATS = ["html", "markdown", "json", "csv", "sarif", "junit", "cyclonedx", "spdx"];
const ENDING = { html: "html", markdown: "md", json: "json", csv: "csv", sarif: "sarif", junit: "xml", cyclonedx: "cdx.json", spdx: "spdx.json" };
const sameTargets = (a, b) => a.kind === b.kind && a.targets.join("\n") === b.targets.join("\n");
const kindWord = (kind) => t(kind === "audit" ? "kindAudit" : "kindScan");
const STATES = { running: "running", waiting: "stateWaiting", interrupted: "auditInterrupted", cancelled: "stateCancelled", failed: "auditFailed" };
const stateWord = (audit) => t(STATES[audit.state] ?? "running");
const heading = (audit) => t(audit.kind === "audit" ? "auditTitle" : "scanTitle", { id: audit.id });

function listTable(audits, all) {
  const before = (audit) => all.find((each) => each.id < audit.id && each.complete && sameTargets(each, audit));
  return longTable(t("audits"), [
    { title: "№", class: "number", head: true, cell: (audit) => h("a", { href: to(["audit", audit.id]) }, audit.id) },
    { title: t("kind"), class: "tight", cell: (audit) => kindWord(audit.kind) },
    { title: t("target"), cell: (audit) => scope(audit.targets) },
    { title: t("started"), cell: (audit) => when(audit.started) },
    { title: t("took"), class: "tight", cell: (audit) => (audit.complete ? duration(audit.started, audit.ended) : stateWord(audit)) },
    { title: t("result"), class: "wide", cell: (audit) => audit.complete && audit.verdicts && verdictBar(audit.verdicts) },
    { title: t("compare"), cell: (audit) => { const other = audit.complete && before(audit); return other && h("a", { href: to(["diff", audit.id, other.id]) }, t("changesSince", { id: other.id })); } },
  ], audits);
}

export const title = () => t("audits");

export async function show(main, route, signal) {
  const kind = route.query.get("kind") ?? "";
  const page = await get(`audits?limit=${PAGE}${kind && `&kind=${encodeURIComponent(kind)}`}`, signal);
  const audits = page.audits;
  const rest = h("div", {});
  const draw = () => put(rest, audits.length ? h("div", { class: "card list" }, listTable(audits, audits)) : h("p", { class: "card" }, t("noAudits")), page.next && h("button", { type: "button", onclick: async () => {
    const more = await get(`audits?limit=${PAGE}&cursor=${page.next}${kind && `&kind=${encodeURIComponent(kind)}`}`, signal);
    const before = audits.length;
    audits.push(...more.audits);
    page.next = more.next;
    draw();
    focusRow(rest, before);
  } }, t("moreJobs")));
  draw();
  put(main, h("h1", {}, t("audits")),
    h("nav", { class: "tabs", "aria-label": t("kind") }, [["", "all"], ["audit", "kindAudits"], ["scan", "kindScans"]].map(([name, word]) => h("a", { href: to("audits", { kind: name }), "aria-current": name === kind ? "page" : null }, t(word)))), rest);
}

export const refreshes = (ended) => ended.kind === "audit" || ended.kind === "scan";

// ---- one run ----

function compareForm(audit, audits) {
  const others = audits.filter((each) => each.id !== audit.id && each.complete && sameTargets(each, audit));
  if (others.length === 0) return h("p", { class: "note" }, t("noOther"));
  const usual = String((others.find((each) => each.id < audit.id) ?? others[0]).id);
  const choice = select(others.map((each) => [String(each.id), `${each.id} · ${date(each.started)}`]), usual, () => {});
  return h("div", { class: "row" }, field(t("compareWith"), choice), h("button", { type: "button", class: "first", onclick: () => (location.hash = to(["diff", audit.id, choice.value])) }, t("compare")));
}

const one = {
  title: (route) => t("auditTitle", { id: route.path[1] }),
  async show(main, route, signal) {
    const [audit, { audits }, all] = await Promise.all([get(`audits/${encodeURIComponent(route.path[1])}`, signal), get("audits?limit=1000", signal), images(signal)]);
    const mine = all.lines.filter((line) => line.audit === audit.id).sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict));
    put(main, h("p", { class: "crumbs" }, h("a", { href: to("audits") }, t("audits"))), h("h1", {}, heading(audit)),
      h("p", { class: "lead" }, scope(audit.targets)),
      !audit.complete && h("p", { class: "card", role: "status" }, sentences(t("notComplete", { state: stateWord(audit) }), audit.failure)),
      h("section", { class: "card" },
        audit.verdicts && [verdictCounts(audit.verdicts), verdictBar(audit.verdicts)],
        h("dl", { class: "facts" }, h("dt", {}, t("started")), h("dd", {}, date(audit.started)), h("dt", {}, t("took")), h("dd", {}, audit.ended ? duration(audit.started, audit.ended) : stateWord(audit)),
          h("dt", {}, t("rulesDigest")), h("dd", {}, shortDigest(audit.rules)), h("dt", {}, t("tool")), h("dd", {}, code(audit.tool)))),
      h("div", { class: "pair" },
        h("section", { class: "card" }, h("h2", {}, t("compare")), compareForm(audit, audits)),
        h("section", { class: "card" }, h("h2", {}, t("download")), h("p", { class: "row" }, FORMATS.map((format) =>
          downloadButton(format, `audits/${audit.id}/report?format=${format}`, `veritag-${audit.id}.${ENDING[format]}`))))));
    if (mine.length)
      add(main, h("section", { class: "card" }, h("h2", {}, t("auditImages")), longTable(t("auditImages"), [
        { title: t("verdict"), class: "tight", cell: (line) => badge(line.verdict) },
        { title: t("image"), head: true, cell: (line) => h("a", { href: to(...imagePath(line)) }, `${line.repository}:`, h("wbr"), line.tag) },
        { title: t("platform"), cell: (line) => line.platform },
        { title: t("finding"), cell: (line) => line.codes.map((each) => h("span", { class: "chip", title: each }, shortMeaning(each))) },
      ], mine, 50)));
  },
  refreshes,
};
export { one };

// ---- two runs ----

/** Changes of one cause are one entry with all its images. */
function causesOf(changes) {
  const causes = new Map();
  for (const each of changes) {
    const key = JSON.stringify([each.code, each.component, each.claimed, each.observed]);
    if (!causes.has(key)) causes.set(key, []);
    causes.get(key).push(each);
  }
  const weight = { error: 0, warning: 1, info: 2 };
  return [...causes.values()].sort((a, b) => weight[a[0].severity] - weight[b[0].severity] || b.length - a.length);
}

function cause(changes) {
  const [first] = changes;
  const image = (each) => h("li", {}, each.reference ? h("a", { href: to("images", { q: each.reference }) }, each.reference) : "–", each.platform && h("span", { class: "note" }, ` ${each.platform}`));
  const list = h("ul", { class: "plain" });
  const details = h("details", { open: changes.length <= 3, ontoggle: () => details.open && list.childElementCount === 0 && add(list, changes.map(image)) }, h("summary", {}, t("sameCause", { count: number(changes.length) })), list);
  if (details.open) add(list, changes.map(image));
  return h("li", { class: `finding ${first.severity}` }, h("p", { class: "row" }, severity(first.severity), h("strong", {}, meaning(first.code)), code(first.code)), h("p", {}, first.message), details);
}

function changeSection(caption, changes, mark) {
  if (changes.length === 0) return null;
  return h("section", { class: `card change ${mark}` }, h("h2", {}, `${caption} (${number(changes.length)})`), causeList(changes));
}

function causeList(changes) {
  const causes = causesOf(changes);
  const list = h("ul", { class: "findings" });
  const button = h("button", { type: "button", class: "more", onclick: () => more() });
  function more() {
    add(list, causes.splice(0, MOST_CAUSES).map(cause));
    put(button, t("more", { count: number(causes.length) }));
    button.hidden = causes.length === 0;
  }
  more();
  return [list, button];
}

/** Drawn when it is opened: it may be nearly everything. */
function quietSection(caption, changes) {
  if (changes.length === 0) return null;
  const inside = h("div", {});
  const details = h("details", { class: "card", ontoggle: () => details.open && inside.childElementCount === 0 && add(inside, causeList(changes)) }, h("summary", {}, `${caption} (${number(changes.length)})`), inside);
  return details;
}

/** What nobody can say anything of now: a list of images, or of targets. */
function unreadSection(caption, list) {
  if (list.length === 0) return null;
  return h("section", { class: "card change error" }, h("h2", {}, `${caption} (${number(list.length)})`), longTable(caption, [
    { title: t("verdict"), class: "tight", cell: (each) => badge(each.verdict ?? "error") },
    { title: t(list[0].target ? "target" : "image"), head: true, cell: (each) => [each.target ?? h("a", { href: to("images", { q: each.reference }) }, each.reference), each.platform && h("span", { class: "note" }, ` ${each.platform}`),
      each.before && h("span", { class: "note block" }, t("diffBefore"), " ", badge(each.before))] },
    { title: t("diffWhy"), cell: (each) => each.message },
  ], list, 50));
}

const diff = {
  title: (route) => t("diffTitle", { other: route.path[2], id: route.path[1] }),
  async show(main, route, signal) {
    const [id, other] = route.path.slice(1, 3).map(encodeURIComponent);
    const difference = await get(`audits/${id}/diff/${other}`, signal);
    const { unread = [], unlisted = [] } = difference;
    const quiet = difference.new.length === 0 && difference.mended.length === 0 && unread.length === 0 && unlisted.length === 0;
    put(main, h("p", { class: "crumbs" }, h("a", { href: to("audits") }, t("audits")), " / ", h("a", { href: to(["audit", id]) }, id)), h("h1", {}, this.title(route)),
      h("p", { class: "lead" }, [["diffNew", "new"], ["diffMended", "mended"], ["diffUnchanged", "unchanged"], ["diffNotSeen", "notSeen"], ["diffUnread", "unread"], ...(unlisted.length ? [["diffUnlisted", "unlisted"]] : [])].map(([word, list]) => pair(t(word), number(difference[list]?.length ?? 0))).join(" · "),
        " ", h("a", { href: to(["diff", other, id]) }, t("swap"))),
      quiet && h("p", { class: "card" }, t("diffNothing")),
      unreadSection(t("diffUnlisted"), unlisted), unreadSection(t("diffUnread"), unread),
      changeSection(t("diffNew"), difference.new, "fail"), changeSection(t("diffMended"), difference.mended, "pass"), changeSection(t("diffNotSeen"), difference.notSeen ?? [], "unknown"),
      quietSection(t("diffUnchanged"), difference.unchanged ?? []));
  },
};
export { diff };
