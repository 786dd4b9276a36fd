import torch

from segcli.datamodules.loaders import evaluation_loader, training_loader
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.datasets.epoch_sampler import EpochSampler


def test_training_is_shuffled_and_evaluation_sees_every_image_once() -> None:
    data = ShapesDataModule(train_size=5, val_size=5, image_size=32)
    data.setup("fit")
    sampler = EpochSampler(5, 2, 0)
    shapes = [batch["image"].shape for batch in training_loader(data.datasets["train"], sampler, 2, lambda _at: 1, 0)]
    assert shapes == [torch.Size([2, 3, 32, 32])] * 2
    paths = [path for batch in evaluation_loader(data.datasets["val"], 2, 0) for path in batch["path"]]
    assert paths == data.datasets["val"].paths()


def test_workers_end_with_the_loader_and_load_the_same() -> None:
    data = ShapesDataModule(train_size=4, val_size=1, image_size=32)
    data.setup("fit")
    alone, shared = (
        [
            batch["image"]
            for batch in training_loader(data.datasets["train"], EpochSampler(4, 2, 0), 2, lambda _at: 1, n)
        ]
        for n in (0, 1)
    )
    assert all(torch.equal(*pair) for pair in zip(alone, shared, strict=True))
