from pathlib import Path

import pytest
from PIL import Image

from segcli.config.errors import ConfigError
from segcli.serve.examples import MOST, Examples
from segcli.serve.limits import Limits
from segcli.serve.request_error import RequestError
from tests.serve.conftest import Brightest, photo


def _examples(folder: Path | None, **limits: int) -> Examples:
    return Examples(folder, Brightest(), Limits(**limits))


def test_the_first_images_of_a_folder_are_taken(tmp_path: Path) -> None:
    for number in range(MOST + 2):
        Image.fromarray(photo(3, 6)).save(tmp_path / f"{number:02}.PNG")
    (tmp_path / "00a.png").write_bytes(b"no image")
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "folder.png").mkdir()
    assert [path.stem for path in _examples(tmp_path).paths] == [f"{number:02}" for number in range(MOST)]


def test_without_a_folder_there_are_none() -> None:
    assert _examples(None).paths == []


def test_images_beyond_the_limits_are_left_out(tmp_path: Path) -> None:
    Image.fromarray(photo(30, 60)).save(tmp_path / "large.png")
    with pytest.raises(ConfigError, match="only images that are not taken"):
        _examples(tmp_path, max_pixels=100)
    with pytest.raises(ConfigError, match="only images that are not taken"):
        _examples(tmp_path, max_bytes=10)


def test_a_wrong_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        _examples(tmp_path / "none")
    with pytest.raises(ConfigError, match="no image in JPEG"):
        _examples(tmp_path)


def test_an_example_that_is_gone_is_told(tmp_path: Path) -> None:
    Image.fromarray(photo(300, 600)).save(tmp_path / "a.png")
    examples = _examples(tmp_path)
    assert len(examples.thumbnail(0)) < 10_000
    (tmp_path / "a.png").unlink()
    assert examples.thumbnail(0)
    for number in (0, 1, -1):
        with pytest.raises(RequestError) as caught:
            examples.content(number)
        assert caught.value.status == 404
