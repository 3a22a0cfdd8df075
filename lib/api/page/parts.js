// What several views draw alike.
import { Problem, ask, post } from "./api.js";
import { VERDICTS } from "./data.js";
import { add, h, put, say, sized } from "./dom.js";
import { to } from "./route.js";
import { ago, date, number, t } from "./texts.js";

const MARKS = { pass: "✓", warn: "!", fail: "✗", unknown: "?", error: "⊘" };

export const badge = (verdict) => h("span", { class: `badge ${verdict}` }, h("span", { class: "mark", "aria-hidden": "true" }, MARKS[verdict] ?? "?"), t(verdict));
export const severity = (level) => h("span", { class: `severity ${level}` }, t(`severity${level[0].toUpperCase()}${level.slice(1)}`));
export const when = (time) => h("time", { datetime: time, title: date(time) }, ago(time));
export const code = (text) => h("code", {}, text);

/** A digest, short; the whole one is in its title. */
export const shortDigest = (digest) => h("code", { title: digest }, digest.replace(/^(\w+:\w{12}).*/, "$1"));

/** Counts by verdict as one bar. */
export function verdictBar(counts) {
  const all = VERDICTS.reduce((sum, verdict) => sum + (counts[verdict] ?? 0), 0);
  const words = VERDICTS.filter((verdict) => counts[verdict]).map((verdict) => `${number(counts[verdict])} ${t(verdict)}`).join(", ");
  const shares = VERDICTS.filter((verdict) => counts[verdict]).map((verdict) => sized(h("span", { class: verdict }), { "flex-grow": counts[verdict] / all }));
  return h("span", { class: "bar", role: "img", "aria-label": words, title: words }, shares);
}

/** Counts by verdict in words. */
export const verdictCounts = (counts) => h("span", { class: "counts" }, VERDICTS.filter((verdict) => counts[verdict]).map((verdict) => h("span", { class: `badge ${verdict}` }, h("span", { class: "mark", "aria-hidden": "true" }, MARKS[verdict]), `${number(counts[verdict])} ${t(verdict)}`)));

// What scrolls can be reached with the keyboard; what does not is no stop on the way.
const reach = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!target.isConnected) reach.unobserve(target);
    else if (target.scrollWidth > target.clientWidth + 1 || target.scrollHeight > target.clientHeight + 1) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});
export function scrolling(element) {
  reach.observe(element);
  return element;
}

/** `columns`: { title, cell(row), class } each. */
export function table(caption, columns, rows, more = {}) {
  const head = h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.class }, column.title)));
  const body = h("tbody", {}, rows.map((row) => tableRow(columns, row)));
  return scrolling(h("div", { class: "scroll", role: "region", "aria-label": caption }, h("table", { class: more.class }, h("caption", { class: "aside" }, caption), h("thead", {}, head), body)));
}
export const tableRow = (columns, row) => h("tr", {}, columns.map((column) => h(column.head ? "th" : "td", { class: column.class, scope: column.head ? "row" : null, "data-title": column.title }, column.cell(row))));

/** Where the button that drew more rows is gone, the focus goes to the first of them. */
export function focusRow(place, at) {
  const rows = [...place.querySelectorAll("tbody tr")];
  const row = rows[at] ?? rows.at(-1);
  row?.setAttribute("tabindex", "-1");
  row?.focus({ preventScroll: true });
}

// How many rows of each long list are drawn: who comes back to a view finds as many.
let drawnRows = {};
let wished = {};
export const rowsDrawn = () => ({ ...drawnRows });
export function wishRows(rows) {
  drawnRows = {};
  wished = { ...rows };
}

/** A list that is longer than one wants to draw at once: the first rows now, more when one comes near their end. */
export function longTable(caption, columns, rows, step = 100) {
  let shown = Math.min(Math.max(step, wished[caption] ?? 0), rows.length);
  delete wished[caption]; // with another filter it is another list
  drawnRows[caption] = shown;
  const whole = table(caption, columns, rows.slice(0, shown));
  const body = whole.querySelector("tbody");
  if (shown === rows.length) return whole;
  const button = h("button", { type: "button", class: "more", onclick: () => {
    const before = shown;
    grow();
    if (shown === rows.length) focusRow(whole, before);
  } });
  const label = () => put(button, t("more", { count: number(Math.min(step, rows.length - shown)) }));
  const watcher = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && grow(), { rootMargin: "600px" });
  function grow() {
    body.append(...rows.slice(shown, shown + step).map((row) => tableRow(columns, row)));
    drawnRows[caption] = shown = Math.min(shown + step, rows.length);
    if (shown === rows.length) {
      watcher.disconnect();
      button.remove();
    } else {
      label();
    }
  }
  label();
  watcher.observe(button);
  return h("div", {}, whole, button);
}

/** A table of which only the first rows are drawn until somebody asks for all. */
export function shortTable(caption, columns, rows, most) {
  const place = h("div", {}, table(caption, columns, rows.slice(0, most)));
  const all = () => {
    put(place, table(caption, columns, rows));
    focusRow(place, most);
  };
  return rows.length > most ? add(place, h("button", { type: "button", class: "more", onclick: all }, t("showAll", { count: number(rows.length) }))) : place;
}

const PARTS = { "--repository": "onlyRepository", "--not-repository": "notRepository", "--tag": "onlyTag", "--not-tag": "notTag", "--platform": "onlyPlatform", "--created-since": "createdSince" };
/** What an audit is over: its targets, and in words the part of them, which the daemon writes as one would on the command line. */
export function scope(targets) {
  const whole = targets.filter((each) => !each.startsWith("--"));
  const parts = new Map();
  for (const [, flag, value] of targets.filter((each) => each.startsWith("--")).join(" ").matchAll(/(--[a-z-]+) (\S+)/g)) parts.set(flag, [...(parts.get(flag) ?? []), flag === "--created-since" ? date(value) : value]);
  return [whole.join(", "), ...[...parts].map(([flag, values]) => (Object.hasOwn(PARTS, flag) ? t(PARTS[flag], { value: values.join(", ") }) : `${flag} ${values.join(" ")}`))].join(" · ");
}

export const field = (label, control, attributes = {}) => h("label", { class: "field", ...attributes }, h("span", {}, label), control);

/** What is chosen is among the options, even if the address says something that nothing has. */
export function select(options, chosen, onchange) {
  if (chosen && !options.some(([value]) => value === chosen)) options = [...options, [chosen, chosen]];
  return h("select", { onchange: (event) => onchange(event.target.value) }, options.map(([value, label]) => h("option", { value, selected: value === chosen }, label)));
}

const SHOWN = 2500; // ms

/** Over plain HTTP from another host there is no clipboard to write to, and elsewhere it may be refused; what is selected can still be copied. */
async function copy(text) {
  if (await navigator.clipboard?.writeText(text).then(() => true, () => false)) return;
  const focused = document.activeElement;
  const box = h("textarea", { class: "aside", value: text, readonly: true, "aria-hidden": "true" });
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  focused?.focus({ preventScroll: true });
  if (!done) throw new Error(t("copyByHand"));
}
export function copyButton(text) {
  const button = h("button", { type: "button", class: "small", onclick: async () => {
    let said = t("copied");
    await copy(text).catch((error) => (said = t("failed", { why: error.message })));
    say(said);
    put(button, said);
    setTimeout(() => put(button, t("copy")), SHOWN);
  } }, t("copy"));
  return button;
}

/** A button that asks the daemon to do something, and says what came of it beside itself. `told`: what came of it already. */
export function deed(label, doIt, attributes = {}, told = null) {
  const outcome = h("span", { class: "outcome", role: "status" }, told);
  let busy = false;
  const button = h("button", { type: "button", ...attributes, onclick: async () => {
    if (busy) return; // a button that is disabled loses the focus
    busy = true;
    button.setAttribute("aria-disabled", "true");
    try {
      put(outcome, await doIt());
    } catch (error) {
      put(outcome, h("span", { class: "wrong" }, t("failed", { why: explainError(error) })));
    }
    busy = false;
    button.removeAttribute("aria-disabled");
  } }, label);
  return h("span", { class: "deed" }, button, outcome);
}

/** That a job is in the queue, with the way there. */
export function inQueue(id) {
  const [before, after] = t("ordered", { id: "\n" }).split("\n");
  return [before, h("a", { href: to("queue") }, id), after];
}
export const orderAudit = (target) => deed(t("auditNow"), async () => inQueue((await post("audits", { target })).id));
/** `image`: a reference, or a function that gives it when the button is pressed. */
export const orderScan = (image, label = t("scanAgain")) =>
  deed(label, async () => inQueue((await post("scans", { image: typeof image === "function" ? image() : image })).id));

/** A file of the API is fetched with the token and given to the browser as what it is: a file. */
export function downloadButton(label, path, file) {
  return deed(label, async () => {
    const answer = await ask(path);
    const address = URL.createObjectURL(await answer.blob());
    h("a", { href: address, download: file }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
    return "";
  }, { class: "small" });
}

export const explainError = (error) => (error instanceof Problem ? error.message : error instanceof TypeError ? t("unreachable") : String(error.message ?? error));

export function failure(error, retry) {
  const lasting = error.status === 400 || error.status === 404; // it would be the same again
  return h("div", { class: "card wrong", role: "alert" }, h("p", {}, t("failed", { why: explainError(error) })), !lasting && h("button", { type: "button", onclick: retry }, t("again")));
}

/** Evidence as a list: what, where, which line of it, which layer and its build step. */
export function evidenceList(evidence, steps = []) {
  return h("ul", { class: "evidence" }, evidence.map((each) => h("li", {},
    code(each.path), each.detail && [" ", h("q", {}, each.detail)],
    each.layer !== null && h("span", { class: "note" }, ` ${t("layerNumber", { number: each.layer })}`),
    each.layer !== null && steps[each.layer]?.createdBy && h("span", { class: "note step", title: steps[each.layer].createdBy }, steps[each.layer].createdBy))));
}
