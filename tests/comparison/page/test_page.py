import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.comparison.comparison import Comparison
from segcli.comparison.page.page import CONTENTS, page, write_page
from tests.comparison.made_comparison import make_comparison

NASTY = ("<script>alert(1)</script>", '" onload="alert(1)', "$a_b$ & 'c'")
VOID = ("meta", "link", "img")


class _Outline(HTMLParser):
    """What a page holds: names, addresses, and whether all elements are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.names: list[str] = []
        self.addresses: list[str] = []
        self.attributes: set[str] = set()
        self.headings: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.open += [] if tag in VOID else [tag]
        for key, value in attrs:
            self.attributes.add(key)
            self.names += [str(value)] if key == "id" else []
            self.addresses += [str(value)] if key in ("src", "href", "xlink:href") else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def nasty(tmp_path: Path) -> Comparison:
    """A comparison whose labels and classes try to be markup."""
    return make_comparison(tmp_path / "runs", labels=NASTY, classes=NASTY)


def test_the_page_is_well_formed_and_asks_for_nothing(nasty: Comparison) -> None:
    text = page(nasty)
    outline = _Outline(text)
    assert not outline.open
    assert not {name for name in outline.names if outline.names.count(name) > 1}
    assert {address for address in outline.addresses if not address.startswith(("#", "data:"))} == set()
    assert {address[1:] for address in outline.addresses if address.startswith("#")} <= set(outline.names)
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in text.replace("url(#", "")
    assert "@import" not in text


def test_what_comes_from_runs_is_escaped(nasty: Comparison) -> None:
    text = page(replace(nasty, keys=("<k>",), notes=NASTY, left_out=((Path(NASTY[0]), NASTY[1]),)))
    outline = _Outline(text)
    assert "script" not in outline.tags
    assert not {name for name in outline.attributes if name.startswith("on")}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_every_section_is_linked_in_order(nasty: Comparison) -> None:
    text = page(nasty)
    found = re.findall(r'<section id="(\w+)"', text)
    assert found == list(CONTENTS) == re.findall(r'<a href="#(\w+)"', text)


def test_the_page_is_small_and_the_same_each_time(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path / "runs", labels=("FPN", "UNet", "PSP"))
    noise = np.random.default_rng(0).integers(0, 256, (90, 360, 3), np.uint8)
    for picture in (tmp_path / "runs").glob("*/*/worst/*.png"):
        Image.fromarray(noise).resize((1440, 360)).save(picture)
    write_page(comparison, tmp_path / "new" / "page.html")
    assert (tmp_path / "new" / "page.html").stat().st_size < 2_000_000
    assert (tmp_path / "new" / "page.html").read_text() == page(comparison)


def test_a_comparison_of_nothing_says_why(tmp_path: Path) -> None:
    text = page(Comparison("val/mIoU", (), (), (), None, ((tmp_path, "did not finish"),), ()))
    assert "No run could be compared." in text
    assert "did not finish" in text
    assert "<section" not in text


BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome on the PATH")


def _browse(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    assert BROWSER is not None
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage"]
    command += [
        "--disable-background-networking",
        "--disable-component-update",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]
    command += ["--enable-logging=stderr", f"--user-data-dir={path.parent / 'profile'}", *options, path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def _errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@needs_browser
def test_a_browser_shows_it_without_errors(nasty: Comparison, tmp_path: Path) -> None:
    write_page(nasty, tmp_path / "page.html")
    done = _browse(tmp_path / "page.html", "--dump-dom")
    assert not _errors(done)
    assert "Worst images" in done.stdout
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in done.stdout
    assert "<script" not in done.stdout


@needs_browser
@pytest.mark.parametrize(
    "added", ['<img src="https://example.org/x.png" alt="">', "<script>document.title = 1</script>"]
)
def test_a_browser_refuses_scripts_and_what_is_not_inside(tmp_path: Path, added: str) -> None:
    """The page forbids it; so no error, in the test before, means that nothing was asked for."""
    path = tmp_path / "page.html"
    write_page(make_comparison(tmp_path / "runs", labels=("FPN",), runs=1), path)
    path.write_text(path.read_text().replace("</main>", f"{added}</main>"))
    assert "Content Security Policy" in "".join(_errors(_browse(path, "--dump-dom")))


@needs_browser
def test_the_page_follows_the_browser_from_light_to_dark(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_page(make_comparison(tmp_path / "runs", labels=("FPN",), runs=1), path)
    dark = ("--force-dark-mode", "--blink-settings=preferredColorScheme=0")
    corners = []
    for name, options in (("light", ()), ("dark", dark)):
        _browse(path, *options, "--window-size=800,600", f"--screenshot={tmp_path / name}.png")
        with Image.open(tmp_path / f"{name}.png") as picture:
            corners.append(picture.convert("L").getpixel((5, 5)))
    assert corners[0] == 255
    assert int(str(corners[1])) < 50
