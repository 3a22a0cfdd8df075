// What waits, runs, failed. Dead letters can be tried again, the others stopped.
import { get, post } from "./api.js";
import { h, put } from "./dom.js";
import { deed, focusRow, table, verdictCounts, when } from "./parts.js";
import { to } from "./route.js";
import { number, t } from "./texts.js";
import { runs } from "./live.js";

const TABS = { "": "all", waiting: "stateWaiting", running: "stateRunning", dead: "statesDead", done: "stateDone", cancelled: "stateCancelled", superseded: "stateSuperseded" };
const STATES = { ...TABS, dead: "stateDead" };
const KINDS = { audit: "kindAudit", scan: "kindScan", notice: "jobNotice", "adapter-scan": "jobAdapter" };
const kindOf = (job) => (Object.hasOwn(KINDS, job.kind) ? t(KINDS[job.kind]) : job.kind);
const progressOf = (job) => {
  const run = runs.get(job.id);
  return run?.listed ? h("span", { class: "note block" }, t("liveCount", { done: number(run.done), listed: number(run.listed) })) : null;
};

function action(job) {
  if (job.state === "dead" || job.state === "cancelled") return deed(t("retry"), async () => t("retried", { id: (await post(`jobs/${job.id}/retry`)).id }), { "aria-label": `${t("retry")} ${job.id}` });
  if (job.state === "waiting" || job.state === "running")
    return deed(t("cancel"), async () => {
      await post(`jobs/${job.id}/cancel`);
      return t("cancelled", { id: job.id });
    }, { "aria-label": `${t("cancel")} ${job.id}` });
  return null;
}

/** That a job came to its end says nothing of how its images fared: what it found is shown beside, in the colours of that. */
const outcome = (job) => job.result && h("a", { class: "fared", href: to(["audit", job.result.audit]) }, job.result.verdicts && job.result.images > 0 ? verdictCounts(job.result.verdicts) : t("imagesLooked", { count: number(job.result.images) }));

const stateOf = (job) => h("span", { class: `state ${job.state === "done" && job.result ? "over" : job.state}` }, t(STATES[job.state] ?? "all"));
/** Why a job failed, or why the one image that it was for could not be read. Of an audit's images the counts speak. */
const wrongOf = (job) => job.failure?.message ?? (job.kind !== "audit" && job.result?.error && t("errorText", { text: job.result.error.message }));
const aboutOf = (job) => (job.kind === "scan" && job.result ? h("a", { href: to(["image", "-"], { ref: job.about }) }, job.about) : job.about);

const columns = () => [
  { title: "№", class: "number", head: true, cell: (job) => job.id },
  { title: t("state"), class: "tight", cell: (job) => [stateOf(job), progressOf(job)] },
  { title: t("result"), cell: outcome },
  { title: t("kind"), class: "tight", cell: kindOf },
  { title: t("about"), cell: (job) => [aboutOf(job), wrongOf(job) && h("span", { class: "wrong block" }, wrongOf(job))] },
  { title: t("attempts"), class: "number", cell: (job) => job.attempts },
  { title: t("enqueued"), class: "tight", cell: (job) => when(job.enqueued) },
  { title: t("changed"), class: "tight", cell: (job) => when(job.changed) },
  { title: t("action"), cell: action },
];

export const title = () => t("queue");

export async function show(main, route, signal) {
  const state = Object.hasOwn(STATES, route.query.get("state") ?? "") ? route.query.get("state") ?? "" : "";
  const list = async (cursor = "") => get(`jobs?limit=100${state && `&state=${state}`}${cursor && `&cursor=${cursor}`}`, signal);
  const page = await list();
  const rest = h("div", {});
  const draw = () => put(rest, page.jobs.length ? h("div", { class: "card list" }, table(t("queue"), columns(), page.jobs)) : h("p", { class: "card" }, t("noJobs")), page.next && h("button", { type: "button", onclick: async () => {
    const more = await list(page.next);
    const before = page.jobs.length;
    page.jobs.push(...more.jobs);
    page.next = more.next;
    draw();
    focusRow(rest, before);
  } }, t("moreJobs")));
  draw();
  put(main, h("h1", {}, t("queue")),
    h("nav", { class: "tabs", "aria-label": t("state") }, Object.entries(TABS).map(([name, word]) => h("a", { href: to("queue", { state: name }), "aria-current": name === state ? "page" : null }, t(word)))), rest);
}

export const refreshes = () => true;
