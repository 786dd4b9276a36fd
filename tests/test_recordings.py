"""The pictures of commands in the README show what these print today; ``python -m tests.recordings`` renews them."""

import re
from pathlib import Path

from tests.documents import CONSOLE, README, text_of
from tests.recordings import COMPARE, DIFF, NEW, PICTURES, RECORDED, make_roads, picture, printed, text_in
from tests.test_experiments import CAMVID, needs_camvid


def test_the_picture_of_diff_shows_what_the_guide_does() -> None:
    """Which another test compares with what is printed."""
    assert text_in((PICTURES / "diff.svg").read_text()) == text_in(picture(DIFF, CONSOLE[DIFF]))


def test_the_picture_of_compare_shows_what_is_printed() -> None:
    shown = text_in((PICTURES / "compare.svg").read_text())
    assert shown == text_in(picture(COMPARE, printed(COMPARE, RECORDED)))
    assert "FPN" in shown


@needs_camvid
def test_the_picture_of_new_shows_what_is_printed(tmp_path: Path) -> None:
    make_roads(tmp_path, CAMVID)
    shown = text_in((PICTURES / "new.svg").read_text())
    assert shown == text_in(picture(NEW, printed(NEW, tmp_path)))
    assert "guess" in shown


def test_pictures_ask_no_server() -> None:
    for name in re.findall(r"pictures/(\w+\.svg)", text_of(README)):
        addresses = re.findall(r"https?://[^\"')\s]*", (PICTURES / name).read_text())
        assert set(addresses) <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}
