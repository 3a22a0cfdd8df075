// What runs now, as the daemon tells it.
import { events } from "./api.js";

export const runs = new Map(); // by job
export const changes = new EventTarget(); // `progress`: something in `runs`; `ended`: a job is over

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
let stop = null;

function take(event, data) {
  if (event === "ended") {
    runs.delete(data.job);
    changes.dispatchEvent(new CustomEvent("ended", { detail: data }));
  } else if (event === "began" || event === "progress") {
    runs.set(data.job, { ...runs.get(data.job), ...data });
  }
  changes.dispatchEvent(new Event("progress"));
}

/** Follows the daemon, and comes back when the line breaks. Again with another token. */
export async function follow() {
  stop?.abort();
  const mine = (stop = new AbortController());
  for (let wait = FIRST_WAIT; !mine.signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      runs.clear();
      await events(mine.signal, (event, data) => {
        wait = FIRST_WAIT;
        take(event, data);
      });
    } catch (error) {
      if (error.status === 401 || error.status === 403) return; // until somebody logs in
    }
    runs.clear();
    changes.dispatchEvent(new Event("progress"));
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
