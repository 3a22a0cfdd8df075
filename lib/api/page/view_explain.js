// A box that says how a tag is read, while one types.
import { get } from "./api.js";
import { meaning } from "./codes.js";
import { h, put } from "./dom.js";
import { componentName, kindName, nameOf, versionName } from "./names.js";
import { code, explainError, field, orderScan, severity, table } from "./parts.js";
import { note, to } from "./route.js";
import { pair, sentences, t } from "./texts.js";

const PAUSE = 150;
const SAMPLES = ["openeuler/pytorch:2.1.0-cann7.0.RC1-oe2203sp2", "openeuler/cann:8.0.RC1-oe2203sp4", "openeuler/openeuler:24.03-lts-sp1", "nvidia/cuda:12.2.0-runtime-ubuntu20.04"];

function explained(answer) {
  return [
    h("p", {}, h("span", { class: "chip" }, pair(t("grammar"), answer.grammar)), answer.tier && h("span", { class: "chip" }, pair(t("tier"), kindName(answer.tier))), answer.dev && h("span", { class: "chip" }, t("dev"))),
    answer.claims.length ? table(t("claimed"), [
      { title: t("component"), head: true, cell: (claim) => componentName(claim.component) },
      { title: t("claimed"), cell: (claim) => h("strong", {}, versionName(claim) || t("anyVersion")) },
      { title: t("kind"), cell: (claim) => kindName(claim.kind) },
      { title: "", cell: (claim) => claim.from === "repository" && h("span", { class: "note" }, t("fromRepository")) },
    ], answer.claims) : h("p", { class: "wrong" }, t("explainNothing", { grammar: answer.grammar })),
    answer.findings.length > 0 && h("ul", { class: "findings" }, answer.findings.map((each) => h("li", { class: `finding ${each.severity}` }, h("p", { class: "row" }, severity(each.severity), h("strong", {}, meaning(each.code)), code(each.code)), h("p", {}, each.message)))),
    answer.expectedParents.length > 0 && h("p", {}, t("expectedParents"), answer.expectedParents.map((each) => h("span", { class: "chip" }, nameOf(each)))),
  ];
}

export const title = () => t("explainTitle");

export async function show(main, route, signal) {
  const answer = h("div", { id: "answer", class: "card", "aria-live": "polite" });
  let latest = 0;
  async function ask(text) {
    const mine = (latest += 1);
    if (!text) return put(answer, h("p", { class: "note" }, pair(t("tryOne"), "")), h("ul", { class: "plain" }, SAMPLES.map((each) => h("li", {}, h("a", { href: to("explain", { reference: each }) }, each)))));
    try {
      const read = await get(`explain?reference=${encodeURIComponent(text)}`, signal);
      if (mine === latest) put(answer, explained(read), text.split("/")[0].match(/[.:]/) && text.includes("/") && orderScan(text, t("scanIt")));
    } catch (error) {
      if (mine === latest && error.name !== "AbortError") put(answer, h("p", { class: "note" }, error.status === 400 && !text.split("/").at(-1).includes(":") ? sentences(t("explainHalf"), t("explainHint")) : explainError(error)));
    }
    return answer;
  }
  let timer = 0;
  const box = h("input", { type: "text", class: "large", value: route.query.get("reference") ?? "", autocomplete: "off", spellcheck: "false", autocapitalize: "off", placeholder: SAMPLES[0], oninput: () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      note({ reference: box.value.trim() });
      ask(box.value.trim());
    }, PAUSE);
  } });
  put(main, h("h1", {}, t("explainTitle")), h("p", { class: "lead" }, t("explainHint")), field(t("reference"), box), answer);
  await ask(box.value.trim());
}
