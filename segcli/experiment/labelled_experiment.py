"""The experiment that trains on suggested images, too, once they are labelled."""

import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segcli.config.component import arguments_of, component
from segcli.config.compose import Experiment
from segcli.config.dumper import dump, escaped
from segcli.datamodules.folder_data_module import FolderDataModule
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.runs.run_folder import COMPOSED, RunFolder

_PLACES = {"root", "image", "mask", "image_dir", "mask_dir", "manifest", "coco", "outlines", "listing", "download"}
_PARTS = {"splits", "split_files", "val_fraction", "test_fraction", "split_seed", "limit", "group"}
_WINDOWS = {"window", "overlap", "slice_axis", "nodata"}
_OF_FILES = _PLACES | _PARTS | _WINDOWS
"""Arguments of :class:`PatternDataModule` that say where files lie and which are used, which a manifest says now."""


def keeps_meaning(data: SegmentationDataModule) -> bool:
    """Return whether what masks hold is written down in the experiment, so that a manifest may name its masks, too."""
    return type(data) in (PatternDataModule, FolderDataModule)


def labelled_experiment(
    experiment: Experiment, data: SegmentationDataModule, root: Path, manifest: str, run: RunFolder | None
) -> str:
    """Return the text of the file; without a run that it could extend, that of its section ``data`` alone.

    Args:
        experiment: Of the checkpoint.
        data: Its data.
        root: Folder of the suggestions, which the file lies in.
        manifest: Name of the table in it.
        run: Of the checkpoint.
    """
    section = component("PatternDataModule") | _section(experiment, data, root, manifest)
    text = dump(escaped({"data": section}))
    if run is None or not (run.path / COMPOSED).is_file():
        return text
    parent = os.path.relpath(run.path / COMPOSED, root)
    head = dump(
        escaped({"extends": Path(parent).as_posix(), "run": {"name": f"{run.path.resolve().parent.name}_labelled"}})
    )
    return head + text.replace("data:", "data: !replace", 1)


def values_of_masks(experiment: Experiment, data: SegmentationDataModule) -> str:
    """Return what the masks have to hold, in words."""
    arguments = arguments_of(experiment.plain()["data"])
    if keeps_meaning(data) and arguments.get("label_file"):
        return f"the values that {arguments['label_file']} names"
    if keeps_meaning(data) and arguments.get("mask_values"):
        return ", ".join(f"{value} {name}" for value, name in arguments["mask_values"].items())
    return ", ".join(f"{index} {name}" for index, name in enumerate(data.classes))


def _section(experiment: Experiment, data: SegmentationDataModule, root: Path, manifest: str) -> dict[str, Any]:
    given: Mapping[str, Any] = arguments_of(experiment.plain()["data"])
    known = inspect.signature(PatternDataModule).parameters
    kept = {
        key: value
        for key, value in given.items()
        if key in known and key not in _OF_FILES and value != known[key].default
    }
    if not keeps_meaning(data) or not {"classes", "mask_values", "label_file"} & kept.keys():
        kept["classes"] = list(data.classes)
    if kept.get("label_file") and data.folder is not None and (data.folder / kept["label_file"]).is_file():
        kept["label_file"] = str((data.folder / kept["label_file"]).absolute())
    return {"root": str(root), "manifest": manifest, **kept}
