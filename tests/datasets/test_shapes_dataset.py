import numpy as np
import pytest
import torch

from segcli.datasets.shapes_dataset import CLASSES, FORMS, ShapesDataset, draw


def test_pictures_follow_from_name_seed_and_index() -> None:
    dataset = ShapesDataset("train", 5, 64)
    torch.testing.assert_close(dataset[3]["image"], ShapesDataset("train", 9, 64)[3]["image"])
    torch.testing.assert_close(dataset[3]["mask"], ShapesDataset("train", 9, 64)[3]["mask"])
    for other in (dataset[2], ShapesDataset("val", 5, 64)[3], ShapesDataset("train", 5, 64, seed=1)[3]):
        assert (other["image"] != dataset[3]["image"]).float().mean() > 0.5


def test_samples_keep_the_contract() -> None:
    dataset = ShapesDataset("test", 3, 48, with_mask=False)
    assert len(dataset) == 3
    assert dataset.paths() == ["test_00000", "test_00001", "test_00002"]
    assert dataset.sizes() == [(48, 48)] * 3
    assert sorted(dataset[0]) == ["image", "path", "size"]
    assert dataset[0]["image"].shape == (3, 48, 48)


def test_classes_are_about_equally_frequent() -> None:
    dataset = ShapesDataset("train", 150, 64)
    counts = np.bincount(np.concatenate([dataset[i]["mask"].numpy().ravel() for i in range(150)]), minlength=4)
    shares = counts / counts.sum()
    assert len(shares) == len(CLASSES)
    assert 0.65 < shares[0] < 0.9
    assert shares[1:].max() / shares[1:].min() < 1.4


def test_colour_says_nothing_about_the_class() -> None:
    dataset = ShapesDataset("train", 200, 64)
    means = {label: [] for label in range(4)}
    for number in range(200):
        image, mask = dataset.load(number)
        assert mask is not None
        for label in np.unique(mask):
            means[int(label)].append(image[mask == label].mean(axis=0))
    averages = np.array([np.mean(values, axis=0) for values in means.values()])
    spread = np.std(np.concatenate(list(means.values())), axis=0)
    assert (np.ptp(averages, axis=0) < spread / 2).all()


def test_triangles_stand_nearly_upright() -> None:
    places = []
    for seed in range(300):
        inside = draw(np.random.default_rng(seed), 64)[1] == 3
        rows = np.flatnonzero(inside.any(axis=1))
        if len(rows) and not (inside[[0, -1]].any() or inside[:, [0, -1]].any()):  # whole, as far as the border goes
            widest = inside.sum(axis=1).argmax()
            places.append((widest - rows[0]) / len(rows))
    assert len(places) > 30
    assert np.median(places) > 0.75  # the base is below the tip; turned freely, 0.5


def test_with_several_labels_forms_are_whole_also_where_others_hide_them() -> None:
    plain, several = ShapesDataset("train", 60, 64), ShapesDataset("train", 60, 64, multilabel=True)
    hidden = 0
    for index in range(60):
        mask, masks = plain[index]["mask"], several[index]["mask"]
        assert masks.shape == (len(FORMS), 64, 64)
        for kind in range(len(FORMS)):
            assert (masks[kind][mask == kind + 1] == 1).all()
        hidden += int((masks.sum(dim=0) > 1).sum())
        torch.testing.assert_close(plain[index]["image"], several[index]["image"])
    assert hidden > 100


def test_a_picture_is_drawn_once_and_changed_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, first = ShapesDataset("train", 4, 32), ShapesDataset("train", 4, 32).load(1)
    image, mask = dataset.load(1)
    assert mask is not None
    image[:], mask[:] = 0, 0
    monkeypatch.setattr("segcli.datasets.shapes_dataset.draw", None)
    for found, expected in zip(dataset.load(1), first, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_of_a_large_set_no_picture_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcli.datasets.shapes_dataset.MOST_KEPT_BYTES", 4 * 32**2 * 4 - 1)
    dataset = ShapesDataset("train", 4, 32)
    dataset.load(1)
    assert not dataset._kept
