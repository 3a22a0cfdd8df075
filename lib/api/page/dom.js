// Elements are made here and nowhere else. What images, registries and people wrote becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "open", "htmlFor", "tabIndex"]);
const REFUSED = /^(on|src|style$|srcdoc|innerhtml|outerhtml|action|formaction)/i;

// Control bytes, and marks that turn the direction of what follows, are shown as what they are: a name shall look like what it is.
// What nobody sees is that of report/terminal.cpp: kUnseen.
const HIDDEN = /[\u{0}-\u{8}\u{b}-\u{1f}\u{7f}-\u{9f}\u{ad}\u{34f}\u{61c}\u{115f}-\u{1160}\u{17b4}-\u{17b5}\u{180b}-\u{180f}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{3164}\u{feff}\u{ffa0}\u{fff0}-\u{fffb}\u{e0000}-\u{e0fff}]/gu;
export const visible = (text) => String(text).replace(HIDDEN, (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, "0")}`);

function set(element, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on") && typeof value === "function") {
    element.addEventListener(name.slice(2), value);
  } else if (PROPERTIES.has(name)) {
    element[name] = value;
  } else {
    if (REFUSED.test(name)) throw new Error(`attribute ${name}`);
    if (name === "href" && !/^(#|blob:|api\/v1\/openapi\.json$)/.test(value)) throw new Error("a link leads out of the page");
    element.setAttribute(name, value === true ? "" : visible(value));
  }
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  add(element, children);
  return element;
}

export function add(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
  return element;
}

export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

export function put(element, ...children) {
  element.replaceChildren();
  return add(element, ...children);
}

/** Sizes are set over the object model, which the policy allows and attributes are not. */
export function sized(element, sizes) {
  for (const [name, value] of Object.entries(sizes)) element.style.setProperty(name, value);
  return element;
}

/** For people who hear the page. */
export function say(text) {
  document.getElementById("said").textContent = visible(text);
}
