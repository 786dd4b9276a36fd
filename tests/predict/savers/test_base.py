from pathlib import Path

import pytest

from segcli.predict.savers.chosen import SAVERS
from tests.predict.savers.conftest import Case


@pytest.mark.parametrize("name", SAVERS)
@pytest.mark.parametrize("bands", [0, 2])
def test_nothing_is_left_of_an_image_that_was_broken_off(case: Case, name: str, bands: int) -> None:
    saver = SAVERS[name](case.told)
    saver.begin(case.image())
    for band in list(case.bands())[:bands]:
        saver.add(band)
    saver.break_off()
    assert not [path for path in case.told.folder.rglob("*") if path.is_file()]
    assert case.saved(saver)  # the next is whole


@pytest.mark.parametrize("name", SAVERS)
def test_what_was_not_begun_can_be_broken_off(case: Case, name: str) -> None:
    SAVERS[name](case.told).break_off()


@pytest.mark.parametrize("name", SAVERS)
def test_files_are_there_and_named(case: Case, name: str) -> None:
    written = case.saved(SAVERS[name](case.told))
    assert written
    assert all(path.is_file() and path.is_relative_to(case.told.folder) for path in written)
    assert sorted(written) == sorted(path for path in case.told.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", SAVERS)
def test_files_are_the_same_whatever_the_bands(case: Case, name: str, tmp_path: Path) -> None:
    saver = SAVERS[name](case.told)
    contents = []
    for rows in (1, 40):
        saver.begin(case.image())
        for band in case.bands(rows):
            saver.add(band)
        contents.append([_content(path) for path in saver.end()])
    assert contents[0] == contents[1]


def _content(path: Path) -> object:
    if path.suffix != ".png":
        return path.read_bytes()
    from PIL import Image

    with Image.open(path) as image:
        return image.mode, image.tobytes()
