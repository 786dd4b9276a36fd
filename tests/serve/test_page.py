import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.serve.page import POLICY, page
from tests.serve.browser import BROWSER, Browser
from tests.serve.conftest import Brightest, Client, photo, running

needs_browser = pytest.mark.skipif(BROWSER is None, reason="needs chromium or google-chrome on the PATH")


def test_style_and_script_have_the_nonce_and_nothing_comes_from_elsewhere() -> None:
    text = page("n0nce")
    assert len(re.findall(r'<(?:style|script) nonce="n0nce">', text)) == 2
    assert "http" not in text
    assert "url(" not in text
    assert not re.search(r"\son\w+=|innerHTML|style=", text)
    assert "$style" not in text
    assert "'unsafe" not in POLICY


def test_every_name_that_the_script_uses_is_in_the_page() -> None:
    text = page("n")
    names = set(re.findall(r'\$\("([\w-]+)"\)', text))
    assert len(names) > 15
    assert names <= set(re.findall(r' id="([\w-]+)"', text))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three examples, and an image that browsers cannot show."""
    folder = tmp_path_factory.mktemp("examples")
    for number in range(3):
        Image.fromarray(photo(40 + number)).save(folder / f"{number}.png")
    Image.fromarray(photo()).save(folder / "3.tif")
    return folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Client]:
    with running(Brightest(), examples=folder) as found:
        yield found


@pytest.fixture
def browser(client: Client, tmp_path: Path) -> Iterator[Browser]:
    with Browser(tmp_path / "profile") as found:
        found.open(f"http://127.0.0.1:{client.port}/")
        found.wait("document.querySelectorAll('#thumbnails img').length == 4")
        yield found


def _text(browser: Browser, name: str) -> str:
    return str(browser.run(f"document.getElementById('{name}').textContent"))


def _point(browser: Browser, x: float, y: float) -> None:
    """Move the pointer to a place of the canvas, from 0 to 1."""
    box = "document.getElementById('canvas').getBoundingClientRect()"
    left, top, width, height = browser.run(f"(r => [r.left, r.top, r.width, r.height])({box})")
    browser.point(left + x * width, top + y * height)


@needs_browser
def test_an_image_is_shown_with_its_classes(browser: Browser, client: Client, folder: Path) -> None:
    browser.choose("#file", folder / "1.png")
    browser.wait("!document.getElementById('view').hidden")
    assert browser.run("[...document.querySelectorAll('.name')].map(e => e.textContent)") == [
        "dark",
        "red <b>",
        "green",
    ]
    assert browser.run("[...document.querySelectorAll('.share')].map(e => e.textContent)") == ["33.3%"] * 3
    for x, text in ((0.1, "dark 78%"), (0.5, "red <b> 78%"), (0.9, "green 78%")):
        _point(browser, x, 0.5)
        assert text in _text(browser, "reading")
    assert "on the server" in _text(browser, "times")
    assert not browser.errors
    own = f"http://127.0.0.1:{client.port}/"
    assert [each for each in browser.requests if not each.startswith((own, f"blob:{own}"))] == []


@needs_browser
def test_classes_are_hidden_and_opacity_changes(browser: Browser, folder: Path) -> None:
    def pixel(x: int) -> list[int]:
        code = f"[...document.getElementById('canvas').getContext('2d').getImageData({x}, 20, 1, 1).data].slice(0, 3)"
        return list(browser.run(code))

    browser.choose("#file", folder / "0.png")
    browser.wait("!document.getElementById('view').hidden")
    assert np.allclose(pixel(50), np.array([0, 200, 0]) * 0.55 + np.array([10, 10, 200]) * 0.45, atol=2)
    opacity = "document.getElementById('opacity')"
    browser.run(f"{opacity}.value = 100; {opacity}.dispatchEvent(new Event('input'))")
    assert pixel(50) == [0, 200, 0]
    browser.run("document.querySelector('#classes input[data-index=\"2\"]').click()")
    assert pixel(50) == [10, 10, 200]
    browser.run("document.getElementById('none').click()")
    assert pixel(30) == [10, 200, 10]
    browser.run("document.getElementById('all').click()")
    assert pixel(30) == [200, 0, 0]


@needs_browser
def test_examples_and_files_that_browsers_cannot_show_are_predicted(browser: Browser) -> None:
    browser.run("document.querySelectorAll('#thumbnails button')[3].click()")
    browser.wait("!document.getElementById('view').hidden")
    assert "example-4 · 60 \u00d7 40" in _text(browser, "hint")
    assert any("picture=1" in each for each in browser.requests)
    assert not browser.errors


@needs_browser
def test_the_keyboard_reads_classes(browser: Browser) -> None:
    browser.run("document.querySelector('#thumbnails button').focus()")
    browser.run("document.activeElement.click()")
    browser.wait("!document.getElementById('view').hidden")
    browser.run("document.getElementById('canvas').focus()")
    for key, text in (("ArrowRight", "x 31, y 20"), ("ArrowDown", "x 31, y 21"), ("ArrowLeft", "x 30, y 21")):
        browser.press(key)
        assert text in _text(browser, "reading")
    reachable = "[...document.querySelectorAll('button, input, canvas')].every(e => e.tabIndex >= 0)"
    assert browser.run(reachable)


@needs_browser
def test_errors_are_told_in_words(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("no image")
    browser.choose("#file", tmp_path / "notes.png")
    browser.wait("!document.getElementById('error').hidden")
    assert "no image in a format that is taken" in _text(browser, "error")


@needs_browser
def test_the_page_fits_a_telephone_and_follows_the_browser_to_dark(browser: Browser, tmp_path: Path) -> None:
    browser.run("document.querySelector('#thumbnails button').click()")
    browser.wait("!document.getElementById('view').hidden")
    corners = []
    for name in ("light", "dark"):
        browser.picture(tmp_path / f"{name}.png")
        with Image.open(tmp_path / f"{name}.png") as picture:
            corners.append(picture.convert("L").getpixel((3, 3)))
        browser.dark()
    assert corners[0] == 255
    assert int(str(corners[1])) < 50
    browser.resize(360, 740)
    assert browser.run("document.documentElement.scrollWidth") <= 360


@needs_browser
def test_the_token_is_asked_for(tmp_path: Path) -> None:
    with running(Brightest(), token="s3cret-s3cret-s3cret") as client, Browser(tmp_path / "profile") as browser:
        browser.open(f"http://127.0.0.1:{client.port}/")
        browser.wait("!document.getElementById('entry').hidden")
        enter = "document.getElementById('entry').requestSubmit()"
        browser.run(f"document.getElementById('token').value = 'wrong'; {enter}")
        browser.wait("!document.getElementById('error').hidden")
        assert "wrong" in _text(browser, "error")
        browser.run(f"document.getElementById('token').value = 's3cret-s3cret-s3cret'; {enter}")
        browser.wait("document.getElementById('entry').hidden")
        assert _text(browser, "title") == "best.ckpt"


@needs_browser
def test_several_labels_per_pixel_are_shown(tmp_path: Path) -> None:
    Image.fromarray(photo() | np.array([0, 200, 0], np.uint8)).save(tmp_path / "a.png")
    with running(Brightest("multilabel")) as client, Browser(tmp_path / "profile") as browser:
        browser.open(f"http://127.0.0.1:{client.port}/")
        browser.wait("document.title.startsWith('best')")
        browser.choose("#file", tmp_path / "a.png")
        browser.wait("!document.getElementById('view').hidden")
        _point(browser, 0.1, 0.5)
        assert re.match(r"dark \d+%, red <b> \d+% · x", _text(browser, "reading"))
        assert not browser.errors
