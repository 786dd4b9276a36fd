"""Generated shapes: a data set that is always at hand, for the demo, first steps and tests."""

from typing import Literal

import albumentations as A
import numpy as np

from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.shapes_dataset import CLASSES, FORMS, ShapesDataset
from segcli.transforms.seeded_compose import SeededCompose

COLOURS = ((45, 45, 52), (228, 87, 76), (84, 171, 96), (76, 126, 214))


class ShapesDataModule(SegmentationDataModule):
    """Draw circles, squares and triangles among look-alikes; colour and texture say nothing about the class.

    Predicts the test pictures. A picture is drawn when it is first asked for, in a few milliseconds; every epoch has
    the same ones.

    Args:
        train_size: Number of training pictures.
        val_size: Number of validation pictures.
        test_size: Number of test pictures.
        image_size: Height and width in pixels, at least 32.
        data_seed: Another seed gives other pictures; the run's seed does not change them.
        multilabel: Whether masks have a channel per form and show forms whole, also where others hide them: for
            ``model.task: multilabel``.
        batch_size: Pictures per training batch and device.
        val_batch_size: Pictures per batch and device in evaluation and prediction; None for ``batch_size``.
        num_workers: Processes that draw pictures; 0 draws in the main process; ``auto`` chooses by device and cores:
            none on a CPU.
        train_transforms: Albumentations transforms of training pictures and masks; ``fill_mask: 255`` in one that
            pads leaves the padding out of loss and metrics. None for none.
        val_transforms: Albumentations transforms in evaluation and prediction; None for none.
        group: Which pictures belong together: a pattern over names such as ``val_00003``, whose fields name the group,
            for ``compare``. None for every picture by itself, as they are drawn.

    Raises:
        ValueError: If a size is too small.
    """

    usual_group = "{picture}"

    def __init__(
        self,
        train_size: int = 800,
        val_size: int = 100,
        test_size: int = 100,
        image_size: int = 96,
        data_seed: int = 0,
        multilabel: bool = False,
        batch_size: int = 16,
        val_batch_size: int | None = None,
        num_workers: int | Literal["auto"] = "auto",
        train_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        val_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        group: str | None = None,
    ) -> None:
        super().__init__(batch_size, val_batch_size, num_workers, train_transforms, val_transforms, group)
        self.lengths: dict[Split, int] = {
            "train": train_size,
            "val": val_size,
            "test": test_size,
            "predict": test_size,
        }
        if min(self.lengths.values()) < 1 or image_size < 32:
            raise ValueError(
                f"ShapesDataModule got train_size {train_size}, val_size {val_size}, test_size {test_size}, "
                f"image_size {image_size}, expected at least 1 picture each and 32 pixels."
            )
        self.image_size, self.data_seed = image_size, data_seed
        self.multilabel = multilabel
        self.classes = FORMS if multilabel else CLASSES
        self.palette = np.array(COLOURS[-len(self.classes) :], np.uint8)

    def make_dataset(self, split: Split, transform: SeededCompose) -> ShapesDataset:
        """Return the pictures of one split; those of ``"predict"`` are the test pictures without masks."""
        name = "test" if split == "predict" else split
        return ShapesDataset(
            name,
            self.lengths[split],
            self.image_size,
            self.data_seed,
            transform,
            with_mask=split != "predict",
            multilabel=self.multilabel,
        )
