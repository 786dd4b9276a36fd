"""Apply a checkpoint to images: ``segcli predict --ckpt_path FILE INPUT``."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcli.cli.verb import CHECKPOINT, CONFIG, Option, Verb
from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.experiment.job import Job
    from segcli.predict.inputs import Input

SOME_SKIPPED = 3
SAVES = ("labels", "overlays", "probabilities", "confidence", "geojson", "coco")
VIEWS = ("flips", "hflip", "vflip", "scales")
_OF_INPUT = (
    *("--output", "--resume", "--tile", "--overlap", "--tta", "--save", "--on_error", "--every", "--null"),
    *("--recursive", "--device"),
)

VERB = Verb(
    "predict",
    """
Apply a checkpoint, or an exported file, to images. INPUT is a file, a folder, a pattern in quotes, @FILE with a name in
each line, - for names on standard input, or a video, each frame of which is an image. Several checkpoints are averaged.

Images are predicted as the experiment's `inference` says, or what is given here in its place; above 4 million pixels in
tiles, unless one of them says otherwise. Without INPUT, the images are those of the data: --data.root FOLDER, or the
folder that the checkpoint was trained on.
""",
    ("--ckpt_path FILE INPUT ...", "--ckpt_path FILE [--data.root FOLDER]"),
    (
        replace(CHECKPOINT, help="a checkpoint, or an exported file", repeats=True),
        CONFIG,
        Option("--output", "a folder, instead of <run folder>/predictions/<number>", "FOLDER"),
        Option("--save", f"what of each image, with commas: {', '.join(SAVES)}; else predict.save", "WHAT"),
        Option("--tile", "height and width of tiles in pixels; auto: 1024 above 4 million pixels; none", "N"),
        Option("--overlap", "pixels that tiles share; an eighth of a tile, at least 64", "N"),
        Option("--tta", f"test-time augmentation, with commas: {', '.join(VIEWS)}; none", "VIEWS"),
        Option(
            "--on_error",
            "stop, or skip images that cannot be predicted, which is so for several",
            "WHAT",
            ("stop", "skip"),
        ),
        Option("--resume", "go on in --output, where nothing but the images has changed"),
        Option("--recursive", "search folders in folders, too"),
        Option("--every", "of videos, take one frame of so many; 1", "N"),
        Option("--null", "names on standard input end with NUL, as `find -print0` writes them"),
        Option("--device", "auto (default), cpu, cuda, cuda:1, mps", "DEVICE"),
    ),
    (
        "--ckpt_path runs/my_cells/1/checkpoints/best.ckpt new_images",
        "--ckpt_path runs/my_cells/1/export/1/model.onnx 'scans/*.tif' --save labels,confidence",
        ("--ckpt_path best.ckpt --data.root new_images", "as validation loads images"),
    ),
    """
Writes <run folder>/predictions/<number>/: per image one PNG of class indices with a palette, and one overlay, both
at the image's own size, in a sub-folder where the image is in one. With model.task multilabel there is
<class>/<image>.png for each class instead of the indices, a PNG of 1 bit: white where the pixel is of that class.
Images with a place on Earth have GeoTIFFs in their place. manifest.jsonl has a line for each image.

Exit code: 0; 2 for mistakes; 3 if images were skipped.
""",
    words="INPUT",
    overrides=True,
)


def run(typed: "Typed") -> int:
    """Predict; write the files and print where they are.

    Raises:
        ConfigError: For every mistake of the user.
    """
    if typed.words:
        return _predict_inputs(typed)
    if given := [name for name in _OF_INPUT if typed.has(name)]:
        raise ConfigError([Problem(f"{given[0]} is of predict INPUT; name images, a folder or a pattern")])
    if len(typed.values(CHECKPOINT.name)) > 1:
        raise ConfigError([Problem("several checkpoints are averaged by predict INPUT; name images or a folder")])
    from segcli.experiment.run import execute

    return execute(typed.arguments, _predict)


def _predict(job: "Job") -> None:
    cli = job.cli
    cli.trainer.predict(
        cli.model,
        datamodule=cli.datamodule,
        ckpt_path=job.arguments.checkpoint,
        weights_only=True,
        return_predictions=False,
    )
    if cli.trainer.is_global_zero:
        say(f"predictions in {job.folder.path}")


def _predict_inputs(typed: "Typed") -> int:
    checkpoints = [Path(text) for text in typed.values(CHECKPOINT.name)]
    if not checkpoints:
        raise ConfigError([Problem("predict needs a checkpoint: --ckpt_path runs/.../checkpoints/best.ckpt")])
    if missing := [path for path in checkpoints if not path.exists()]:
        raise ConfigError([Problem(f"no checkpoint {missing[0]}")])
    save, settings, output = _chosen(typed, "--save", SAVES), _settings(typed), typed.value("--output")
    if typed.has("--resume") and output is None:
        raise ConfigError([Problem("--resume goes on in a folder: --output FOLDER")])
    every = _number(typed, "--every", 1) or 1
    inputs = _inputs(typed, every)
    on_error = typed.value("--on_error") or ("stop" if len(inputs) == 1 else "skip")
    from segcli.experiment.predict import Wanted, predict, tell

    wanted = Wanted(
        checkpoints,
        save,
        settings,
        None if output is None else Path(output),
        typed.has("--resume"),
        on_error == "skip",
        typed.value("--device") or "auto",
    )
    done = predict(typed.arguments, inputs, wanted)
    tell(done)
    return SOME_SKIPPED if done.predicted.skipped else 0


def _inputs(typed: "Typed", every: int) -> list["Input"]:
    from segcli.predict.inputs import STDIN, find_inputs, listed_names
    from segcli.sample import DataError

    try:
        is_asked = STDIN in typed.words
        names = listed_names(sys.stdin.buffer.read(), typed.has("--null")) if is_asked else []
        if is_asked and not names:
            raise DataError("standard input names no file")
        return find_inputs(typed.words, typed.has("--recursive"), every, names)
    except DataError as error:
        raise ConfigError([Problem(str(error))]) from None


def _settings(typed: "Typed") -> dict[str, Any]:
    """Return what is given of the experiment's ``inference``."""
    found: dict[str, Any] = {}
    tile = typed.value("--tile")
    if tile is not None:
        found["tile"] = None if tile == "none" else tile if tile == "auto" else _number(typed, "--tile", 1)
    if typed.has("--overlap"):
        found["overlap"] = _number(typed, "--overlap", 0)
    if typed.has("--tta"):
        found["tta"] = None if typed.value("--tta") == "none" else list(_chosen(typed, "--tta", VIEWS))
    return found


def _chosen(typed: "Typed", name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of an option that are written with commas."""
    from segcli.config.errors import did_you_mean

    text = typed.value(name)
    values = () if text is None else tuple(dict.fromkeys(value.strip() for value in text.split(",")))
    for value in values:
        if value not in known:
            raise ConfigError([Problem(f"{name} got {value!r}{did_you_mean(value, known)}", options=known)])
    return values


def _number(typed: "Typed", name: str, least: int) -> int | None:
    text = typed.value(name)
    if text is None:
        return None
    if not text.isdecimal() or int(text) < least:
        raise ConfigError([Problem(f"{name} got {text!r}, expected a whole number from {least} up")])
    return int(text)
