/** The console's beginning: who is there, which place they are at, and what to show. */

import { auditView } from "./audit-view.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { listView } from "./list-view.js";
import { Live } from "./live.js";
import { loginView } from "./login-view.js";
import { place, takeOneTimeToken } from "./router.js";
import { accessToken, logInOnce, session } from "./session.js";
import { shell } from "./shell.js";

const app = document.getElementById("app");
let live = null;
let leave = () => {};
let rendering = 0;

async function render() {
  const turn = ++rendering;
  const isLoggedIn = (await accessToken().catch(() => null)) !== null;
  if (turn !== rendering) return;
  leave();
  leave = () => {};
  if (!isLoggedIn) {
    live?.close();
    live = null;
    app.replaceChildren(loginView(render));
    return;
  }
  live ??= new Live();
  const { root, main, dispose } = shell(live, render);
  const disposeView = show(main);
  app.replaceChildren(root);
  leave = () => {
    disposeView();
    dispose();
  };
}

function show(main) {
  const { path, query } = place();
  const audit = /^\/audits\/([0-9a-f-]{36})$/.exec(path);
  if (path === "/") return listView(main, query, live);
  if (audit) return auditView(main, audit[1], query, live);
  main.append(h("p", { class: "notice" }, t("app.notFound")));
  return () => {};
}

async function begin() {
  const secret = takeOneTimeToken();
  if (secret) await logInOnce(secret).catch((error) => (loginView.notice = error.message));
  session.addEventListener("change", render);
  addEventListener("hashchange", render);
  await render();
}

begin();
