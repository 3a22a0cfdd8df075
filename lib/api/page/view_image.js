// One image: what its tag claims, what is inside, the proof, where it went wrong, and what to do.
import { get, post } from "./api.js";
import { ancestors, guiltyLayers, judgeClaims, others, wrongPlaces } from "./claims.js";
import { meaning } from "./codes.js";
import { imagePath } from "./data.js";
import { add, h, put } from "./dom.js";
import { familyGraph } from "./graph.js";
import { componentName, kindName, nameOf, versionName } from "./names.js";
import { badge, code, copyButton, deed, evidenceList, inQueue, longTable, scrolling, severity, shortDigest, table, verdictCounts, when } from "./parts.js";
import { note, parse, to } from "./route.js";
import { bytes, number, pair, sentences, t } from "./texts.js";

const MOST_NAMES = 50;
const OUTCOME = { true: ["pass", "✓", "claimTrue"], false: ["fail", "✗", "claimFalse"], open: ["unknown", "?", "claimOpen"] };

function sentence(image, judged) {
  if (image.verdict === "error") return image.error?.message ?? "";
  const count = (outcome) => judged.filter((each) => each.outcome === outcome).length;
  if (judged.length === 0) return t("noClaims");
  // How much is wrong, and the worst of it: claimed and found.
  const errors = image.findings.filter((each) => each.severity === "error");
  const worst = (errors.find((each) => !each.waived) ?? errors[0])?.message ?? "";
  if (count("false")) return sentences(t("verdictOne", { broken: count("false"), all: judged.length }), worst);
  if (count("open")) return t("verdictOpen", { open: count("open"), all: judged.length });
  return image.verdict === "fail" ? sentences(t("verdictElse"), worst) : t("verdictHolds", { all: judged.length });
}

function claimsSection(image, judged) {
  const outcome = (each) => {
    const [look, mark, word] = OUTCOME[each.outcome];
    return h("span", { class: `badge ${look}` }, h("span", { class: "mark", "aria-hidden": "true" }, mark), t(word));
  };
  const more = others(image, judged);
  return h("section", { class: "card" }, h("h2", {}, t("claimsTitle")),
    judged.length ? table(t("claimsTitle"), [
      { title: t("component"), head: true, cell: ({ claim }) => [componentName(claim.component), claim.from === "repository" && h("span", { class: "note block" }, t("fromRepository"))] },
      { title: t("claimed"), cell: ({ claim }) => h("strong", {}, versionName(claim) || t("anyVersion")) },
      { title: t("holds"), cell: ({ claim, seen, outcome: way }) => (seen ? h("strong", { class: way }, seen.component !== claim.component ? nameOf(seen) : versionName(seen) || "✓") : h("span", { class: "note" }, t("notFound"))) },
      { title: "", class: "tight", cell: outcome },
      { title: t("proof"), class: "proof", cell: ({ seen }) => seen?.evidence?.length > 0 && evidenceList(seen.evidence.slice(0, 2)) },
    ], judged) : h("p", {}, t("noClaims")),
    more.length > 0 && h("p", {}, h("span", { class: "note" }, t("alsoInside")), more.map((each) => h("span", { class: "chip" }, nameOf(each), !each.proof && ` (${t("notProven")})`))));
}

function findingCard(finding, steps) {
  return h("li", { class: `finding ${finding.waived ? "waived" : finding.severity}` },
    h("p", { class: "row" }, severity(finding.severity), h("strong", {}, meaning(finding.code)), h("a", { class: "note", href: to("images", { code: finding.code }) }, code(finding.code))),
    finding.waived && h("p", { class: "waiver" }, t("waivedUntil", finding.waived)),
    h("p", {}, finding.message), finding.evidence.length > 0 && evidenceList(finding.evidence, steps));
}

let order = null; // what was looked at again from here: { reference, id, digest } and its job

/** What came of looking again, as far as it came. */
async function readOrder(signal) {
  order.job = await get(`scans/${order.id}`, signal).catch((error) => (error.name === "AbortError" ? Promise.reject(error) : null));
}
function orderTold(image) {
  const { job, id, digest } = order;
  if (!job || job.state === "waiting" || job.state === "running") return inQueue(id);
  if (!job.result) return h("span", { class: "wrong" }, t("failed", { why: job.failure?.message ?? t("stateCancelled") }));
  const moved = digest !== (image.indexDigest || image.digest);
  order.told = true;
  return [moved && t("tagHasMoved"), h("a", { href: to(["audit", job.result.audit]) }, pair(t("scanTitle", { id: job.result.audit }), "")), " ", job.result.verdicts && verdictCounts(job.result.verdicts), job.result.error?.message];
}
const scanAgain = (image) => deed(t("scanAgain"), async () => {
  const { id } = await post("scans", { image: image.reference });
  order = { reference: image.reference, id, digest: image.indexDigest || image.digest };
  return inQueue(id);
}, {}, order?.reference === image.reference ? orderTold(image) : null);

function commands(image, suggestion) {
  const line = (label, text) => h("div", { class: "command" }, h("span", { class: "note" }, label), code(text), copyButton(text), scanAgain(image));
  return h("section", { class: "card mend" },
    suggestion && h("p", { class: "deserves" }, h("span", {}, t("deserves")), " ", h("code", { class: "strong" }, suggestion), " ", copyButton(suggestion)),
    line(t("checkAgain"), `veritag scan ${image.reference}`));
}

/** The image, what it is built on, and in which of them the lie lies. */
function treeNodes(image, judged) {
  const places = ancestors(image);
  const wrong = wrongPlaces(image, judged);
  const short = (reference) => (reference.startsWith(`${image.registry}/`) ? reference.slice(image.registry.length + 1) : reference);
  const broken = image.findings.find((each) => each.code === "parent-mismatch" || each.code === "parent-forged");
  const nodes = [{ reference: image.reference, layers: Infinity, title: short(image.reference), kind: "own", note: t("thisImage"), broken: Boolean(broken) }];
  for (const place of places) {
    const names = place.names.map((each) => short(each.reference));
    nodes.push({ reference: place.names[0].reference, names: place.names, layers: place.layers, kind: place.current ? "good" : "stale",
      title: names.length > 1 ? t("moreNames", { first: names[0], count: names.length }) : names[0],
      note: [t("layerCount", { count: place.layers }), !place.current && t("rebuiltSince")].filter(Boolean).join(" · ") });
  }
  nodes.forEach((node, at) => {
    for (const [word, brought] of [["cameIn", true], ["wrongBase", false]]) {
      const codes = [...new Set(wrong.filter((each) => each.layers === node.layers && each.brought === brought).map((each) => each.code))];
      if (codes.length) Object.assign(node, { kind: "bad", note: `${node.note} · ${t(word, { code: codes.join(", ") })}` });
    }
    if (at === 0 && broken) node.step = meaning(broken.code);
  });
  if (places.length === 0) nodes.push({ title: t("familyNone"), note: "", kind: "none", layers: 0 });
  return nodes;
}

function familySection(image, judged) {
  const nodes = treeNodes(image, judged);
  const figure = h("div", { class: "figure" });
  const draw = () => put(figure, familyGraph(nodes, Math.max(260, figure.clientWidth)));
  new ResizeObserver((_, observer) => (figure.isConnected ? draw() : observer.disconnect())).observe(figure);
  const links = nodes.flatMap((node) => node.names ?? []);
  return h("section", { class: "card" }, h("h2", {}, t("family")), h("p", { class: "note" }, t("familyHint")), h("div", { class: "family-pair" }, figure,
    links.length > 0 && h("ul", { class: "plain" }, links.map((each) => h("li", {}, h("a", { href: to(["image", each.digest], { ref: each.reference }) }, each.reference), h("span", { class: "note" }, ` ${t("layerCount", { count: each.layers })}`, !each.current && ` · ${t("rebuiltSince")}`))))));
}

function layersSection(image, layers) {
  const places = ancestors(image).reverse();
  const owner = (at) => places.find((place) => at < place.layers)?.names[0].reference ?? t("itsOwn");
  const guilty = guiltyLayers(image);
  const most = Math.max(1, ...layers.map((layer) => layer.size));
  const size = (layer) => {
    const meter = h("span", { class: "meter", "aria-hidden": "true" }, h("span", {}));
    meter.firstChild.style.setProperty("width", `${(100 * layer.size) / most}%`);
    return [bytes(layer.size), meter];
  };
  return h("section", { class: "card" }, h("h2", {}, t("layers")), layers.length ? longTable(t("layers"), [
    { title: t("layer"), class: "number", head: true, cell: (layer) => layer.at },
    { title: t("size"), class: "size", cell: size },
    { title: t("createdBy"), class: "steps", cell: (layer) => [layer.createdBy ? scrolling(h("code", { class: "step" }, layer.createdBy)) : h("span", { class: "note" }, t("noStep")),
      guilty.has(layer.at) && h("span", { class: "note block" }, t("provesHere", { code: guilty.get(layer.at).join(", ") }))] },
    { title: t("belongsTo"), cell: (layer) => owner(layer.at) },
    { title: t("digest"), class: "tight", cell: (layer) => shortDigest(layer.digest) },
  ], layers.map((layer, at) => ({ ...layer, at }))) : h("p", { class: "note" }, t("layersAbsent")));
}

function packagesSection(image, signal, query) {
  const counts = Object.entries(image.packages).filter(([, count]) => count);
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  const section = h("section", { class: "card", id: "packages" }, h("h2", {}, t("packages")));
  if (all === 0) return add(section, h("p", { class: "note" }, t("packagesNone")));
  add(section, h("p", {}, counts.map(([type, count]) => h("span", { class: "chip" }, `${type} ${number(count)}`))));
  const place = h("div", {});
  async function open(text) {
    let packages;
    try {
      packages = (await get(`images/${image.digest}/packages`, signal)).packages;
    } catch (error) {
      put(place, h("p", { class: "note" }, error.status === 404 ? t("packagesAbsent") : error.message));
      return;
    }
    const list = h("div", {});
    const count = h("p", { class: "note", role: "status" });
    const search = h("input", { type: "search", value: text, autocomplete: "off", "aria-label": t("packageSearch"), placeholder: t("packageSearch"), oninput: () => draw() });
    function draw() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const found = packages.filter((each) => words.every((word) => `${each.name} ${each.version}`.toLowerCase().includes(word)));
      note({ package: search.value || true }); // the list stays open
      put(count, t("packagesFound", { shown: number(found.length), all: number(packages.length) }));
      put(list, longTable(t("packages"), [
        { title: t("name"), head: true, cell: (each) => each.name },
        { title: t("version"), cell: (each) => each.version },
        { title: t("type"), class: "tight", cell: (each) => each.type },
        { title: t("architecture"), class: "tight", cell: (each) => each.arch },
        { title: t("layer"), class: "number", cell: (each) => each.layer ?? "" },
      ], found, 60));
    }
    put(place, search, count, list);
    draw();
  }
  put(place, h("button", { type: "button", onclick: async () => { await open(""); place.querySelector("input")?.focus(); } }, t("showPackages", { count: number(all) })));
  if (query.has("package")) open(query.get("package"));
  return add(section, place);
}

function otherNames(names, route, image) {
  const line = (name) => h("li", {}, h("a", { href: to(["image", route.path[1]], { ref: name, platform: image.platform }) }, name));
  const list = h("ul", { class: "plain" }, names.slice(0, MOST_NAMES).map(line));
  const all = () => {
    button.remove();
    add(list, names.slice(MOST_NAMES).map(line));
    list.children[MOST_NAMES].firstChild.focus({ preventScroll: true });
  };
  const button = h("button", { type: "button", onclick: all }, t("showAll", { count: number(names.length) }));
  return [list, names.length > MOST_NAMES && button];
}

/** What was said of the images below, where it matters: only then can one tell who was wrong first. */
async function readAncestors(image, signal) {
  const judged = new Map();
  if (guiltyLayers(image).size === 0) return judged;
  const digests = [...new Set(image.lineage.map((each) => each.digest))];
  await Promise.all(digests.map(async (digest) => {
    const report = await get(`images/${digest}`, signal).catch((error) => (error.name === "AbortError" ? Promise.reject(error) : { images: [] }));
    for (const each of report.images) judged.set(`${each.reference} ${each.digest}`, each);
  }));
  return judged;
}

export const title = (route) => route.query.get("ref") || t("image");

/** The report of an address: of the digest, or of the name where there is none. `now`: where the tag points to by now, if it is not that digest any more. */
async function read(route, signal) {
  const reference = route.query.get("ref") ?? "";
  const absent = (instead) => (error) => (error.status === 404 && instead ? instead : Promise.reject(error));
  const byName = () => get(`reference?name=${encodeURIComponent(reference)}`, signal);
  if (route.path[1] === "-") return { report: await byName() };
  let missing = null;
  const report = await get(`images/${encodeURIComponent(route.path[1])}`, signal).catch((error) => absent(reference && { images: [] })((missing = error)));
  if (!reference || report.images.some((each) => each.reference === reference)) return { report };
  const [now] = (await byName().catch(absent({ images: [] }))).images;
  if (!now && missing) throw missing;
  return { report, now };
}

export async function show(main, route, signal) {
  if (order && order.reference !== route.query.get("ref")) order = null;
  if (order) await readOrder(signal);
  const { report, now } = await read(route, signal);
  if (now) {
    const address = to(...imagePath({ ...now, platform: route.query.get("platform") }));
    put(main, h("h1", { class: "name" }, now.reference), h("p", { class: "card", role: "status" }, t("tagMoved"), " ", h("a", { href: address }, shortDigest(now.indexDigest || now.digest || "–"))));
    if (order && !order.told) location.replace(address); // that is what somebody wanted to see
    return;
  }
  const wanted = { reference: route.query.get("ref"), platform: route.query.get("platform") };
  const ofName = report.images.filter((each) => each.reference === wanted.reference);
  const same = ofName.length ? ofName : report.images.filter((each) => each.reference === report.images[0].reference);
  const image = same.find((each) => each.platform === wanted.platform) ?? same[0];
  const names = [...new Set(report.images.map((each) => each.reference))].filter((name) => name !== image.reference);
  const steps = image.digest ? await get(`images/${image.digest}/layers`, signal).then((answer) => answer.layers).catch((error) => (error.name === "AbortError" ? Promise.reject(error) : [])) : [];
  const judged = judgeClaims(image);
  const judgedAncestors = await readAncestors(image, signal);
  const suggestion = image.findings.find((each) => each.suggestion)?.suggestion;
  const at = (each) => to(["image", route.path[1]], { ref: each.reference, platform: each.platform });

  put(main, h("p", { class: "crumbs" }, h("a", { href: to("images") }, t("allImages")), " / ", h("a", { href: to("images", { registry: image.registry, repository: image.repository }) }, `${image.registry}/${image.repository}`)),
    h("h1", { class: "name" }, badge(image.verdict), " ", `${image.repository}:`, h("wbr"), image.tag),
    h("p", { class: "lead" }, sentence(image, judged)),
    same.length > 1 && h("nav", { class: "tabs", "aria-label": t("platforms") }, same.map((each) => h("a", { href: at(each), "aria-current": each === image ? "page" : null }, each.platform, " ", badge(each.verdict)))),
    commands(image, suggestion),
    image.verdict !== "error" && claimsSection(image, judged),
    h("section", { class: "card" }, h("h2", {}, t("findings")), image.findings.length ? h("ul", { class: "findings" }, image.findings.map((each) => findingCard(each, steps))) : h("p", {}, image.verdict === "error" ? sentence(image, judged) : t("noFindings"))),
    image.problems.length > 0 && h("section", { class: "card" }, h("h2", {}, t("problems")), h("ul", { class: "evidence" }, image.problems.map((each) => h("li", {}, code(each.path), " ", each.message)))));
  if (image.verdict !== "error")
    add(main, familySection(image, judgedAncestors), layersSection(image, steps), packagesSection(image, signal, route.query));
  add(main, h("section", { class: "card" }, h("h2", {}, t("facts")), h("dl", { class: "facts" },
    h("dt", {}, t("registry")), h("dd", {}, image.registry), h("dt", {}, t("platform")), h("dd", {}, image.platform || "–"),
    h("dt", {}, t("digest")), h("dd", {}, code(image.digest || "–"), " ", image.digest && copyButton(image.digest)),
    h("dt", {}, t("grammar")), h("dd", {}, image.grammar || "–"), h("dt", {}, t("tier")), h("dd", {}, image.tier ? kindName(image.tier) : "–"), h("dt", {}, t("seen")), h("dd", {}, when(report.generated))),
    names.length > 0 && [h("p", { class: "note" }, t("otherNames", { count: names.length + 1 })), otherNames(names, route, image)]));
}

export const refreshes = (ended) => ended.kind === "audit" || (ended.kind === "scan" && ended.about === parse().query.get("ref"));
