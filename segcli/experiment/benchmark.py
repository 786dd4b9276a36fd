"""Benchmark the checkpoint of a command line: its forms, its exported files, its data, and where the result goes."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from segcli import __version__
from segcli.benchmark.benchmark import Opened, Result, Wanted, measure_variants
from segcli.benchmark.images import batches_of, fitted, random_images
from segcli.benchmark.picture import picture
from segcli.benchmark.rounds import WARM_UPS, timed
from segcli.benchmark.variant import COMPILED, Choice, Variant, choices_of_checkpoint, choices_of_file, open_variant
from segcli.comparison.figures import plural
from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import command
from segcli.config.output import say
from segcli.datasets.data_progress import DataProgress
from segcli.disk import write_bytes, write_text
from segcli.experiment.arguments import RunArguments
from segcli.experiment.data import parsed_data
from segcli.experiment.errors.situation import Building
from segcli.experiment.errors.translate import translated
from segcli.experiment.export import FOLDER as EXPORTS
from segcli.experiment.output_folder import appearing
from segcli.export.agreement import pixels_of, samples
from segcli.export.description import ExportError
from segcli.export.export_checkpoint import REJECTED
from segcli.export.formats import FORMATS
from segcli.export.trace import first_line, quiet_torch
from segcli.predict.checkpoint_predictor import CheckpointPredictor
from segcli.predict.ensemble import difference
from segcli.predict.file_predictor import FilePredictor
from segcli.predict.predictor import Images, Predictor, PredictorError
from segcli.program import PROGRAM
from segcli.runs.benchmarks import FILE, FOLDER, SCHEMA
from segcli.runs.run_folder import RunFolder
from segcli.runs.surroundings import file_hash, hardware, versions
from segcli.sample import DataError

PICTURE = "benchmark.png"
_IMAGES = 16
_SIZE = (360, 480)
_MOST_DIFFERING = 0.01
_LIBRARIES = ("onnxruntime", "openvino")


@dataclass(frozen=True)
class Benchmark:
    """What was found.

    Attributes:
        folder: Where it is written.
        results: Of every variant, the baseline first.
        about: All but the variants, as ``benchmark.json`` has it.
    """

    folder: Path
    results: tuple[Result, ...]
    about: dict[str, Any]

    def record(self) -> dict[str, Any]:
        """Return all of it as JSON holds it."""
        return {**self.about, "variants": [each.record() for each in self.results]}


def benchmark(
    arguments: RunArguments,
    files: Sequence[Path],
    wanted: Wanted,
    size: tuple[int, int] | None,
    compiled: bool,
    device: str,
    output: Path | None,
) -> Benchmark:
    """Measure a checkpoint in its forms, and write what was found.

    Args:
        arguments: What was typed; it names a checkpoint.
        files: Exported ones; none for those in the folder of the run.
        wanted: How it is measured.
        size: Height and width of images in pixels; None for that of a file or model that takes one only, else of the
            first validation image.
        compiled: Whether to compile the model, too.
        device: Where the checkpoint computes, ``auto`` for a GPU where there is one.
        output: An empty or new folder; None for one in the run's.

    Raises:
        ConfigError: For every mistake of the user.
    """
    checkpoint = arguments.checkpoint
    assert checkpoint is not None
    experiment, _, data = parsed_data(arguments)
    device = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if device != "cpu" and not torch.cuda.is_available():
        raise ConfigError([Problem(f"--device got {device}, but torch finds no GPU here; leave it out")])
    folder, notes = RunFolder.of_checkpoint(checkpoint), list[str]()
    with translated(Building(experiment)), _threads(wanted.threads), appearing(output, folder, FOLDER) as place:
        baseline = open_variant(choices_of_checkpoint(checkpoint)[0], device, wanted.threads)
        own = list(_files_of(folder)) if not files else []
        chosen = [*choices_of_checkpoint(checkpoint, compiled)[1:], *_choices(files or own)]
        variants = [baseline, *_opened(chosen, baseline, device, wanted.threads, bool(files), notes)]
        images, source = _images(data, baseline, size or _only_size(variants))
        height, width = images[0].shape[:2]
        origin = file_hash(checkpoint) or ""
        tried = list(_tried(variants, batches_of(images, wanted.batch)[0], origin, bool(files), notes))
        with DataProgress(wanted.rounds, "timing", "rounds") as progress:
            results = measure_variants(
                tried, images, wanted, lambda line: say(line, file=sys.stderr), lambda: progress.advance()
            )
        about = {
            "schema": SCHEMA,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": f"{PROGRAM} {command([arguments.verb, *arguments.line])}",
            "checkpoint": str(checkpoint),
            "checkpoint_sha256": origin,
            "images": source,
            "size": [int(height), int(width)],
            **{key: value for key, value in asdict(wanted).items() if key != "memory"},
            "warm_ups": WARM_UPS,
            "device": torch.cuda.get_device_name(device) if device != "cpu" else "cpu",
            "tf32": bool(torch.backends.cudnn.allow_tf32) if device != "cpu" else None,
            "hardware": hardware(),
            "versions": {"segcli": __version__, **versions(), **dict(_library_versions())},
            "notes": notes,
        }
        found = Benchmark(place.path, tuple(results), about)
        write_text(place.path / FILE, json.dumps(found.record(), ensure_ascii=False, indent=2) + "\n")
        write_bytes(place.path / PICTURE, picture(results))
    return Benchmark(place.path, found.results, about)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Let torch compute on some threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _files_of(run: RunFolder | None) -> Iterator[Path]:
    """Yield the exported files of a run that may be used, the newest folders last."""
    names = {each.file_name for each in FORMATS.values()}
    folders = [each for each in (run.path / EXPORTS).glob("*") if each.name.isdecimal()] if run is not None else []
    for folder in sorted(folders, key=lambda each: int(each.name)):
        yield from sorted(each for each in folder.iterdir() if each.name in names)


def _choices(files: Sequence[Path]) -> Iterator[Choice]:
    for file in files:
        found = choices_of_file(file)
        if not found:
            suffixes = ", ".join(Path(each.file_name).suffix for each in FORMATS.values())
            raise ConfigError([Problem(f"{file} is no exported model by its name, expected one of {suffixes}")])
        yield from found


def _opened(
    chosen: Sequence[Choice], baseline: Variant, device: str, threads: int, are_given: bool, notes: list[str]
) -> Iterator[Variant]:
    """Yield what can be opened; files that nobody named and that cannot be are noted.

    Raises:
        ConfigError: If a file that was named cannot be used, or is of another kind than the checkpoint.
    """
    for choice in chosen:
        try:
            variant = open_variant(choice, device, threads)
            what = difference(baseline.predictor, variant.predictor)
            if what is not None:
                raise ExportError(f"{choice.path} has other {what} than {baseline.choice.path}: they do not compare")
        except ExportError as error:
            if are_given:
                raise ConfigError([Problem(str(error))]) from error
            notes.append(f"left out: {error}")
            continue
        if variant.choice.form == "openvino-default" and variant.precision == "fp32":
            notes.append(f"{choice.path}: OpenVINO computes in float32 on this processor by default, timed once")
            continue
        yield variant


def _only_size(variants: Sequence[Variant]) -> tuple[int, int] | None:
    """Return the one size that the model or a file takes; None where all take any."""
    first = variants[0].predictor
    own = first.segmenter.backbone.image_size if isinstance(first, CheckpointPredictor) else None
    return own or next((each.predictor.size for each in variants if each.predictor.size is not None), None)


def _images(data: Any, baseline: Variant, size: tuple[int, int] | None) -> tuple[list[Images], str]:  # noqa: ANN401
    """Return images of one size, and what they are: of the validation split, or noise and why."""
    predictor = baseline.predictor
    try:
        if data.classes != predictor.classes:
            raise DataError("the data have other classes than the model")
        data.prepare("val")
        own = [pixels_of(image) for image, _ in samples(data.datasets["val"], _IMAGES)]
        predictor.require(own[0][None])
    except (DataError, PredictorError) as error:
        reason, shape = first_line(error).rstrip("."), size or _SIZE
        return random_images(_IMAGES, shape, predictor.channels, predictor.dtype), f"random pixels, since {reason}"
    shape = size or (own[0].shape[0], own[0].shape[1])
    changed = "" if all(each.shape[:2] == tuple(shape) for each in own) else ", cut or filled up with mirrored content"
    return [fitted(each, shape) for each in own], f"{plural(len(own), 'image')} of the validation split{changed}"


def _tried(
    variants: Sequence[Variant], batch: Images, origin: str, are_given: bool, notes: list[str]
) -> Iterator[Opened]:
    """Yield those that predict a batch; files that nobody named and that refuse it are noted.

    Raises:
        ConfigError: If the model or a file that was named refuses the images, or the model cannot be compiled.
    """
    for each in variants:
        is_file = isinstance(each.predictor, FilePredictor)
        try:
            seconds = _first(each, batch)
        except (ExportError, PredictorError) as error:
            if are_given or not is_file:
                raise ConfigError([Problem(str(error))]) from error
            notes.append(f"{each.choice.path} left out: {error}")
            continue
        yield Opened(each, seconds, tuple(_notes(each, seconds, origin, is_file)))


def _first(variant: Variant, batch: Images) -> float:
    predictor: Predictor = variant.predictor
    if variant.choice.form != COMPILED:
        return timed(predictor, batch)[0]
    try:
        with quiet_torch():
            return timed(predictor, batch)[0]
    except Exception as error:  # of torch.compile, of a C++ compiler that is missing: anything
        raise PredictorError(f"torch.compile fails: {first_line(error)}; leave out --compile") from error


def _notes(variant: Variant, seconds: float, origin: str, is_file: bool) -> Iterator[str]:
    if variant.choice.form == COMPILED:
        yield f"the first prediction, which compiles, took {seconds:.0f} s; memory includes compiling"
    if is_file and REJECTED in variant.choice.path.name:
        yield "rejected at export: it does not predict what its model does"
    if is_file and variant.origin != origin:
        yield "exported from another checkpoint"


def _library_versions() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue
