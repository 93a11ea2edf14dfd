/** What surrounds every place: the name, the state of the connection, theme, language and the way out. */

import { fill, h, icon } from "./dom.js";
import { otherLanguage, setLanguage, t } from "./i18n.js";
import { logOut } from "./session.js";

const THEMES = ["system", "light", "dark"];
const THEME_ICONS = { system: "contrast", light: "sun", dark: "moon" };
const THEME_KEPT_IN = "malha.theme";

/** The frame, and the element for the place's own content. `rerender` shows everything in another language. */
export function shell(live, rerender) {
  const main = h("main", { id: "main", tabindex: "-1" });
  const indicator = h("span", { class: "live" });
  const showState = () => {
    indicator.dataset.state = live.state;
    fill(indicator, h("span", { class: "live-dot" }), h("span", { class: "live-text" }, t(`live.${live.state}`)));
    indicator.title = t(`live.${live.state}`);
  };
  live.addEventListener("change", showState);
  showState();
  const leaveButton = h(
    "button",
    { class: "quiet", type: "button", id: "logout", onclick: () => logOut().catch(() => {}) },
    icon("leave"),
    h("span", { class: "wide-only" }, t("app.logout")),
  );
  const root = h(
    "div",
    { class: "frame" },
    h("button", { class: "skip", type: "button", onclick: () => main.focus() }, t("app.skip")),
    h("header", { class: "bar" }, brand(), indicator, h("div", { class: "tools" }, themeButton(), languageButton(rerender), leaveButton)),
    main,
  );
  return { root, main, dispose: () => live.removeEventListener("change", showState) };
}

export function brand() {
  return h("a", { class: "brand", href: "#/" }, icon("mesh"), h("span", {}, "Malha"));
}

export function languageButton(rerender) {
  const change = () => {
    setLanguage(otherLanguage());
    rerender();
  };
  const label = t("app.languageLabel");
  return h("button", { class: "quiet", type: "button", id: "language", lang: otherLanguage(), "aria-label": label, onclick: change }, t("app.language"));
}

export function themeButton() {
  const button = h("button", { class: "quiet square", type: "button", id: "theme" });
  const show = () => {
    const theme = currentTheme();
    button.setAttribute("aria-label", t(`app.theme.${theme}`));
    button.title = t(`app.theme.${theme}`);
    fill(button, icon(THEME_ICONS[theme]));
  };
  button.addEventListener("click", () => {
    setTheme(THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length]);
    show();
  });
  show();
  return button;
}

function currentTheme() {
  return document.documentElement.dataset.theme ?? "system";
}

function setTheme(theme) {
  if (theme === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(THEME_KEPT_IN);
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(THEME_KEPT_IN, theme);
  }
}
