from pathlib import Path

import numpy as np
import pytest

from segcli.runs.image_counts import CountsError, ImageCounts

MATRICES = np.random.default_rng(0).integers(0, 9, (4, 3, 3))
IDS = ("a", "b", "c", "d")


def test_a_file_holds_what_was_counted(tmp_path: Path) -> None:
    ImageCounts.of(IDS, MATRICES, epoch=7).write(tmp_path / "x.npz")
    found = ImageCounts.read(tmp_path / "x.npz")
    assert (found.ids, found.shape, found.epoch, found.num_classes, found.multilabel) == (IDS, (3, 3), 7, 3, False)
    np.testing.assert_array_equal(found.total(), MATRICES.sum(axis=0))


@pytest.mark.parametrize("pixels", [2**32 - 1, 2**32, 2**40])
def test_an_image_may_have_more_pixels_than_32_bits_hold(tmp_path: Path, pixels: int) -> None:
    dense = np.array([[[pixels, 1], [0, 2]], [[3, 0], [pixels, 4]]])
    of = ImageCounts.of(("a", "b"), dense)
    of.write(tmp_path / "x.npz")

    found = ImageCounts.read(tmp_path / "x.npz")

    np.testing.assert_array_equal(found.total(), dense.sum(axis=0))
    np.testing.assert_array_equal(found.terms().truth, dense.sum(axis=2))
    np.testing.assert_array_equal(found.terms().counted, dense.sum(axis=(1, 2)))
    assert found.moved(of) == 0
    with np.load(tmp_path / "x.npz") as file:
        assert file["count"].dtype == (np.uint32 if pixels < 2**32 else np.uint64)  # small files stay as they were


def test_a_file_holds_the_groups_of_the_images(tmp_path: Path) -> None:
    ImageCounts.of(IDS, MATRICES, 7, ["x", "x", "y", "é"], "{clip}_*").write(tmp_path / "x.npz")
    found = ImageCounts.read(tmp_path / "x.npz")
    assert (found.groups, found.pattern) == (("x", "x", "y", "é"), "{clip}_*")
    ImageCounts.of(IDS, MATRICES, 7, ["x"], "{clip}_*").write(tmp_path / "short.npz")
    with pytest.raises(CountsError, match="do not fit together"):
        ImageCounts.read(tmp_path / "short.npz")


def test_terms_are_rows_columns_and_the_diagonal() -> None:
    terms = ImageCounts.of(IDS, MATRICES).terms()
    np.testing.assert_array_equal(terms.right, MATRICES.diagonal(axis1=1, axis2=2))
    np.testing.assert_array_equal(terms.truth, MATRICES.sum(axis=2))
    np.testing.assert_array_equal(terms.predicted, MATRICES.sum(axis=1))
    np.testing.assert_array_equal(terms.agreed, MATRICES.diagonal(axis1=1, axis2=2).sum(axis=1))
    np.testing.assert_array_equal(terms.counted, MATRICES.sum(axis=(1, 2)))


def test_of_several_labels_every_class_has_four_cells() -> None:
    counts = np.random.default_rng(1).integers(0, 9, (4, 3, 2, 2))
    found = ImageCounts.of(IDS, counts)
    terms = found.terms()
    assert found.multilabel
    np.testing.assert_array_equal(terms.right, counts[:, :, 1, 1])
    np.testing.assert_array_equal(terms.truth, counts[:, :, 1].sum(axis=2))
    np.testing.assert_array_equal(terms.predicted, counts[:, :, :, 1].sum(axis=2))
    np.testing.assert_array_equal(terms.agreed, counts[:, :, 0, 0].sum(axis=1) + counts[:, :, 1, 1].sum(axis=1))
    np.testing.assert_array_equal(terms.counted, counts.sum(axis=(1, 2, 3)))


def test_pixels_that_moved_to_another_cell_are_counted_once() -> None:
    other = MATRICES.copy()
    other[1, 0, 0] += 5
    other[1, 0, 2] -= min(5, other[1, 0, 2])
    there = ImageCounts.of(IDS, other)
    here = ImageCounts.of(IDS, MATRICES)
    assert here.moved(here) == 0
    assert here.moved(there) == (5 + min(5, MATRICES[1, 0, 2])) // 2
    with pytest.raises(ValueError, match="other images"):
        here.moved(ImageCounts.of(("a", "b", "c", "e"), MATRICES))


def test_a_large_validation_is_a_small_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    dense = np.zeros((200, 150, 150), np.int64)  # 36 MB
    for matrix in dense:
        present = rng.choice(150, 10, replace=False)
        matrix[np.ix_(present, present)] = rng.integers(0, 20_000, (10, 10))
    ImageCounts.of([f"{n}.png" for n in range(200)], dense).write(tmp_path / "x.npz")
    assert (tmp_path / "x.npz").stat().st_size < 200 * 10 * 10 * 10
    np.testing.assert_array_equal(ImageCounts.read(tmp_path / "x.npz").total(), dense.sum(axis=0))


def test_no_damage_is_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    ImageCounts.of(IDS, MATRICES).write(path)
    whole, refused = path.read_bytes(), 0
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            ImageCounts.read(path)
        except CountsError:
            refused += 1
    assert refused > 10


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "outside"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "x.npz"
    found = ImageCounts.of(IDS, MATRICES)
    found.write(path)
    if damage == "outside":
        ImageCounts(found.ids[:1], found.shape, found.image, found.cell, found.count).write(path)
    else:
        path.write_bytes({"empty": b"", "cut": path.read_bytes()[:100], "text": b"no counts"}[damage])
    with pytest.raises(CountsError, match=r"x\.npz"):
        ImageCounts.read(path)
