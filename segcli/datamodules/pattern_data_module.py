"""Own images and masks wherever they lie: two patterns of paths, or two folders."""

from pathlib import Path
from typing import Literal

import albumentations as A

from segcli.datamodules.chosen_listing import ListingKeys, chosen_listing
from segcli.datamodules.pattern_masks import MaskKeys, masks_of
from segcli.datamodules.record_source import FolderSource, ListedSource, RecordSource
from segcli.datamodules.segmentation_data_module import SegmentationDataModule, Split
from segcli.datasets.folder_splits import FolderSplits
from segcli.datasets.image_dataset import ImageDataset
from segcli.datasets.label_file import NamedValues, read_label_file
from segcli.datasets.listing import ListingFactory
from segcli.datasets.mask_reader import MaskReader
from segcli.datasets.palette import default_palette
from segcli.datasets.parting import Parting
from segcli.datasets.pattern_listing import PatternListing
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.record_image import NATIVE
from segcli.datasets.record_splits import FIELD, RecordSplits
from segcli.datasets.sample_dataset import SampleDataset
from segcli.downloads.data_set import DataSet
from segcli.downloads.known import data_set_of
from segcli.sample import DataError
from segcli.transforms.seeded_compose import SeededCompose

_FOLDERS = ("images", "labels")
"""What folders are called where nobody says it."""


class PatternDataModule(SegmentationDataModule):
    """Load images and masks that patterns find below a folder.

    A pattern is a path below ``root`` with fields: ``{name}`` tells images apart, ``{split}`` names the split,
    ``{class}`` in masks the class where every class has files of its own, ``{channel}`` in images the channel where
    these have. Any other field, such as ``{city}``, must be the same in the paths of an image and its mask, and is part
    of the image's name. ``*`` is text that does not matter; masks that differ in nothing else are single objects, laid
    over each other. Masks that end in ``.json`` or ``.txt`` are shapes of LabelMe, Supervisely or YOLO, later ones over
    earlier ones. Without an extension, all of images fit. A pattern that begins with ``{`` is quoted in YAML.

    Cityscapes: ``image: "leftImg8bit/{split}/{city}/{name}_leftImg8bit.png"``,
    ``mask: "gtFine/{split}/{city}/{name}_gtFine_labelIds.png"``, ``mask_values: {7: road, 8: sidewalk}``,
    ``other_values: ignore``.

    Args:
        root: Folder of the data set.
        image: Pattern of images; null for two folders with files of equal names, as ``FolderDataModule`` reads them.
            Several patterns, ``["{name}_vv.tif", "{name}_vh.tif"]``, stack the channels of their files, with
            ``image_mode: native``.
        mask: Pattern of masks; null for images without, to predict.
        image_dir: Name of the folder with images, where there is no pattern.
        mask_dir: Name of the folder with masks, where there is no pattern.
        manifest: CSV or Parquet file below ``root`` whose columns ``image`` and ``mask`` name files, in place of
            patterns; a column ``split`` names the split of each.
        coco: File below ``root`` of COCO's annotations, in place of patterns; or split to its file, ``{train:
            train.json, val: val.json}``. ``classes`` are categories, and first what is in no object.
        classes: Names of the classes; without ``mask_values``, their positions are the mask's values.
        mask_values: Mask value to class name, ``{0: background, 255: cell}``, or colour to class name,
            ``{"#000000": background, "#ff0000": cell}``, or, with ``{class}`` in ``mask``, its text to class name, or,
            in files of shapes, what these call an object to class name. Several may share a class. The order of first
            mention gives the classes' order unless ``classes`` does.
        ignore_values: Mask values, or colours, that no loss and no metric sees. 255 is one only if it is listed.
        ignore_classes: Classes that ``mask_values`` or ``label_file`` name and that no loss and no metric sees.
        other_values: What pixels of all other values are, with ``{class}`` pixels in no mask: an ``error``, ``ignore``,
            or the name of a class, which ``classes`` may name alone. With ``{class}`` and in files of shapes, a first
            class that no mask and no object is of is where no other is, unless this says something else.
        mask_threshold: Smallest grey value, 1 to 255, that is read as 255, smaller ones being read as 0: for masks of
            two classes that were saved as JPEG. Null reads values as they are.
        label_file: File below ``root``, or below the working directory, that names values or colours, in place of
            ``mask_values``: CVAT's labelmap.txt, Roboflow's _classes.csv, nnU-Net's dataset.json, Mapillary's
            config.json. Classes that it does not evaluate are ignored.
        missing_masks: What an image without mask is: an ``error``; ``skip`` leaves it out; the name of a class says
            that all of it is of that; ``empty``, with ``{class}``, that it has none of the classes whose files are
            missing.
        multilabel: Whether a pixel may be of several classes, for ``model.task: multilabel``; needs ``{class}``.
        overlaps: Whether, with ``{class}``, a pixel in the masks of two classes is an ``error``, or of the ``last``.
        splits: Split to what it is called in ``{split}``, e.g. ``{train: Train, val: Val}``; others are not used then.
            Null takes the usual names: training, valid, validation and such.
        split_files: Pattern below ``root`` of files with ``{split}`` that list the images of each split, by name or
            path, one in a line: ``"ImageSets/Segmentation/{split}.txt"``. Null where paths tell, or nothing does.
        val_fraction: Share of images to validate with where no split is named so, 0 to below 1. Above 0, it is at least
            one image.
        test_fraction: The same for tests.
        split_seed: Seed of the split and of the choice that ``limit`` makes.
        limit: At most this many training images, the first by hash; a smaller limit gives a subset. None for all.
        image_mode: Channels that images are converted to: 3, 1 or 4 of 8 bits; ``native`` for those that files hold, in
            uint8, uint16 or float32, TIFF by tifffile. It needs ``model.backbone.in_channels``, and, but for uint8,
            ``model.value_range``.
        batch_size: Images per training batch and device.
        val_batch_size: Images per batch and device in evaluation and prediction; None for ``batch_size``.
        num_workers: Processes that load images; 0 loads in the main process; ``auto`` chooses by device, cores and
            cache: none on a CPU.
        train_transforms: Albumentations transforms of training images and masks; ``fill_mask: 255`` in one that pads
            leaves the padding out of loss and metrics. None for none.
        val_transforms: Albumentations transforms in evaluation and prediction; None for none.
        group: Which images belong together, such as the frames of a clip: a pattern over their paths below ``root``,
            without the suffix, whose fields name the group: ``"{clip}_*"``, ``"{patient}/*"``. A split by hashes keeps
            groups together, and ``compare`` goes by them. With ``manifest``, also the name of a column. None for every
            image by itself.
        check_masks: Before the first epoch, read ``all`` masks that no earlier run found right and name every bad one;
            or compare sizes in their ``headers``, as ``run.fingerprint: sizes`` does, too.
        display_channels: Of ``native`` images, the channels that pictures show, red first, counted from 1, ``[4, 3,
            2]``; or one. Null for the first three.
        download: Whether to download a data set that ``segcli data fetch`` knows by these patterns, such as that of
            ``segcli:data/pet``, if ``root`` is missing or empty.
        cache: Where decoded images and masks are kept: a folder; or ``auto``, for the user's cache folder,
            if a split takes 16 MiB to 2 GiB there; ``off`` to decode each time. What was changed is decoded anew.
        outlines: File below ``root`` with the outlines of all images, in place of patterns: a JSON of VIA, or an XML of
            CVAT for images; or split to its file, as for ``coco``.
        listing: What finds images and masks, in place of patterns: ``HuggingFace``, or a listing of a plug-in.
        reader: What reads a mask as integers, which ``mask_values`` names: a reader of a plug-in. Null for pictures of
            values, or of colours if ``mask_values`` has such.
        window: Side in pixels of the windows in which large images, GeoTIFF and such, are read, each a sample; those at
            the right and lower edge are smaller. Splits, ``limit`` and groups go by files. Null for whole images.
        overlap: Pixels that neighbouring windows share.
        slice_axis: Axis of volumes (NIfTI), 0 to 2, along which slices lie, each a sample, as it is stored.
        nodata: With ``window`` or ``slice_axis``, whether pixels without data (the image's nodata value, its mask or
            alpha, nan) are kept as they are, or 0 in the image and ignored by loss and metrics.

    Raises:
        DataError: If keys contradict each other or a pattern is wrong; in ``setup``, if files are missing or at fault.
    """

    def __init__(
        self,
        root: str,
        image: list[str] | str | None = None,
        mask: str | None = None,
        image_dir: str = "images",
        mask_dir: str = "labels",
        manifest: str | None = None,
        coco: dict[str, str] | str | None = None,
        classes: list[str] | None = None,
        mask_values: dict[int | str, str] | None = None,
        ignore_values: list[int | str] | None = None,
        ignore_classes: list[str] | None = None,
        other_values: str = "error",
        mask_threshold: int | None = None,
        label_file: str | None = None,
        missing_masks: str = "error",
        multilabel: bool = False,
        overlaps: Literal["error", "last"] = "error",
        splits: dict[str, str] | None = None,
        split_files: str | None = None,
        val_fraction: float = 0.2,
        test_fraction: float = 0.0,
        split_seed: int = 0,
        limit: int | None = None,
        image_mode: Literal["RGB", "L", "RGBA", "native"] = "RGB",
        batch_size: int = 8,
        val_batch_size: int | None = None,
        num_workers: int | Literal["auto"] = "auto",
        train_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        val_transforms: list[A.BasicTransform | A.BaseCompose] | None = None,
        group: str | None = None,
        check_masks: Literal["all", "headers"] = "all",
        display_channels: list[int] | None = None,
        download: bool = False,
        cache: str = "auto",
        outlines: dict[str, str] | str | None = None,
        listing: ListingFactory | None = None,
        reader: MaskReader | None = None,
        window: int | None = None,
        overlap: int = 0,
        slice_axis: int | None = None,
        nodata: Literal["keep", "ignore"] = "keep",
    ) -> None:
        self._parting = Parting(window, overlap, slice_axis, nodata)
        self._group_column = group if manifest is not None and group is not None and "{" not in group else None
        pattern = group if self._group_column is None else None
        super().__init__(batch_size, val_batch_size, num_workers, train_transforms, val_transforms, pattern)
        self.check_masks, self.image_mode, self.multilabel = check_masks, image_mode, multilabel
        self.display_channels, self.cache = display_channels, cache
        self.folder = Path(root)
        self.download, self._known = download, data_set_of(image, mask, split_files)
        keys = ListingKeys(image, mask, manifest, coco, outlines, listing, self._group_column)
        found = chosen_listing(self.folder, keys)
        if found is None:
            _require_listing(mask=mask, splits=splits, split_files=split_files, missing_masks=missing_masks)
        pattern_of_masks = found.mask if isinstance(found, PatternListing) else None
        kind = "values" if found is None else found.mask_kind
        if label_file is not None:
            if mask_values is not None or kind == "classes":
                raise DataError(
                    "data got label_file beside mask_values or {class} in data.mask, expected one of these."
                )
            named = _named_values(self.folder, label_file)
            mask_values = dict(named.values)
            ignore_classes = [*named.ignored] if ignore_classes is None else ignore_classes
        labels = MaskKeys(
            classes, mask_values, ignore_values or (), ignore_classes or (), other_values, mask_threshold, reader
        )
        self._masks = masks_of(pattern_of_masks, labels, multilabel, overlaps, missing_masks, kind)
        self.classes = self._masks.classes
        first = int(multilabel)  # the first colour is for a background
        self.palette = default_palette(len(self.classes) + first)[first:]
        shares = val_fraction, test_fraction, split_seed, limit
        if found is None:
            folders = FolderSplits(self.folder, image_dir, mask_dir, *shares, self.group)
            self._source: RecordSource = FolderSource(folders)
        elif (image_dir, mask_dir) != _FOLDERS:
            raise DataError(
                "data got image_dir or mask_dir beside image, manifest, coco, outlines or listing, expected one."
            )
        elif isinstance(found, PatternListing) and found.has_several and image_mode != NATIVE:
            raise DataError(
                f"data.image_mode got {image_mode} where data.image has several files for an image, expected native: "
                "their channels are stacked as they are."
            )
        else:
            lists = _list_pattern(split_files)
            told = RecordSplits(self.folder, (), splits, lists, *shares, self.group, found.split_name, self._masks.kept)
            self._source = ListedSource(found, told)

    def groups(self, split: Split) -> tuple[str, list[str]] | None:
        """Return what names the groups, and the group of every image of a prepared split; None where there are none."""
        dataset = self.datasets[split]
        records = dataset.records if self.group is None and isinstance(dataset, RecordDataset) else []
        named = [record.group for record in records if record.group is not None]
        if not named or len(named) < len(records):
            return super().groups(split)
        are_files = all(record.group is None for record in self._source.records())  # as parts are grouped by default
        listed = "files of data.image" if are_files else "data.listing"
        return listed if self._group_column is None else f"column {self._group_column}", named

    def known_data_set(self) -> DataSet | None:
        """Return the data set that lies as the patterns say."""
        return self._known

    def check_settings(self) -> None:
        """Refuse also patterns that do not go together; prediction does without that of masks."""
        super().check_settings()
        self._source.check_settings()

    def unused_files(self) -> list[Path]:
        """Return files in the folder of the data set that no split uses of those that were prepared."""
        return self._source.unused()

    def make_dataset(self, split: Split, transform: SeededCompose) -> SampleDataset:
        """Return the dataset of one split.

        Raises:
            DataError: If files are missing, images lack masks, or the split has no images.
        """
        if split == "predict":
            return ImageDataset(self._parting.cut(self._source.to_predict()), transform, self.image_mode)
        records, labels = self._masks.prepared(self._parting.cut(self._source.of(split)), self._source.records())
        return RecordDataset(records, labels, transform, self.image_mode)


def _require_listing(**keys: object) -> None:
    """Refuse keys that say nothing of two folders."""
    usual = {"missing_masks": "error"}
    if given := [f"data.{name}" for name, value in keys.items() if value != usual.get(name)]:
        raise DataError(f"{given[0]} got a value without data.image, expected the pattern of images beside it.")


def _named_values(root: Path, label_file: str) -> NamedValues:
    """Read names below the folder of the data, or, for predictions with another one, below the working directory."""
    below, here = root / label_file, Path(label_file)
    return read_label_file(here if here.is_file() and not below.is_file() else below)


def _list_pattern(text: str | None) -> str | None:
    if text is not None and FIELD not in text:
        raise DataError(f"data.split_files got {text!r}, expected a path with {FIELD} in it.")
    return text
