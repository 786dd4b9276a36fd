from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from segcli.runs.image_scores import ImageScores, image_scores_file
from segcli.runs.stored_files import StoredFileError

ROWS = np.array([[[1.0, 0.5], [0.0, 0.0]], [[1.0, 1.0], [2.0, 1.0]], [[1.0, 0.0], [2.0, 2.0]]])


@pytest.fixture
def made() -> ImageScores:
    return ImageScores.of({"f": (["/b", "/a", "/c"], ROWS)}, {"/a": "a", "/b": "b", "/c": "c"}, 3)


def test_images_are_in_the_order_of_their_names(made: ImageScores) -> None:
    assert made.ids == ("a", "b", "c")
    assert_array_equal(made.rows["f"], ROWS[[1, 0, 2]])
    assert_allclose(made.values("f"), [0.5, 0.75])
    assert image_scores_file("val") == "val_metrics.npz"


def test_what_is_written_is_read(made: ImageScores, tmp_path: Path) -> None:
    made.write(tmp_path / "val_metrics.npz")
    again = ImageScores.read(tmp_path / "val_metrics.npz")

    assert (again.ids, again.epoch) == (made.ids, 3)
    assert_array_equal(again.rows["f"], made.rows["f"])


def test_groups_have_scores_of_their_images(made: ImageScores) -> None:
    found = made.by_group(["f"], {"a": "x", "b": "y", "c": "x"})

    assert found == {"x": {"f": (0.5 + 0.75) / 2}, "y": {"f": 0.5}}
    assert made.by_group(["f"], {}) == {}


def test_a_damaged_file_is_told(made: ImageScores, tmp_path: Path) -> None:
    path = tmp_path / "val_metrics.npz"
    with pytest.raises(StoredFileError, match=r"has no val_metrics\.npz"):
        ImageScores.read(path)
    path.write_bytes(b"PK")
    with pytest.raises(StoredFileError, match=r"val_metrics\.npz is damaged"):
        ImageScores.read(path)
    for rows in (ROWS[:2], -ROWS, ROWS[..., :1], np.full_like(ROWS, np.nan), ROWS.astype(np.float32), ROWS[0]):
        ImageScores(made.ids, {"f": rows}).write(path)
        with pytest.raises(StoredFileError, match="its parts do not fit together"):
            ImageScores.read(path)
    ImageScores(("a", "a", "b"), {"f": ROWS}).write(path)
    with pytest.raises(StoredFileError, match="its parts do not fit together"):
        ImageScores.read(path)
