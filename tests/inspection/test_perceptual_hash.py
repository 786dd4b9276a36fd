import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from segcli.inspection.perceptual_hash import MOST_PAIRS, NEAR_BITS, ImageHash, distances, near_pairs, perceptual_hash
from tests.inspection.data import scene

Picture = NDArray[np.uint8]


def _hash(picture: Picture) -> ImageHash:
    found = perceptual_hash(picture)
    assert found is not None
    return found


def _jpeg(picture: Picture) -> Picture:
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


def _half(picture: Picture) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def _brighter(picture: Picture) -> Picture:
    return np.asarray(cv2.convertScaleAbs(picture, alpha=0.8, beta=40), np.uint8)


@pytest.mark.parametrize("change", [_jpeg, _half, _brighter])
@pytest.mark.parametrize("seed", range(5))
def test_copies_are_near(change: object, seed: int) -> None:
    assert callable(change)
    picture = scene(seed, 240, 320)
    pairs = near_pairs([_hash(picture), _hash(change(picture))])
    assert [(pair.first, pair.second, pair.is_mirrored) for pair in pairs] == [(0, 1, False)]


@pytest.mark.parametrize("seed", range(5))
def test_the_mirror_image_is_near_and_said_to_be_mirrored(seed: int) -> None:
    picture = scene(seed, 240, 320)
    pairs = near_pairs([_hash(_jpeg(picture[:, ::-1].copy())), _hash(picture)])
    assert [(pair.first, pair.second, pair.is_mirrored) for pair in pairs] == [(0, 1, True)]
    assert np.array_equal(_hash(picture).mirrored, _hash(picture[:, ::-1].copy()).bits)


def test_different_pictures_are_far() -> None:
    hashes = [_hash(scene(seed)) for seed in range(40)]
    assert near_pairs(hashes) == []
    assert distances([(hashes[0], each) for each in hashes[1:]]).min() > NEAR_BITS + 20


def test_pairs_are_those_of_a_loop_and_are_counted_across_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcli.inspection.perceptual_hash._ROWS", 7)
    draw = np.random.default_rng(0)
    words = draw.integers(0, 2**64, (20, 4), dtype=np.uint64)
    words[13], words[19] = words[2] ^ np.uint64(0b1011), words[2]
    mirrored = draw.integers(0, 2**64, (20, 4), dtype=np.uint64)
    mirrored[15] = words[4]
    hashes, advanced = [ImageHash(*each) for each in zip(words, mirrored, strict=True)], list[int]()
    pairs = near_pairs(hashes, lambda: advanced.append(1))
    assert [tuple(pair) for pair in pairs] == [
        (2, 19, 0, False),
        (4, 15, 0, True),
        (2, 13, 12, False),
        (13, 19, 12, False),
    ]
    assert len(advanced) == 20


def test_of_too_many_pairs_some_are_kept() -> None:
    assert len(near_pairs([_hash(scene(0))] * 300)) == MOST_PAIRS


@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_pictures_have_no_hash(value: int) -> None:
    flat = np.full((20, 30, 3), value, np.uint8)
    assert perceptual_hash(flat) is None
    flat[3, 4] = 255
    flat[5, 6] = 0
    assert perceptual_hash(flat) is not None
    assert near_pairs([]) == []
