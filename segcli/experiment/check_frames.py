"""Whether the images of an experiment look like frames, where its data are at hand; names are read, no files."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from segcli.config.component import component_of
from segcli.config.compose import Experiment
from segcli.config.errors import Problem
from segcli.datasets.frame_names import frame_sequences

_MOST = 20_000
"""Names that are read, so that a large folder does not take long."""
_KNOWN = ("CamVidDataModule", "ShapesDataModule")
"""Data modules that know which of their images belong together."""


def frame_warnings(experiment: Experiment) -> Iterator[Problem]:
    """Yield that images look like frames, if they are here and nothing says which belong together.

    Args:
        experiment: The composed experiment.
    """
    data = component_of(experiment.expanded().get("data"))
    if data is None or data.name.rpartition(".")[2] in _KNOWN:
        return
    arguments = data.arguments
    root = arguments.get("root")
    if not isinstance(root, str) or arguments.get("group") is not None:
        return
    found = frame_sequences(_names(Path(root).expanduser(), str(arguments.get("image_dir") or "images")))
    if found is not None:
        message = (
            f"the images look like frames of {found}; if they are, data.group, such as '{found.pattern}', keeps them "
            "together in splits and in compare ('{image}' if they are not)"
        )
        yield Problem(message, "data.group", experiment.source("data.root"))


def _names(root: Path, image_dir: str) -> list[str]:
    """Return names of images below the folder of the data, as far as they are in one of the usual places."""
    places = (root / "val" / image_dir, root / image_dir / "val", root / image_dir)
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        return []
    files = (
        Path(parent, name).relative_to(folder).as_posix()
        for parent, _, names in os.walk(folder)
        for name in names
        if not name.startswith(".")
    )
    return sorted(islice(files, _MOST))
