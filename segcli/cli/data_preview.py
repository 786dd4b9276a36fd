"""Draw what the model gets of the data of an experiment: ``segcli data preview -c FILE``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import markdown
from segcli.config.output import say, say_text

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.datamodules.segmentation_data_module import Split

IMAGES = 16


def run(typed: Typed) -> int:
    """Write the picture; print where it is, and what is in it.

    Raises:
        ConfigError: If an option or the experiment is wrong, there are no data, or the file cannot be written.
    """
    from segcli.disk import write_bytes
    from segcli.experiment.data import build_data
    from segcli.experiment.errors.situation import Building
    from segcli.experiment.errors.translate import translated
    from segcli.inspection.preview import png, preview, spread_indices

    number, split = image_number(typed.value("--n")), _split(typed)
    output = typed.value("--output")
    if output is not None and Path(output).suffix.lower() != ".png":
        raise ConfigError([Problem(f"got {output!r}, expected a name that ends in .png", "--output")])
    experiment, data = build_data(typed.arguments, "preview")
    path = Path(output or f"{Path(typed.files[0]).stem.rpartition(':')[2]}_{split}.png")
    with translated(Building(experiment)):
        data.prepare(split)
        dataset = data.datasets[split]
        indices = spread_indices(len(dataset), number)
        content = png(preview(dataset, indices, data.palette, data.classes, data.display_channels))
    try:
        write_bytes(path.resolve(), content)
    except OSError as error:
        raise ConfigError([Problem(f"cannot write {path}: {error.strerror}")]) from None
    names = dataset.ids()
    record = {"file": str(path), "split": split, "images": [names[index] for index in indices], "of": len(dataset)}
    if typed.format == "json":
        say_text(json.dumps(record, indent=2))
    elif typed.format == "markdown":
        say(f"{markdown(str(path))}: {len(indices)} of {len(dataset)} images of {split}")
    else:
        say(f"{len(indices)} of {len(dataset)} images of {split}", f"written     {path}")
    return 0


def _split(typed: Typed) -> Split:
    splits: dict[str, Split] = {"val": "val", "test": "test"}
    return splits.get(typed.value("--split") or "", "train")


def image_number(text: str | None, default: int = IMAGES, name: str = "--n") -> int:
    """Return the value of ``--n``, or of another option that counts images.

    Args:
        text: As typed; None where it was not given.
        default: What it is then.
        name: Of the option.

    Raises:
        ConfigError: If it is no number from 1 up.
    """
    try:
        number = default if text is None else int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise ConfigError([Problem(f"got {text!r}, expected a number from 1 up", name)])
    return number
