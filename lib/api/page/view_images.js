// All images, one row a tag. The filters stand in the address; applying them asks nobody.
import { meaning, shortMeaning } from "./codes.js";
import { VERDICTS, accusing, imagePath, images, isWaived, tally } from "./data.js";
import { h, put, say } from "./dom.js";
import { badge, field, longTable, select, when } from "./parts.js";
import { note, to } from "./route.js";
import { language, number, t } from "./texts.js";

const FILTERS = ["q", "verdict", "code", "registry", "repository", "waived", "sort"];
const PAUSE = 80; // ms after a key, so that a fast typist is not hindered

function matchesLine(line, filter) {
  if (filter.verdict && line.verdict !== filter.verdict) return false;
  if (filter.waived === "counts") return filter.code ? accusing(line).includes(filter.code) : accusing(line).length > 0; // as the overview counts
  return (!filter.code || line.codes.includes(filter.code)) && (!filter.waived || isWaived(line) === (filter.waived === "only"));
}
function matches(tag, filter) {
  return (!filter.registry || tag.registry === filter.registry) && (!filter.repository || tag.repository === filter.repository) && filter.words.every((word) => tag.search.includes(word)) &&
    tag.lines.some((line) => matchesLine(line, filter));
}

const order = {
  verdict: (a, b) => a.rank - b.rank,
  name: () => 0,
  seen: (a, b) => (a.seen < b.seen ? 1 : a.seen > b.seen ? -1 : 0),
};

export function filterTags(tags, values) {
  const filter = { ...values, words: (values.q ?? "").toLowerCase().split(/\s+/).filter(Boolean) };
  return tags.filter((tag) => matches(tag, filter)).sort(Object.hasOwn(order, values.sort) ? order[values.sort] : order.verdict);
}

const columns = () => [
  { title: t("verdict"), class: "tight", cell: (tag) => badge(tag.verdict) },
  { title: t("image"), head: true, cell: (tag) => [h("a", { href: to(...imagePath(tag.worst)) }, tag.repository, ":", h("wbr"), h("strong", {}, tag.tag)), h("span", { class: "note block" }, tag.registry)] },
  { title: t("finding"), cell: (tag) => tag.codes.map((each) => h("span", { class: `chip ${tag.notes.has(each) || !tag.counting.has(each) ? "other" : ""}`, title: language() === "zh" ? each : meaning(each) }, shortMeaning(each), !tag.counting.has(each) && ` (${t("waived")})`)) },
  { title: t("platforms"), cell: (tag) => tag.lines.map((line) => h("span", { class: `chip whole ${line.verdict === tag.verdict ? "" : "other"}` }, line.platform || "–")) },
  { title: t("seen"), class: "tight", cell: (tag) => when(tag.seen) },
];

export const title = () => t("images");

export async function show(main, route, signal) {
  const all = await images(signal);
  const values = Object.fromEntries(FILTERS.map((name) => [name, route.query.get(name) ?? ""]));
  const results = h("div", { id: "results" });
  const count = h("p", { class: "lead", role: "status", id: "count" });
  const form = h("form", { class: "filters card", role: "search", onsubmit: (event) => event.preventDefault() });

  function apply() {
    const found = filterTags(all.tags, values);
    const lines = found.reduce((sum, tag) => sum + tag.lines.filter((line) => matchesLine(line, values)).length, 0);
    clear.hidden = !FILTERS.some((name) => values[name]);
    put(count, t("found", { tags: number(found.length), images: number(lines) }));
    put(results, found.length ? h("div", { class: "card list" }, longTable(t("images"), columns(), found)) : h("p", { class: "card" }, all.tags.length ? t("noneMatch") : t("noImages")));
  }
  function change(name, value) {
    values[name] = value;
    note({ [name]: value });
    apply();
  }
  let timer = 0;
  const choices = (list, word = (value) => value) => [["", t("any")], ...list.map(([value, many]) => [value, `${word(value)} (${number(many)})`])];
  const byName = (list) => list.sort((a, b) => (a[0] < b[0] ? -1 : 1));
  function build() {
    put(form,
      field(t("search"), h("input", { type: "search", id: "q", value: values.q, autocomplete: "off", spellcheck: "false", oninput: (event) => {
        clearTimeout(timer);
        const text = event.target.value;
        timer = setTimeout(() => change("q", text), PAUSE);
      } })),
      field(t("verdict"), select([["", t("any")], ...VERDICTS.map((verdict) => [verdict, t(verdict)])], values.verdict, (value) => change("verdict", value))),
      field(t("code"), select(choices(tally(all.lines.flatMap((line) => line.codes)), (each) => (language() === "zh" ? `${meaning(each)} ${each}` : each)), values.code, (value) => change("code", value))),
      field(t("registry"), select(choices(byName(tally(all.tags.map((tag) => tag.registry)))), values.registry, (value) => change("registry", value))),
      field(t("repository"), select(choices(byName(tally(all.tags.map((tag) => tag.repository)))), values.repository, (value) => change("repository", value))),
      (values.waived || all.lines.some((line) => line.waived.length)) && field(t("waivedFilter"), select([["", t("any")], ["no", t("waivedNo")], ["only", t("waivedOnly")], ["counts", t("waivedCounts")]], values.waived, (value) => change("waived", value))),
      field(t("sort"), select([["", t("sortVerdict")], ["name", t("sortName")], ["seen", t("sortSeen")]], values.sort, (value) => change("sort", value))),
    );
  }
  const clear = h("button", { type: "button", class: "small", onclick: () => {
    for (const name of FILTERS) values[name] = "";
    note(values);
    build();
    apply();
    form.querySelector("input").focus();
    say(count.textContent);
  } }, t("clear"));
  build();
  apply();
  put(main, h("h1", {}, t("images")), form, h("div", { class: "row" }, count, clear), results);
}

export const refreshes = (ended) => ended.kind === "audit" || ended.kind === "scan";
