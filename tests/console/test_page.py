"""Language, theme, small screens, keyboard and screen readers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.console._browser import Page
from tests.console.conftest import EMAIL, PASSWORD, Backend, log_in
from tests.factories.nfe import NoteBuilder

pytestmark = pytest.mark.chromium

_keys = itertools.count()


@pytest.fixture
def audit(backend: Backend, tmp_path: Path) -> str:
    """A finished audit with findings."""
    file = tmp_path / "nota-com-um-nome-bastante-comprido-para-caber-em-telas-pequenas.xml"
    file.write_bytes(NoteBuilder(seed=2).set("det[1]/prod/vProd", "7.00").authorised())
    audit = backend.audit([file], key=f"page-{tmp_path.name}-{next(_keys)}")
    backend.work(audit)
    return audit


@pytest.mark.parametrize(
    ("languages", "word"), [("pt-BR", "Entrar"), ("en-US", "Log in"), ("de-DE,en;q=0.5", "Log in"), ("ja-JP", "Entrar")]
)
def test_the_browsers_languages_decide(
    backend: Backend, open_page: Callable[..., Page], languages: str, word: str
) -> None:
    open_page(backend.url, languages=languages).wait_for("button[type=submit]", text=word)


def test_the_language_is_switched_on_the_spot_and_kept(
    backend: Backend, open_page: Callable[..., Page], audit: str
) -> None:
    page = open_page(backend.url)
    log_in(page)
    page.open(f"{backend.url}/#/audits/{audit}")
    page.wait_for(".finding-message", text="Quantidade x valor unitário difere do total do item.")
    page.click("#language")
    page.wait_for("#tab-findings", text="Findings")
    assert not any("Quantidade" in text for text in page.texts(".finding-message"))
    assert page.evaluate("document.documentElement.lang") == "en-GB"
    page.reload()
    page.wait_for("#tab-findings", text="Findings")


def test_the_theme_follows_the_system_until_one_is_chosen(page: Page) -> None:
    dark = {"name": "prefers-color-scheme", "value": "dark"}
    light_ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.call("Emulation.setEmulatedMedia", features=[dark])
    dark_ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light_ground != dark_ground
    page.click("#theme")
    page.reload()
    page.wait_for("#theme[aria-label='Tema claro']")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light_ground


@pytest.mark.parametrize("width", [320, 390, 768, 1000, 1280])
def test_nothing_is_wider_than_the_screen(
    backend: Backend, open_page: Callable[..., Page], audit: str, width: int
) -> None:
    page = open_page(backend.url, width=width, height=800)

    def assert_fits(place: str) -> None:
        overhang = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overhang <= 0, f"{place} is {overhang} pixels too wide"

    page.wait_for("#email")
    assert_fits("login")
    log_in(page)
    page.wait_for(f".audit[href*='{audit}']")
    assert_fits("list")
    page.open(f"{backend.url}/#/audits/{audit}")
    page.wait_for(".finding")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert_fits("findings")
    for tab in ("documents", "comparison", "files", "log"):
        page.click(f"#tab-{tab}")
        page.wait("document.querySelector('.panel').innerText.trim()")
        assert_fits(tab)


def test_the_keyboard_alone_is_enough(backend: Backend, open_page: Callable[..., Page], audit: str) -> None:
    page = open_page(backend.url)
    page.wait_for("#email")
    focus_next(page, "email")
    page.call("Input.insertText", text=EMAIL)
    page.press("Tab")
    page.call("Input.insertText", text=PASSWORD)
    page.press("Tab")
    page.press("Enter")
    page.wait_for(f".audit[href*='{audit}']")
    page.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    focus_next(page, "", f"document.activeElement.matches('.audit[href*=\"{audit}\"]')")
    page.press("Enter")
    page.wait_for(".finding")
    focus_next(page, "tab-findings")
    page.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-documents"
    page.wait_for("table.documents")
    page.press("ArrowLeft")
    page.wait_for(".finding")


def focus_next(page: Page, element_id: str, condition: str = "") -> None:
    """Press Tab until the element has the focus."""
    condition = condition or f"document.activeElement.id === '{element_id}'"
    for _ in range(60):
        if page.evaluate(condition):
            return
        page.press("Tab")
    pytest.fail(f"Tab never reaches {element_id or condition}")


def test_everything_that_can_be_used_has_a_name(backend: Backend, open_page: Callable[..., Page], audit: str) -> None:
    page = open_page(backend.url)
    page.wait_for("#email")
    assert unnamed(page) == []
    log_in(page)
    page.wait_for(".audit")
    assert unnamed(page) == []
    page.open(f"{backend.url}/#/audits/{audit}")
    page.wait_for(".finding")
    assert unnamed(page) == []


def unnamed(page: Page) -> list[str]:
    """Controls that a screen reader could not announce."""
    roles = {"button", "link", "textbox", "searchbox", "tab", "progressbar", "tabpanel", "group"}
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    seen = [node for node in nodes if not node["ignored"] and node["role"]["value"] in roles]
    assert seen
    return [str(node) for node in seen if not node.get("name", {}).get("value", "").strip() and _is_control(node)]


def _is_control(node: dict[str, object]) -> bool:
    return node["role"]["value"] != "group"  # type: ignore[index]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(
    backend: Backend, open_page: Callable[..., Page], audit: str, theme: str
) -> None:
    """WCAG AA: 4.5 to 1."""
    page = open_page(backend.url)
    page.evaluate(f"localStorage.setItem('malha.theme', '{theme}')")
    page.reload()
    log_in(page)
    page.open(f"{backend.url}/#/audits/{audit}")
    page.wait_for(".finding")
    assert page.evaluate(_FAINT_TEXTS) == []


_FAINT_TEXTS = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (color) => {
    const linear = (part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = color.slice(0, 3).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = rgba(getComputedStyle(one).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("#app *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || !element.checkVisibility()) continue;
    const [ink, paper] = [rgba(getComputedStyle(element).color), ground(element)].map(luminance);
    const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    if (ratio < 4.5) faint.push(`${element.className || element.tagName}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(faint)];
})()
"""
