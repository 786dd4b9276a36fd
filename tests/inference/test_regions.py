import numpy as np
import pytest

from segcli.inference.regions import Labels, cleaned


def _map(text: str) -> Labels:
    return np.array([[int(letter) for letter in line] for line in text.split()], np.uint8)


IMAGE = _map("""
0000000000
0111110020
0101110000
0111110000
0111113300
0000003300
2000000001
""")


def test_nothing_is_changed_by_default() -> None:
    assert cleaned(IMAGE) is IMAGE


def test_small_regions_take_the_class_around_them() -> None:
    expected = _map("""
    0000000000
    0111110000
    0111110000
    0111110000
    0111113300
    0000003300
    0000000000
    """)
    assert (cleaned(IMAGE, min_area_px=2) == expected).all()
    assert (cleaned(IMAGE, min_area_px=4) == expected).all()  # a region of 4 pixels is not smaller than 4
    assert (cleaned(IMAGE, min_area_px=5) == np.where(expected == 3, 0, expected)).all()


def test_only_what_one_class_surrounds_is_a_hole() -> None:
    found = cleaned(IMAGE, fill_holes_px=2)
    assert found[2, 2] == 1  # the hole
    assert found[1, 8] == 0  # an island is one, too
    assert found[6, 0] == 2  # at the border
    assert (found[4:6, 6:8] == 3).all()  # larger
    assert (cleaned(IMAGE, fill_holes_px=4)[4:6, 6:8] == 3).all()  # between two classes


def test_holes_connect_over_edges_and_regions_over_corners() -> None:
    corners = _map("11111 10111 11011 11111")
    assert (cleaned(corners, fill_holes_px=1) == 1).all()
    diagonal = 1 - corners
    assert (cleaned(diagonal, min_area_px=2) == diagonal).all()
    assert (cleaned(diagonal, min_area_px=3) == 0).all()


def test_masks_of_several_labels_are_cleaned_each_for_itself() -> None:
    ring = _map("0000000 0111001 0101000 0111000 0000000")
    found = cleaned(np.stack([ring, 1 - ring]), min_area_px=2, fill_holes_px=1)
    assert (found[0] == _map("0000000 0111000 0111000 0111000 0000000")).all()
    assert (found[1] == _map("1111111 1000110 1000111 1000111 1111111")).all()


@pytest.mark.parametrize("multilabel", [False, True])
def test_every_small_region_goes_whatever_the_image(multilabel: bool) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2 if multilabel else 3, (3, 40, 50) if multilabel else (40, 50), np.uint8)
    before = labels.copy()
    found = cleaned(labels, min_area_px=3)
    assert (labels == before).all()
    assert found.shape == labels.shape
    assert set(np.unique(found)) <= set(np.unique(labels))
    assert (cleaned(found, min_area_px=3) == found).all()


def test_a_map_of_one_region_stays() -> None:
    assert (cleaned(np.full((3, 3), 2, np.uint8), min_area_px=100, fill_holes_px=100) == 2).all()
