// Who asks. Shown where the daemon wants to know, instead of what was asked for.
import { keepToken } from "./api.js";
import { h, put } from "./dom.js";
import { field } from "./parts.js";
import { t } from "./texts.js";

/** `done` is called with a token that could be one; whether it is, the daemon says. */
export function showLogin(place, { wrong, writing, beside, done, cancel }) {
  const box = h("input", { type: "password", id: "token", autocomplete: "off", required: true, spellcheck: "false", "aria-describedby": "why" });
  const trouble = h("p", { class: "wrong", role: "alert" }, wrong && t("tokenWrong"));
  const form = h("form", { class: "card login", onsubmit: (event) => {
    event.preventDefault();
    const token = box.value.trim();
    if (!/^[!-~]+$/.test(token)) return put(trouble, t("tokenFormat"));
    keepToken(token);
    return done();
  } }, h(beside ? "h2" : "h1", {}, t("logIn")), h("p", { id: "why" }, t("tokenWhy"), writing && ` ${t("tokenForWriting")}`), trouble, field(t("token"), box),
  h("div", { class: "row" }, h("button", { type: "submit", class: "first" }, t("logIn")), cancel && h("button", { type: "button", onclick: () => cancel() }, t("cancel"))));
  put(place, form);
  box.focus();
}
