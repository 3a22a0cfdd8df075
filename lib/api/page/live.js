// What runs now, as the daemon tells it. A browser has six connections to a server, and each stream takes one: so one tab listens for all that have the same
// token, and only while somebody looks at it. Where there are no locks (plain HTTP from another host) each tab that is looked at listens for itself.
import { events, token } from "./api.js";

export const runs = new Map(); // by job
export const changes = new EventTarget(); // `progress`: something in `runs`, or the line; `ended`: a job is over; `again`: something may have been missed
export let lost = false; // the daemon does not answer

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
let stop = null;

const tell = (name, detail) => changes.dispatchEvent(new CustomEvent(name, { detail }));

/** What the daemon says, and `line`: how the stream itself fares, { up, missed, runs }. */
function take(event, data) {
  if (event === "line") {
    lost = !data.up;
    runs.clear();
    for (const run of data.runs) runs.set(run.job, run);
    if (data.missed) tell("again");
  } else if (event === "ended") {
    runs.delete(data.job);
    tell("ended", data);
  } else if (event === "began" || event === "progress") {
    runs.set(data.job, { ...runs.get(data.job), ...data });
  }
  tell("progress");
}

const pause = (wait, signal) => new Promise((resolve) => {
  setTimeout(resolve, wait);
  signal.addEventListener("abort", resolve, { once: true });
});

/** Listens, and comes back when the line breaks. `missed`: something may have happened before that nobody told this tab. */
async function listen(signal, pass, missed) {
  for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      await events(signal, () => {
        wait = FIRST_WAIT;
        pass("line", { up: true, missed, runs: [] });
      }, pass);
    } catch (error) {
      if (error.status === 401 || error.status === 403) return; // until somebody logs in
    }
    if (signal.aborted) return;
    missed = true;
    pass("line", { up: false, runs: [] });
    await pause(wait, signal);
  }
}

/** Tabs meet under a name that only those with the same token know. */
async function meetingPlace() {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`veritag ${token()}`));
  return `veritag ${[...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** How this tab listens with others: a function like `listen`, for the time in which somebody looks at it. */
async function together(signal) {
  const name = await meetingPlace();
  if (signal.aborted) return null;
  const channel = new BroadcastChannel(name);
  let leads = false;
  channel.onmessage = ({ data: { event, data } }) => {
    if (event !== "ask") take(event, data);
    else if (leads) channel.postMessage({ event: "line", data: { up: !lost, runs: [...runs.values()] } });
  };
  signal.addEventListener("abort", () => channel.close());
  channel.postMessage({ event: "ask" });
  return (seen, missed) => navigator.locks.request(name, { signal: seen }, async () => {
    leads = true;
    await listen(seen, (event, data) => {
      take(event, data);
      channel.postMessage({ event, data });
    }, missed());
    leads = false;
  }).catch(() => {}); // nobody looks any more
}

/** Follows the daemon. Again with another token. */
export async function follow() {
  stop?.abort();
  const { signal } = (stop = new AbortController());
  take("line", { up: true, runs: [] });
  const share = navigator.locks && globalThis.BroadcastChannel && globalThis.crypto?.subtle ? await together(signal) : (seen, missed) => listen(seen, take, missed());
  if (signal.aborted) return;
  const begun = performance.now();
  let seen = null;
  const missed = () => performance.now() - begun > FIRST_WAIT; // who listens later than it came does not know what was before
  const look = () => {
    if (document.hidden) seen = seen?.abort();
    else if (!seen) share((seen = new AbortController()).signal, missed);
  };
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => seen?.abort());
  look();
}
