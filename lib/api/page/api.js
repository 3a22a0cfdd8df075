// The daemon's API. The token lives as long as the tab does.

const KEY = "veritag-token";
const SILENCE = 50_000; // ms: a stream says something every 15 s, if only that it is there
let asked = () => {};

export const token = () => sessionStorage.getItem(KEY) ?? "";
export function keepToken(text) {
  if (text) sessionStorage.setItem(KEY, text);
  else sessionStorage.removeItem(KEY);
}

/** `listener` is called when the daemon wants to know who asks, and says whether it is worth asking again. */
export const onAsked = (listener) => (asked = listener);

export class Problem extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function problem(answer) {
  let text = `HTTP ${answer.status}`;
  try {
    const body = await answer.json();
    text = body.detail || body.title || text;
  } catch {
    // No problem document: the status says what can be said.
  }
  return new Problem(answer.status, text);
}

export async function ask(path, { method = "GET", value, signal } = {}) {
  const headers = { "Accept-Language": document.documentElement.lang };
  const sent = token();
  if (sent) headers.Authorization = `Bearer ${sent}`;
  if (value !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`api/v1/${path}`, { method, headers, signal, credentials: "same-origin", body: value === undefined ? undefined : JSON.stringify(value) });
  if (answer.ok) return answer;
  const wrong = await problem(answer);
  if (answer.status === 401 && sent === token() && (await asked(Boolean(sent), method))) return ask(path, { method, value, signal }); // else somebody logged in or out meanwhile
  throw wrong;
}

export const get = async (path, signal) => (await ask(path, { signal })).json();
export const post = async (path, value) => (await ask(path, { method: "POST", value })).json();

/** Server-sent events, read by hand: the browser's own reader cannot send a token. Calls `opened()` once, and `take(event, data)` until the stream ends. */
export async function events(signal, opened, take) {
  const line = new AbortController();
  const hangUp = () => line.abort();
  signal.addEventListener("abort", hangUp);
  let timer = 0;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(hangUp, SILENCE);
  };
  try {
    heard();
    const answer = await ask("events", { signal: line.signal });
    opened();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const fields = { event: "message", data: [] };
        for (const line of block.split("\n")) {
          if (line.startsWith("data:")) fields.data.push(line.slice(5));
          else if (line.startsWith("event:")) fields.event = line.slice(6).trim();
        }
        if (fields.data.length) take(fields.event, JSON.parse(fields.data.join("\n")));
      }
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", hangUp);
  }
}
