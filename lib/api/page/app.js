// Puts the views together: the header, where one is, who one is, what runs.
import { keepToken, onAsked, token } from "./api.js";
import { forget } from "./data.js";
import { add, h, put, say } from "./dom.js";
import { changes, follow, lost, runs } from "./live.js";
import { failure } from "./parts.js";
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
const PARENT = { image: "images", audit: "audits", diff: "audits" };
const THEME = "veritag-theme";
const QUIET = 700; // ms: several jobs that end together are one reason to draw anew
const serverLanguage = document.documentElement.lang; // by Accept-Language
const element = (id) => document.getElementById(id);
let stop = new AbortController();
let asking = null; // what the log-in must say while it is shown
let drawn = "";

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
const tokenButton = h("button", { type: "button", onclick: () => (token() ? logOut() : login({})) });
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

function login(why) {
  asking = why;
  stop.abort();
  showLogin(element("main"), { ...why, done: () => {
    asking = null;
    forget();
    follow();
    go();
  } });
}

onAsked((wrong, method) => {
  if (asking && !wrong) return; // it is asked already, and perhaps half typed
  const writing = method !== "GET";
  if (wrong) keepToken("");
  login({ wrong, writing });
});

async function go({ quietly = false } = {}) {
  const route = parse();
  const language = route.query.get("lang");
  document.documentElement.lang = language === "zh" || language === "en" ? language : serverLanguage;
  setLanguage(document.documentElement.lang);
  const name = route.path[0] ?? "";
  const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : null; // an address may say `constructor`
  const first = drawn === "";
  stop.abort();
  asking = null;
  stop = new AbortController();
  const { signal } = stop;
  const main = element("main");
  header(name);
  live();
  if (!quietly) put(main, h("p", { class: "note", role: "status" }, t("loading")));
  const fresh = quietly ? document.createElement("div") : main;
  try {
    if (!view) put(fresh, h("h1", {}, t("nothingHere")));
    else await view.show(fresh, route, signal);
    if (signal.aborted) return;
  } catch (error) {
    if (signal.aborted || asking || error.name === "AbortError" || quietly) return;
    put(main, h("h1", {}, view.title(route)), failure(error, () => go()));
  }
  if (quietly) {
    const at = scrollY;
    main.replaceChildren(...fresh.childNodes);
    scrollTo(0, at);
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
  drawn = where;
}

// ---- what runs ----

const line = h("p", { class: "run", role: "status", hidden: true });
const running = h("div", {});
add(element("live"), line, running);

function live() {
  const shown = [...runs.values()].filter((run) => run.kind === "audit" || run.kind === "scan").sort((a, b) => a.job - b.job).slice(0, 4);
  const section = element("live");
  section.hidden = shown.length === 0 && !lost;
  section.setAttribute("aria-label", t("liveTitle"));
  line.hidden = !lost;
  const words = lost ? t("lineLost") : "";
  if (line.textContent !== words) put(line, words); // said once
  put(running, shown.map((run) => h("p", { class: "run" },
    h("a", { href: to("queue") }, t(run.kind === "audit" ? "liveAudit" : "liveScan", { about: run.about })),
    run.listed ? [h("progress", { max: run.listed, value: run.done, "aria-label": run.about }), h("span", { class: "number" }, t("liveCount", { done: number(run.done), listed: number(run.listed) }))] : h("span", { class: "note" }, t("liveListing")))));
}

// Something ended, or may have while nobody was told: what is shown is drawn anew, unless somebody is typing or choosing there.
let timer = 0;
function renew(touches) {
  forget();
  clearTimeout(timer);
  timer = setTimeout(() => {
    const name = parse().path[0] ?? "";
    const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : null;
    const busy = element("main").contains(document.activeElement) && document.activeElement !== element("main");
    const reading = scrollY > innerHeight; // far down in a list that would begin anew
    if (view && touches(view) && !asking && !busy && !reading) go({ quietly: true });
  }, QUIET);
}
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
