// Where one is stands in the address, behind the #: `#/images?verdict=fail&lang=zh`. So it can be kept, sent, and gone back to.

export function parse(hash = location.hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const decode = (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function hash(path, query) {
  const text = query.toString();
  return `#/${path.map(encodeURIComponent).join("/").replaceAll("%3A", ":")}${text && `?${text}`}`;
}

/** The address of another view; the language goes along. */
export function to(path, values = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== null && value !== "") query.set(name, value);
  const lang = parse().query.get("lang");
  if (lang && !query.has("lang")) query.set("lang", lang);
  return hash([path].flat().map(String), query);
}

/** This view with some values changed; empty ones go, and `true` is a name without a value. */
export function here(changes) {
  const { path, query } = parse();
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value === true ? "" : value);
    else query.delete(name);
  }
  return hash(path, query);
}

/** Changes the address without going anywhere: what is typed into a filter is no step of the history. */
export const note = (changes) => history.replaceState(history.state, "", here(changes));
