// Two drawings: the family tree of an image, and what audits found over time. Both stand beside a list or table that says the same.
import { VERDICTS } from "./data.js";
import { svg, sized } from "./dom.js";
import { date, number, t } from "./texts.js";

const BOX = 56, LINE = 17, GAP = 44, WIDEST = 640, LETTER = 7.9;

const letters = (character) => (character.codePointAt(0) > 0x2e7f ? 1.7 : 1); // Chinese is wider
const cut = (text, width) => {
  const most = Math.max(8, width / LETTER), all = [...text];
  const upTo = (list, room) => {
    let count = 0;
    while (count < list.length && (room -= letters(list[count])) >= 0) count += 1;
    return count;
  };
  if (upTo(all, most) === all.length) return text;
  const head = upTo(all, most * 0.4), tail = upTo([...all].reverse(), most * 0.6 - 1);
  return `${all.slice(0, head).join("")}…${all.slice(all.length - tail).join("")}`;
};

/** A note in as many lines as it needs, three at most. It is broken at blanks and between Chinese characters. */
function lines(text, width) {
  const most = width / 7.3, all = [...text], found = [];
  for (let start = 0; start < all.length && found.length < 3; ) {
    let end = start, room = most, last = 0;
    while (end < all.length && (room -= letters(all[end])) >= 0) {
      end += 1;
      if (all[end] === " " || letters(all[end - 1]) > 1) last = end;
    }
    if (end < all.length && last > start) end = last;
    found.push(all.slice(start, found.length < 2 ? end : all.length).join("").trim());
    start = end;
  }
  return found.map((line, at) => (at < 2 ? line : cut(line, width)));
}

/** `nodes`, the image first and what it stands on below: { title, note, kind: "own" | "good" | "stale" | "bad" | "none", step, path }. */
export function familyGraph(nodes, width) {
  const wide = Math.min(width, WIDEST);
  const notes = nodes.map((node) => lines(node.note, wide - 32));
  const tall = notes.map((each) => BOX + Math.max(0, each.length - 1) * LINE);
  const height = tall.reduce((sum, each) => sum + each + GAP, 4 - GAP);
  let next = 2;
  const boxes = nodes.map((node, at) => {
    const top = next, bottom = top + tall[at];
    next = bottom + GAP;
    const edge = at + 1 < nodes.length && [
      svg("path", { class: `edge ${nodes[at].broken ? "bad" : ""}`, d: `M ${wide / 2} ${bottom + GAP - 4} V ${bottom + 7}`, "marker-end": "url(#arrow)" }),
      svg("text", { class: "edge-note", x: wide / 2 + 12, y: bottom + GAP / 2 + 4 }, cut(node.step ?? "", (wide / 2 - 16) * 1.3)),
    ];
    return [edge, svg("g", { class: `node ${node.kind}` },
      svg("rect", { x: 2, y: top, width: wide - 4, height: tall[at], rx: 8 }),
      svg("text", { class: "node-title", x: 16, y: top + 23 }, cut(node.title, wide - 32)),
      notes[at].map((line, row) => svg("text", { class: "node-note", x: 16, y: top + 43 + row * LINE }, line)))];
  });
  return svg("svg", { class: "family", width: wide, height, viewBox: `0 0 ${wide} ${height}`, role: "img", "aria-label": nodes.map((node) => `${node.title} (${node.note})`).join(" ← ") },
    svg("defs", {}, svg("marker", { id: "arrow", viewBox: "0 0 10 10", refX: 5, refY: 5, markerWidth: 10, markerHeight: 10, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" }, svg("path", { class: "arrow", d: "M0 0 10 5 0 10z" }))),
    boxes);
}

/** `audits`, the oldest first, each with `verdicts`. One column each; the worst verdict stands at the bottom, where its height can be read. */
export function trendGraph(audits) {
  const width = 720, height = 180, floor = height - 24, left = 44;
  const sum = (audit) => VERDICTS.reduce((all, verdict) => all + audit.verdicts[verdict], 0);
  const most = Math.max(1, ...audits.map(sum));
  const step = (width - left) / audits.length;
  const thick = Math.min(40, step * 0.7);
  const columns = audits.map((audit, at) => {
    let bottom = floor;
    const x = left + at * step + (step - thick) / 2;
    const parts = VERDICTS.filter((verdict) => audit.verdicts[verdict]).map((verdict) => {
      const tall = (audit.verdicts[verdict] / most) * (floor - 10);
      bottom -= tall;
      return svg("rect", { class: verdict, x, y: bottom, width: thick, height: Math.max(tall, 1) });
    });
    const words = `${date(audit.started)}: ${VERDICTS.filter((verdict) => audit.verdicts[verdict]).map((verdict) => `${number(audit.verdicts[verdict])} ${t(verdict)}`).join(", ")}`;
    return svg("g", {}, svg("title", {}, words), parts);
  });
  const tick = (value, y) => svg("text", { class: "tick", x: left - 8, y, "text-anchor": "end" }, number(value));
  const label = (audit, x, anchor) => svg("text", { class: "tick", x, y: height - 6, "text-anchor": anchor }, date(audit.started));
  return sized(svg("svg", { class: "trend", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": t("trend") },
    svg("path", { class: "axis", d: `M ${left} 10 V ${floor} H ${width}` }), tick(most, 18), tick(0, floor + 4), columns,
    label(audits[0], left, "start"), audits.length > 1 && label(audits.at(-1), width, "end")), { "max-width": `${width}px` });
}
