from pathlib import Path

import pytest

from segcli.datasets.named_images import NamedImages
from segcli.sample import DataError


def test_an_image_is_found_by_the_end_of_its_path(tmp_path: Path) -> None:
    for name in ("train/x/a.png", "val/x/a.png", "b.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    named = NamedImages(tmp_path)
    assert named.find("b.png", "", tmp_path) == tmp_path / "b.png"
    assert named.find("x\\a.png", "val", tmp_path) == tmp_path / "val/x/a.png"
    assert named.name_of(tmp_path / "val/x/a.png") == "val/x/a"
    with pytest.raises(DataError, match="both end so"):
        named.find("a.png", "", tmp_path)
    with pytest.raises(DataError, match="there is none"):
        named.find("y/b.png", "", tmp_path)
    with pytest.raises(ValueError, match="no name"):
        named.find("", "", tmp_path)
