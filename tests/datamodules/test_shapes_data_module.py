import pytest
import torch

from segcli.datamodules.shapes_data_module import ShapesDataModule


def test_splits_have_their_sizes_and_differ() -> None:
    data = ShapesDataModule(train_size=4, val_size=3, test_size=2, image_size=32)
    for stage in ("fit", "test", "predict"):
        data.setup(stage)
    assert {split: len(dataset) for split, dataset in data.datasets.items()} == {
        "train": 4,
        "val": 3,
        "test": 2,
        "predict": 2,
    }
    assert (data.datasets["train"][0]["image"] != data.datasets["val"][0]["image"]).any()
    torch.testing.assert_close(data.datasets["predict"][1]["image"], data.datasets["test"][1]["image"])
    assert "mask" not in data.datasets["predict"][1]
    assert len(data.classes) == len(data.palette) == 4


def test_the_runs_seed_does_not_change_the_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    def first(data_seed: int) -> torch.Tensor:
        data = ShapesDataModule(4, 2, 2, 32, data_seed)
        data.setup("validate")
        return data.datasets["val"][0]["image"]

    before = first(0)
    monkeypatch.setenv("PL_GLOBAL_SEED", "5")
    torch.testing.assert_close(first(0), before)
    assert (first(1) != before).any()


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="val_size 0"):
        ShapesDataModule(val_size=0)
    with pytest.raises(ValueError, match="image_size 8"):
        ShapesDataModule(image_size=8)


def test_with_several_labels_there_is_a_class_per_form_in_the_same_colour() -> None:
    plain, several = ShapesDataModule(4, 2, 2, 32), ShapesDataModule(4, 2, 2, 32, multilabel=True)
    several.setup("validate")
    assert several.classes == plain.classes[1:]
    assert (several.palette == plain.palette[1:]).all()
    assert several.datasets["val"][0]["mask"].shape == (3, 32, 32)
