/** The way in. */

import { h, icon } from "./dom.js";
import { t } from "./i18n.js";
import { ApiError, logIn } from "./session.js";
import { languageButton, themeButton } from "./shell.js";

/** The form; a successful login is told by the session itself. `loginView.notice` is shown once. */
export function loginView(rerender) {
  const error = h("p", { class: "problem", role: "alert", hidden: true });
  const email = field("email", "username", t("login.email"));
  const password = field("password", "current-password", t("login.password"));
  const submit = h("button", { class: "primary", type: "submit" }, t("login.submit"));
  const complain = (text) => {
    error.textContent = text;
    error.hidden = !text;
  };
  const send = async (event) => {
    event.preventDefault();
    complain("");
    submit.disabled = true;
    submit.textContent = t("login.busy");
    try {
      await logIn(email.input.value.trim(), password.input.value);
    } catch (failure) {
      complain(failure instanceof ApiError ? failure.message : t("app.network"));
      password.input.select();
    } finally {
      submit.disabled = false;
      submit.textContent = t("login.submit");
    }
  };
  complain(loginView.notice ?? "");
  loginView.notice = "";
  return h(
    "div",
    { class: "login" },
    h("div", { class: "tools" }, themeButton(), languageButton(rerender)),
    h(
      "main",
      { class: "login-card" },
      h("div", { class: "login-brand" }, icon("mesh"), h("h1", {}, "Malha"), h("p", {}, t("app.tagline"))),
      h("form", { onsubmit: send, "aria-label": t("login.title") }, email.row, password.row, error, submit),
      h("p", { class: "hint" }, t("login.hint")),
    ),
  );
}

function field(type, autocomplete, label) {
  const input = h("input", { type, id: type, name: type, autocomplete, required: true });
  return { input, row: h("div", { class: "field" }, h("label", { for: type }, label), input) };
}
