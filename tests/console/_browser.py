"""A small driver of Chromium over the DevTools protocol: what a person does, and what the page complains of."""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx2
import websocket

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-default-browser-check",
    "--remote-debugging-port=0",
    "--remote-allow-origins=*",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
WAIT_SECONDS = 15.0
_KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowRight": 39}


def find_chromium() -> str | None:
    """The browser's program, if there is one."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@contextlib.contextmanager
def running_browser(program: str, profile: Path) -> Iterator[Browser]:
    """Start the browser with a new profile; it is gone when the block is left."""
    process = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Browser(_debugging_port(process, profile))
    finally:
        process.terminate()
        try:
            process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _debugging_port(process: subprocess.Popen[bytes], profile: Path) -> int:
    told = profile / "DevToolsActivePort"
    deadline = time.monotonic() + 30
    while not (told.exists() and told.read_text().count("\n")):
        assert process.poll() is None, "the browser did not start"
        assert time.monotonic() < deadline, "the browser opened no debugging port"
        time.sleep(0.05)
    return int(told.read_text().split()[0])


class Browser:
    """A running browser; every page lives in a context of its own, without the others' cookies."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._contexts = 0

    @contextlib.contextmanager
    def page(self, *, width: int = 1280, height: int = 900, languages: str = "pt-BR") -> Iterator[Page]:
        """A new page, with the browser's languages as `Accept-Language` lists them."""
        version = httpx2.get(f"http://127.0.0.1:{self._port}/json/version").json()
        browser = _Connection(version["webSocketDebuggerUrl"])
        with contextlib.closing(browser):
            context = browser.call("Target.createBrowserContext")["browserContextId"]
            target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
            connection = _Connection(f"ws://127.0.0.1:{self._port}/devtools/page/{target}")
            with contextlib.closing(connection):
                page = Page(connection, width, height, languages)
                page.browser_call = functools.partial(browser.call, browserContextId=context)
                yield page
            browser.call("Target.disposeBrowserContext", browserContextId=context)


class _Connection:
    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(url, timeout=WAIT_SECONDS, skip_utf8_validation=True)
        self._last_id = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, **parameters: Any) -> Any:
        self._last_id += 1
        self._socket.send(json.dumps({"id": self._last_id, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._last_id:
                assert "error" not in message, f"{method}: {message.get('error')}"
                return message["result"]
            self.events.append(message)

    def close(self) -> None:
        self._socket.shutdown()


class Page:
    """One page. Whatever waits does so for a condition, never for a time."""

    browser_call: Callable[..., Any]

    def __init__(self, connection: _Connection, width: int, height: int, languages: str) -> None:
        self._connection = connection
        for domain in ("Page", "Runtime", "Log", "DOM", "Network"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setUserAgentOverride", userAgent="Malha console tests", acceptLanguage=languages)
        self.call("Page.setInterceptFileChooserDialog", enabled=False)
        self.resize(width, height)

    def call(self, method: str, **parameters: Any) -> Any:
        return self._connection.call(method, **parameters)

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 700
        )

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def reload(self) -> None:
        self.evaluate("window.isOld = true")
        self.call("Page.reload")
        self.wait("!window.isOld && document.readyState === 'complete'")

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer.get("exceptionDetails")
        return answer["result"].get("value")

    def wait(self, expression: str, *, seconds: float = WAIT_SECONDS) -> Any:
        """Wait until the expression is true, and give its value."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if value := self.evaluate(expression):
                    return value
            except AssertionError:  # the page is just being replaced
                if time.monotonic() > deadline:
                    raise
            assert time.monotonic() < deadline, f"never true: {expression}\n{self.text()[:2000]}"
            time.sleep(0.03)

    def wait_for(self, selector: str, *, text: str = "") -> None:
        """Wait for a visible element, with this text in it if given."""
        self.wait(
            f"[...document.querySelectorAll({json.dumps(selector)})].some((one) => one.checkVisibility()"
            f" && one.textContent.includes({json.dumps(text)}))"
        )

    def wait_gone(self, selector: str) -> None:
        self.wait(f"!document.querySelector({json.dumps(selector)})")

    def text(self, selector: str = "body") -> str:
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def texts(self, selector: str) -> list[str]:
        return self.evaluate(f"[...document.querySelectorAll({json.dumps(selector)})].map((one) => one.innerText)")

    def click(self, selector: str) -> None:
        """Click in the middle of the first such element, with the mouse."""
        self.wait_for(selector)
        place = self.evaluate(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)});"
            " one.scrollIntoView({block: 'center', behavior: 'instant'}); const box = one.getBoundingClientRect();"
            " return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)

    def fill(self, selector: str, text: str) -> None:
        """Type into a field that is emptied before."""
        self.wait_for(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)

    def press(self, key: str) -> None:
        code = _KEYS[key]
        extra = {"text": "\r"} if key == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=code, **extra)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=code)

    def choose_files(self, selector: str, files: Sequence[Path]) -> None:
        """What the file dialog would do."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=node, files=[str(file) for file in files])

    def drop(self, selector: str, files: Sequence[Path]) -> None:
        """Drag files from the desktop onto an element."""
        self.wait_for(selector)
        place = self.evaluate(
            f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return {x: box.x + box.width / 2, y: box.y + box.height / 2}; })()"
        )
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, data=data, **place)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        options: dict[str, Any] = {"captureBeyondViewport": whole}
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", **options)["data"]))

    def save_downloads_in(self, folder: Path) -> None:
        self.browser_call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Wait for something outside the page."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, "it never became true"
            self.evaluate("0")
            time.sleep(0.03)

    def events(self) -> list[dict[str, Any]]:
        """What the browser has told of the page so far."""
        self.evaluate("0")
        return self._connection.events

    def answer_dialogs(self) -> None:
        """Say yes to what the page asks."""
        self.evaluate("window.confirm = () => true")

    def complaints(self) -> list[str]:
        """Exceptions, console errors and policy violations since the page was made; refused requests are no fault."""
        found: list[str] = []
        for event in self.events():
            parameters = event.get("params", {})
            match event.get("method"):
                case "Runtime.exceptionThrown":
                    details = parameters["exceptionDetails"]
                    found.append(details.get("exception", {}).get("description", details["text"]))
                case "Log.entryAdded" if parameters["entry"]["level"] == "error":
                    if parameters["entry"]["source"] != "network":
                        found.append(parameters["entry"]["text"])
                case "Runtime.consoleAPICalled" if parameters["type"] == "error":
                    found.append(str(parameters["args"]))
                case _:
                    pass
        return found
