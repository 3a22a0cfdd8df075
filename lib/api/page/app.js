// Puts the views together: the header, where one is, who one is, what runs.
import { keepToken, onAsked, token } from "./api.js";
import { forget } from "./data.js";
import { add, h, put, say } from "./dom.js";
import { changes, follow, lost, runs } from "./live.js";
import { failure, rowsDrawn, wishRows } from "./parts.js";
import { here, parse, to } from "./route.js";
import { number, setLanguage, t } from "./texts.js";
import * as audits from "./view_audits.js";
import * as explain from "./view_explain.js";
import * as image from "./view_image.js";
import * as imageList from "./view_images.js";
import { showLogin } from "./view_login.js";
import * as overview from "./view_overview.js";
import * as queue from "./view_queue.js";
import * as rules from "./view_rules.js";

const VIEWS = { "": overview, images: imageList, image, audits, audit: audits.one, diff: audits.diff, queue, rules, explain };
const MENU = [["", "overview"], ["images", "images"], ["audits", "audits"], ["queue", "queue"], ["rules", "rules"], ["explain", "explain"]];
const LENGTH = { image: 2, audit: 2, diff: 3 }; // of their addresses
const PARENT = { image: "images", audit: "audits", diff: "audits" };
const THEME = "veritag-theme";
const QUIET = 700; // ms: several jobs that end together are one reason to draw anew
const serverLanguage = document.documentElement.lang; // by Accept-Language
/** The view of an address, which may say `constructor`. */
function viewOf({ path: [name = "", ...rest] }) {
  return Object.hasOwn(VIEWS, name) && rest.length + 1 >= (LENGTH[name] ?? 0) ? VIEWS[name] : null;
}
const element = (id) => document.getElementById(id);
let shown = new AbortController(); // ends with the view that is shown
let loading = shown; // and with the one that is on its way
let asking = null; // what the log-in must say while it is shown
let drawn = "";
let settled = false; // the view is drawn
let offered = false; // there may be something newer, and somebody is busy with what is shown
const changed = new Set(); // fields in which somebody wrote or chose since

function theme() {
  const kept = localStorage.getItem(THEME);
  if (kept === "dark" || kept === "light") document.documentElement.dataset.theme = kept;
}
function switchTheme() {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  localStorage.setItem(THEME, dark ? "light" : "dark");
  theme();
}

function logOut() {
  keepToken("");
  forget();
  say(t("loggedOut"));
  follow();
  go();
}

// The header stays while views come and go, so the focus stays where it is.
const other = () => (document.documentElement.lang === "zh" ? "en" : "zh");
const aim = (event) => event.currentTarget.setAttribute("href", here({ lang: other() })); // what was typed since is in the address
const tagline = h("span", { class: "tagline" });
const brand = h("a", { class: "brand" }, "veritag", tagline);
const links = MENU.map(() => h("a", {}));
const menu = h("nav", {}, links);
const languageLink = h("a", { class: "button", href: "#/", onpointerdown: aim, onfocus: aim, onclick: aim });
const themeButton = h("button", { type: "button", onclick: switchTheme }, "◐");
const tokenButton = h("button", { type: "button", onclick: logInOrOut });
add(element("header"), brand, menu, h("div", { class: "tools" }, languageLink, themeButton, tokenButton));

function header(view) {
  put(element("skip"), t("skip"));
  put(element("footer"), h("p", {}, "veritag · ", h("a", { href: "api/v1/openapi.json" }, t("description"))));
  put(tagline, t("tagline"));
  brand.setAttribute("href", to([]));
  menu.setAttribute("aria-label", t("views"));
  MENU.forEach(([name, word], at) => {
    put(links[at], t(word));
    links[at].setAttribute("href", to(name ? [name] : []));
    if (name === (PARENT[view] ?? view)) links[at].setAttribute("aria-current", "page");
    else links[at].removeAttribute("aria-current");
  });
  put(languageLink, t("language"));
  for (const [name, value] of Object.entries({ lang: other(), href: here({ lang: other() }), "aria-label": t("languageHint") })) languageLink.setAttribute(name, value);
  for (const name of ["aria-label", "title"]) themeButton.setAttribute(name, t("theme"));
  put(tokenButton, t(token() ? "logOut" : "logIn"));
}

/** The log-in in the place of the view, which nobody may see without. */
function login(why) {
  asking = why;
  loading.abort();
  shown.abort();
  showLogin(element("main"), { ...why, done: entered, cancel: why.wrong && go });
}

function entered() {
  asking = null;
  forget();
  follow();
  go();
}

/** The log-in beside what is shown, which stays. Whether somebody gave a token. */
let beside = null;
function loginBeside(why) {
  return (beside ??= new Promise((resolve) => {
    let given = false;
    const dialog = h("dialog", { "aria-label": t("logIn") });
    showLogin(dialog, { ...why, beside: true, cancel: () => dialog.close(), done: () => {
      given = true;
      dialog.close();
    } });
    dialog.addEventListener("close", () => {
      dialog.remove();
      beside = null;
      resolve(given);
    });
    document.body.append(dialog);
    dialog.showModal();
  }));
}

async function logInOrOut() {
  if (token()) logOut();
  else if (asking) element("token").focus();
  else if (await loginBeside({})) entered();
}

// What somebody wanted to have done is done once they said who they are.
onAsked((wrong, method) => {
  if (wrong) keepToken("");
  if (method === "GET") {
    if (!asking || wrong) login({ wrong }); // else it is asked already, and perhaps half typed
    return false;
  }
  return loginBeside({ wrong, writing: true }).then((given) => {
    if (!given) return false;
    header(parse().path[0] ?? "");
    forget();
    follow();
    return true;
  });
});

const HANDED = "details, summary, a, button, input, select, textarea, [tabindex]";
/** What somebody may have opened, filled in or focused, each under a name that it has when the view is drawn anew, too. */
function named(root) {
  const found = new Map();
  for (const each of root.querySelectorAll(HANDED)) {
    const words = (each.tagName === "DETAILS" ? each.firstChild : each.closest("label") ?? each).textContent.replace(/[\d.,\s]+/g, "").slice(0, 60);
    let name = [each.tagName, each.id, each.getAttribute("href"), each.getAttribute("aria-label"), words].join(" ");
    for (let count = 2; found.has(name); ++count) name = `${name.replace(/ #\d+$/, "")} #${count}`;
    found.set(name, each);
  }
  return found;
}

/** Puts `fresh` in the place of what is shown; folds, what was written, the focus and the place stay. */
function exchange(main, fresh) {
  const at = scrollY;
  const before = named(main);
  const focused = [...before].find(([, each]) => each === document.activeElement)?.[0];
  for (let opened = true; opened; ) {
    opened = false;
    const now = named(fresh);
    for (const [name, each] of before)
      if (each.tagName === "DETAILS" && now.has(name) && now.get(name).open !== each.open) {
        now.get(name).open = each.open;
        now.get(name).dispatchEvent(new Event("toggle")); // what is drawn only then
        before.delete(name);
        opened = true;
      }
  }
  const now = named(fresh);
  for (const [name, each] of before)
    if (changed.delete(each) && now.has(name)) {
      now.get(name).value = each.value;
      changed.add(now.get(name));
    }
  const inside = main.contains(document.activeElement);
  main.replaceChildren(...fresh.childNodes);
  scrollTo(0, at);
  if (inside) (now.get(focused) ?? main).focus({ preventScroll: true });
}

async function go({ quietly = false } = {}) {
  const route = parse();
  const language = route.query.get("lang");
  document.documentElement.lang = language === "zh" || language === "en" ? language : serverLanguage;
  setLanguage(document.documentElement.lang);
  const name = route.path[0] ?? "";
  const view = viewOf(route);
  const first = drawn === "";
  const kept = quietly ? null : history.state; // who comes back finds the list where it was
  if (loading !== shown) loading.abort();
  if (!quietly) shown.abort();
  const mine = (loading = new AbortController());
  if (!quietly) shown = mine;
  const { signal } = mine;
  asking = null;
  settled = false;
  clearTimeout(keeping);
  const main = element("main");
  wishRows(quietly ? rowsDrawn() : kept?.rows ?? {});
  header(name);
  if (!quietly) {
    offered = false;
    changed.clear();
    put(main, h("p", { class: "note", role: "status" }, t("loading")));
  }
  live();
  const fresh = quietly ? document.createElement("div") : main;
  try {
    if (!view) put(fresh, h("h1", {}, t("nothingHere")));
    else await view.show(fresh, route, signal);
    if (signal.aborted) return;
  } catch (error) {
    if (quietly && loading === mine) loading = shown; // what is shown stays, and goes on
    settled = loading === shown;
    if (signal.aborted || asking || error.name === "AbortError" || quietly) return;
    put(main, h("h1", {}, view.title(route)), failure(error, () => go()));
  }
  settled = true;
  if (quietly) {
    shown.abort();
    shown = mine;
    offered = false;
    live();
    exchange(main, fresh);
    return;
  }
  document.title = `${view ? view.title(route) : t("nothingHere")} · veritag`;
  const where = location.hash.split("?")[0] || "#/";
  if (!first && where !== drawn) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true }); // whoever hears the page is told that another view is there
  } else if (!first && document.activeElement === document.body) {
    (main.querySelector("nav [aria-current]") ?? main).focus({ preventScroll: true }); // another part of the same one: the tab that was pressed is a new element
  }
  if (kept?.opened && !first) main.querySelector(`a[href="${CSS.escape(kept.opened)}"]`)?.focus({ preventScroll: true });
  if (kept) scrollTo(0, kept.y);
  drawn = where;
}

// ---- where one was ----

let keeping = 0;
/** Where one is in the view goes into the history, so that going back leads there. `opened`: the link that leads away. */
function keep(opened = history.state?.opened) {
  if (settled) history.replaceState({ y: scrollY, rows: rowsDrawn(), opened }, "");
}
history.scrollRestoration = "manual";
addEventListener("scroll", () => {
  clearTimeout(keeping);
  keeping = setTimeout(keep, QUIET);
});
document.addEventListener("click", (event) => {
  const address = event.target.closest?.("a[href^='#/']")?.getAttribute("href");
  if (!address) return;
  keep(address);
  if (asking && address === location.hash) go(); // the log-in is there instead of it
});

// ---- what runs ----

const line = h("p", { class: "run", role: "status", hidden: true });
const offer = h("p", { class: "run", role: "status", hidden: true });
const running = h("div", {});
add(element("live"), line, offer, running);
/** Said once: what is written again would be read out again. */
function tell(place, shown, ...words) {
  if (place.hidden === !shown && place.lang === document.documentElement.lang) return;
  place.hidden = !shown;
  place.lang = document.documentElement.lang;
  put(place, shown && words);
}

function live() {
  const shown = [...runs.values()].filter((run) => run.kind === "audit" || run.kind === "scan").sort((a, b) => a.job - b.job).slice(0, 4);
  const section = element("live");
  section.hidden = shown.length === 0 && !lost && !offered;
  section.setAttribute("aria-label", t("liveTitle"));
  tell(line, lost, t("lineLost"));
  tell(offer, offered, t("newer"), h("button", { type: "button", class: "small", onclick: () => go({ quietly: true }) }, t("showNewer")));
  put(running, shown.map((run) => h("p", { class: "run" },
    h("a", { href: to("queue") }, t(run.kind === "audit" ? "liveAudit" : "liveScan", { about: run.about })),
    run.listed ? [h("progress", { max: run.listed, value: run.done, "aria-label": run.about }), h("span", { class: "number" }, t("liveCount", { done: number(run.done), listed: number(run.listed) }))] : h("span", { class: "note" }, t("liveListing")))));
}

// Something ended, or may have while nobody was told: what is shown is drawn anew, or that is offered where somebody is writing or far down in a list.
let timer = 0;
let touched = false;
function renew(touches) {
  const view = viewOf(parse());
  forget();
  touched ||= Boolean(view && touches(view));
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (!touched || asking) return;
    touched = false;
    offered = changed.has(document.activeElement) || scrollY > innerHeight;
    if (offered) live();
    else go({ quietly: true });
  }, QUIET);
}
element("main").addEventListener("input", (event) => changed.add(event.target));
changes.addEventListener("ended", ({ detail }) => renew((view) => view.refreshes?.(detail)));
changes.addEventListener("again", () => {
  rules.forget(); // it may be another daemon
  renew(() => true);
});
changes.addEventListener("progress", live);

element("skip").setAttribute("href", "#main");
element("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the part behind the # is where one is
  element("main").focus();
});
addEventListener("hashchange", () => go());
theme();
go();
follow();
