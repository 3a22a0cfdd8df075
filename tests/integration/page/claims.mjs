// Who is accused in the family tree: pure functions of the page over reports.
// usage: node claims.mjs FOLDER
import fs from "node:fs";
import path from "node:path";

const source = fs.readFileSync(path.join(process.argv[2], "claims.js"), "utf8");
const { wrongPlaces } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

const finding = (layer, code = "os-mismatch") => ({ code, severity: "error", component: "openeuler", evidence: [{ layer }] });
const image = (lineage, ...findings) => ({ findings, claims: [{ component: "openeuler", version: "22.03-LTS-SP2" }], lineage: lineage.map(([reference, layers]) => ({ reference: `h/openeuler/${reference}`, digest: `sha256:${layers}`, layers, current: true })) });
const judged = (...all) => new Map(all.map(([reference, layers, ...findings]) => [`h/openeuler/${reference} sha256:${layers}`, { verdict: findings.length ? "fail" : "pass", findings }]));

const cases = [
  ["a base whose tag says what it holds", image([["openeuler:22.03-lts-sp4", 1]], finding(0)), judged(), Infinity, false],
  ["a base that was judged and is right", image([["openeuler:22.03-lts-sp4", 1]], finding(0)), judged(["openeuler:22.03-lts-sp4", 1]), Infinity, false],
  ["a base of which nothing is known", image([["tools:latest", 1]], finding(0)), judged(), Infinity, false],
  ["a base with the same finding", image([["openeuler:odd", 1]], finding(0)), judged(["openeuler:odd", 1, finding(0)]), 1, true],
  ["a base whose tag makes the claim", image([["openeuler:22.03-lts-sp2", 1]], finding(0)), judged(), 1, true],
  ["a wrong one on a right one", image([["cann:8.0-oe2203sp2", 2], ["openeuler:22.03-lts-sp4", 1]], finding(0)), judged(["cann:8.0-oe2203sp2", 2, finding(0)], ["openeuler:22.03-lts-sp4", 1]), 2, false],
  ["a layer of the image's own", image([["openeuler:22.03-lts-sp4", 1]], finding(1)), judged(), Infinity, true],
];
const problems = cases.flatMap(([name, own, known, layers, brought]) => {
  const [place] = wrongPlaces(own, known);
  return place.layers === layers && place.brought === brought ? [] : [`${name}: ${JSON.stringify(place)} with layers ${place.layers}`];
});
process.stdout.write(`${JSON.stringify({ name: "in the family tree nobody is accused whose own tag is right", problems })}\n`);
