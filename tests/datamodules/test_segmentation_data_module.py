from pathlib import Path
from typing import Any

import albumentations as A
import pytest
import pytorch_lightning as pl
import torch
import torch.distributed as dist
from torch.utils.data import DataLoader

from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.sample import Batch
from segcli.transforms.random_scaled_crop import RandomScaledCrop

QUIET = [
    "ignore:.*does not have many workers:",  # Lightning's advice to users
    "ignore:.*LeafSpec.*is deprecated:FutureWarning",  # Lightning 2.6 with torch 2.15
    "ignore:.*smaller than the logging interval:",
]
pytestmark = [pytest.mark.filterwarnings(rule) for rule in QUIET]


def shapes(**arguments: Any) -> ShapesDataModule:  # noqa: ANN401
    transforms = [RandomScaledCrop(32), A.HorizontalFlip()]
    data = ShapesDataModule(
        **{"train_size": 6, "val_size": 3, "test_size": 2, "image_size": 48, "batch_size": 2} | arguments,
        train_transforms=transforms,
    )
    data.setup("fit")
    return data


class Recorder(pl.LightningModule):
    """Keeps the batches that Lightning hands over."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.batches: dict[str, list[Batch]] = {"train": [], "val": [], "predict": []}

    def training_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        self.batches["train"].append(batch)
        return self.layer(torch.ones(1)).sum()

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        self.batches["val"].append(batch)

    def predict_step(self, batch: Batch, batch_idx: int) -> torch.Tensor:
        self.batches["predict"].append(batch)
        return batch["image"]

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), 0.1)


def fit(tmp_path: Path, data: SegmentationDataModule, **arguments: Any) -> tuple[Recorder, pl.Trainer]:  # noqa: ANN401
    model = Recorder()
    trainer = pl.Trainer(
        default_root_dir=tmp_path,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **{"max_epochs": 2} | arguments,
    )
    trainer.fit(model, datamodule=data)
    return model, trainer


def test_workers_change_nothing_and_live_through_epochs(tmp_path: Path) -> None:
    alone, _ = fit(tmp_path, shapes())
    helped, _ = fit(tmp_path, shapes(num_workers=2))
    assert len(alone.batches["train"]) == 6
    for mine, other in zip(alone.batches["train"], helped.batches["train"], strict=True):
        torch.testing.assert_close(mine["image"], other["image"])
        torch.testing.assert_close(mine["mask"], other["mask"])
        assert mine["path"] == other["path"]


def test_lightning_tells_the_sampler_the_epoch(tmp_path: Path) -> None:
    model, _ = fit(tmp_path, shapes())
    first, second = model.batches["train"][:3], model.batches["train"][3:]
    one = {name: image for batch in first for name, image in zip(batch["path"], batch["image"], strict=True)}
    two = {name: image for batch in second for name, image in zip(batch["path"], batch["image"], strict=True)}
    assert set(one) == set(two)
    assert list(one) != list(two)
    assert sum(bool((one[name] != two[name]).any()) for name in one) == 6  # other crops


def test_validation_is_the_same_every_epoch_and_repeats_no_image(tmp_path: Path) -> None:
    model, _ = fit(tmp_path, shapes())
    assert [name for batch in model.batches["val"] for name in batch["path"]] == 2 * [
        "val_00000",
        "val_00001",
        "val_00002",
    ]
    torch.testing.assert_close(model.batches["val"][0]["image"], model.batches["val"][2]["image"])


def test_a_resumed_run_sees_the_batches_of_an_undisturbed_one(tmp_path: Path) -> None:
    whole, _ = fit(tmp_path, shapes(), max_epochs=3)
    _, trainer = fit(tmp_path, shapes(), max_epochs=2)
    trainer.save_checkpoint(tmp_path / "two.ckpt")
    resumed = Recorder()
    trainer = pl.Trainer(
        default_root_dir=tmp_path,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        max_epochs=3,
    )
    trainer.fit(resumed, datamodule=shapes(), ckpt_path=tmp_path / "two.ckpt")
    assert len(resumed.batches["train"]) == 3
    for mine, other in zip(whole.batches["train"][6:], resumed.batches["train"], strict=True):
        torch.testing.assert_close(mine["image"], other["image"])


def test_the_seed_of_the_run_reaches_order_and_crops(monkeypatch: pytest.MonkeyPatch) -> None:
    def first() -> Batch:
        return next(iter(shapes().train_dataloader()))

    monkeypatch.delenv("PL_GLOBAL_SEED", raising=False)
    unset = first()
    monkeypatch.setenv("PL_GLOBAL_SEED", "0")
    torch.testing.assert_close(first()["image"], unset["image"])
    monkeypatch.setenv("PL_GLOBAL_SEED", "1")
    assert first()["path"] != unset["path"]


def test_overfitting_repeats_the_same_batch(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="turning off the train dataloader shuffling"):
        model, _ = fit(tmp_path, shapes(), overfit_batches=1)
    first, second = model.batches["train"]
    torch.testing.assert_close(first["image"], second["image"])


def test_predict_through_lightning(tmp_path: Path) -> None:
    model, trainer = fit(tmp_path, shapes(val_batch_size=1), max_epochs=1)
    images = trainer.predict(model, datamodule=shapes(val_batch_size=1))
    assert images is not None
    assert [tuple(image.shape) for image in images] == [(1, 3, 48, 48)] * 2
    assert [batch["path"] for batch in model.batches["predict"]] == [["test_00000"], ["test_00001"]]


def sizes(loader: DataLoader[Any]) -> list[int]:
    return [len(batch["path"]) for batch in loader]


def test_the_rest_is_dropped_only_if_there_is_a_whole_batch() -> None:
    assert sizes(shapes(batch_size=4).train_dataloader()) == [4]
    assert sizes(shapes(batch_size=16).train_dataloader()) == [6]
    assert sizes(shapes(batch_size=2).val_dataloader()) == [2, 1]
    assert sizes(shapes(batch_size=2, val_batch_size=8).val_dataloader()) == [3]


@pytest.mark.parametrize("rank", [0, 1])
def test_devices_share_validation_without_repeats(monkeypatch: pytest.MonkeyPatch, rank: int) -> None:
    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    monkeypatch.setattr(dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(dist, "get_rank", lambda: rank)
    loader = shapes(val_batch_size=1).val_dataloader()
    counted = [batch["path"] for batch in loader if not batch.get("is_filler")]
    assert counted == [[["val_00000"], ["val_00002"]], [["val_00001"]]][rank]
    assert len(loader) == len(list(loader)) == 2


@pytest.mark.parametrize("arguments", [{"batch_size": 0}, {"val_batch_size": 0}, {"num_workers": -1}])
def test_nonsense_is_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(arguments))} {next(iter(arguments.values()))}"):
        shapes(**arguments)


def test_a_split_is_prepared_alone() -> None:
    data = ShapesDataModule(8, 4, 4, 32)
    data.prepare("val")
    assert list(data.datasets) == ["val"]
