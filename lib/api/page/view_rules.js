// The rules: grammars that read tags, components that are looked for, each with the examples that it is tested by.
import { get } from "./api.js";
import { CODES, meaning } from "./codes.js";
import { h, put } from "./dom.js";
import { kindName } from "./names.js";
import { code, field, severity, table } from "./parts.js";
import { note, to } from "./route.js";
import { number, pair, t } from "./texts.js";

const EXPECTED = { findings: "exampleFindings", tier: "exampleTier", dev: "dev", parents: "exampleParents", truth: "exampleTruth", writes: "exampleWrites" };
let known = null;
const text = (value) => JSON.stringify(value).toLowerCase();

function examples(list) {
  const name = (given) => (given.tag ? `${given.registry ? `${given.registry}/` : ""}${given.repository ?? ""}:${given.tag}` : null);
  const cell = ({ given }) => {
    const reference = name(given);
    if (reference && given.repository) return h("a", { href: to("explain", { reference }) }, reference);
    return Object.entries(given).map(([key, value]) => h("span", { class: "given" }, h("span", { class: "note" }, `${key} `), code(value)));
  };
  const rest = ({ given }) => Object.keys(EXPECTED).filter((key) => given[key]).map((key) => h("span", { class: "chip" }, pair(t(EXPECTED[key]), key === "tier" ? kindName(given[key]) : given[key])));
  return table(t("examples"), [{ title: t("given"), head: true, cell }, { title: t("reads"), cell: (each) => [each.reads ?? each.given.claims ?? h("span", { class: "note" }, t("readsNothing")), " ", each.given.tag && rest(each)] }], list);
}

/** Drawn when it is opened: hundreds of examples stand behind these lines. */
function rule(name, title, facts, list) {
  const inside = h("div", {});
  const details = h("details", { class: "rule", ontoggle: () => details.open && inside.childElementCount === 0 && put(inside, facts, list.length > 0 && examples(list)) },
    h("summary", {}, h("strong", {}, name), " ", h("span", {}, title)), inside);
  return details;
}

const grammar = (each) => rule(each.name, each.title, h("dl", { class: "facts" }, h("dt", {}, t("repositories")), h("dd", {}, each.repositories.map((glob) => [code(glob), " "]))), each.examples);
const component = (each) => rule(each.name, `${each.title} · ${kindName(each.kind)}`, h("dl", { class: "facts" }, h("dt", {}, t("names")), h("dd", {}, each.names.map((name) => [code(name), " "])), h("dt", {}, t("proof")), h("dd", {}, t("evidenceRules", { count: each.evidence }))), each.examples);

function codes() {
  return h("details", { class: "rule" }, h("summary", {}, h("strong", {}, t("codesTitle"))), table(t("codesTitle"), [
    { title: t("finding"), head: true, cell: (each) => code(each) },
    { title: t("severity"), class: "tight", cell: (each) => severity(CODES[each][0]) },
    { title: "", cell: (each) => meaning(each) },
    { title: t("images"), cell: (each) => h("a", { href: to("images", { code: each }), "aria-label": pair(t("images"), each) }, "→") },
  ], Object.keys(CODES)));
}

export const title = () => t("rules");

export async function show(main, route, signal) {
  const rules = (known ??= await get("rules", signal));
  const count = h("p", { class: "note", role: "status" });
  const lists = h("div", {});
  function draw(words) {
    const fits = (each) => words.every((word) => text(each).includes(word));
    const grammars = rules.grammars.filter(fits), components = rules.components.filter(fits);
    put(count, t("rulesFound", { grammars: number(grammars.length), components: number(components.length) }));
    put(lists, h("section", { class: "card" }, h("h2", {}, t("grammars")), grammars.map(grammar)), h("section", { class: "card" }, h("h2", {}, t("components")), components.map(component)));
  }
  const wordsOf = (value) => value.toLowerCase().split(/\s+/).filter(Boolean);
  const search = h("input", { type: "search", value: route.query.get("q") ?? "", autocomplete: "off", oninput: () => { note({ q: search.value }); draw(wordsOf(search.value)); } });
  put(main, h("h1", {}, t("rules")), h("p", { class: "lead" }, t("rulesHint", { grammars: number(rules.grammars.length), components: number(rules.components.length) })),
    h("div", { class: "filters" }, field(t("ruleSearch"), search)), count, h("section", { class: "card" }, codes()), lists);
  draw(wordsOf(search.value));
}
export const forget = () => (known = null);
