"""``make docs`` builds a site whose links lead somewhere, and which asks no server."""

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

import segcli
from segcli.cli.guide import INDEX, topics
from segcli.registry import FAMILIES
from tests.documents import ROOT

EXTRA = ("sphinx", "myst_parser", "furo")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in EXTRA), reason="needs pip install 'segcli[docs]'"
    ),
]


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.names |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a":
            self.links.append(given.get("href", ""))
        else:
            self.loaded += [given[name] for name in ("src", "href") if name in given]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, _Page]:
    """The command of the Makefile, elsewhere: every warning of Sphinx, such as of a link to nothing, is an error."""
    folder = tmp_path_factory.mktemp("site")
    (recipe,) = re.findall(r"^docs:.*\n\t\$\(BIN\)/(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    words = recipe.replace("build/", f"{folder}/").split()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
    done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    return {page.name: _Page(page.read_text()) for page in Path(folder, "docs").glob("*.html")}


def test_every_topic_is_a_page(site: dict[str, _Page]) -> None:
    assert set(site) >= {f"{topic}.html" for topic in (INDEX, *topics())}


def test_every_link_leads_somewhere(site: dict[str, _Page]) -> None:
    for name, page in site.items():
        for link in page.links:
            target, _, anchor = unquote(link).partition("#")
            if target.startswith(("http:", "https:", "_sources/")):
                continue
            assert (target or name) in site, (name, link)
            assert not anchor or anchor in site[target or name].names, (name, link)


def test_no_page_asks_a_server(site: dict[str, _Page]) -> None:
    for name, page in site.items():
        assert not [each for each in page.loaded if each.startswith(("http:", "https:", "//"))], name


def test_the_reference_has_what_is_public_and_every_component(site: dict[str, _Page]) -> None:
    assert {f"segcli.{name}" for name in segcli.__all__} <= site["python.html"].names
    components = {place.replace(":", ".") for family in FAMILIES.values() for place in family.table.values()}
    assert components <= site["plug-ins.html"].names
