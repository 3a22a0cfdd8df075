// All images that the daemon knows, one line a platform, in memory: filtering them asks nobody.
import { get } from "./api.js";

export const VERDICTS = ["fail", "error", "unknown", "warn", "pass"]; // the worst first
const PAGE = 5000;
let known = null;

/** What accuses a line: its codes but notes, and but those that are waived. */
export const accusing = (line) => line.codes.filter((code) => !line.notes.includes(code) && !line.waived.includes(code));
/** Something is waived, and nothing else accuses it. */
export const isWaived = (line) => accusing(line).length === 0 && !line.error && line.waived.some((code) => !line.notes.includes(code));

/** One tag with its platforms. Its verdict is the worst of theirs. */
function tagsOf(lines) {
  const tags = new Map();
  for (const line of lines) {
    let tag = tags.get(line.reference);
    if (!tag) tags.set(line.reference, (tag = { reference: line.reference, registry: line.registry, repository: line.repository, tag: line.tag, lines: [], codes: [], notes: new Set(), counting: new Set(), rank: VERDICTS.length, seen: line.seen }));
    tag.lines.push(line);
    const rank = VERDICTS.indexOf(line.verdict);
    if (rank < tag.rank) Object.assign(tag, { rank, verdict: line.verdict, worst: line });
    for (const code of line.codes) if (!tag.codes.includes(code)) tag.codes.push(code);
    for (const code of line.notes) tag.notes.add(code);
    for (const code of line.codes) if (!line.waived.includes(code)) tag.counting.add(code);
    if (line.seen > tag.seen) tag.seen = line.seen;
  }
  for (const tag of tags.values()) {
    tag.search = tag.reference.toLowerCase();
    tag.codes.sort((a, b) => tag.notes.has(a) - tag.notes.has(b)); // what is only a note comes last
  }
  return [...tags.values()];
}

async function load(signal) {
  const lines = [];
  for (let cursor = ""; ; ) {
    const page = await get(`images?limit=${PAGE}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, signal);
    lines.push(...page.images);
    if (!page.next) return { lines, tags: tagsOf(lines) };
    cursor = page.next;
  }
}

/** { lines, tags }. What was loaded stays until forget(). */
export async function images(signal) {
  known ??= await load(signal);
  return known;
}
export const forget = () => (known = null);

/** How often each value comes, the most frequent first. */
export function tally(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

export const countVerdicts = (lines) => Object.fromEntries(VERDICTS.map((verdict) => [verdict, lines.reduce((sum, line) => sum + (line.verdict === verdict), 0)]));

/** Where an image's page is: by the index where there is one, since that has every platform. What could not be read has a name only. */
export const imagePath = (line) => [["image", line.indexDigest || line.digest || "-"], { ref: line.reference, platform: line.platform }];
