"""Predict the images of a command line by a checkpoint, several, or exported files."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segcli.config.errors import ConfigError, Problem
from segcli.config.output import say
from segcli.datasets.data_progress import DataProgress
from segcli.disk import remove_unfinished
from segcli.experiment.arguments import RunArguments
from segcli.experiment.errors.situation import Building
from segcli.experiment.errors.translate import translated
from segcli.experiment.job import compose_for, parse_experiment, warn_of
from segcli.experiment.open_predictor import is_exported, open_predictor
from segcli.experiment.parts import blamed, inference_of, part
from segcli.inference.inference import Inference
from segcli.inference.inference_settings import InferenceSettings
from segcli.inference.predict_settings import PredictSettings
from segcli.predict.file_predictor import FilePredictor
from segcli.predict.inputs import Input
from segcli.predict.manifest import Manifest
from segcli.predict.predict_files import Predicted, predict_files
from segcli.predict.predictor import Predictor, PredictorError
from segcli.predict.row_files import small_cache
from segcli.predict.savers.base import Told
from segcli.predict.savers.chosen import DEFAULT, chosen_savers
from segcli.runs.run_folder import PICTURES, RunFolder
from segcli.runs.surroundings import file_hash
from segcli.sample import DataError
from segcli.transforms.leaves import class_names

AUTO = "auto"


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a prediction.

    Attributes:
        checkpoints: Checkpoints and exported files, whose probabilities are averaged.
        save: Names of :data:`segcli.predict.savers.chosen.SAVERS`; empty for those of the experiment.
        settings: Over those of the experiment: values of ``inference`` by name.
        output: Folder that is written to; None for a new one in the run's.
        resumes: Whether images that were predicted into it before are left.
        skips: Whether images that cannot be predicted are left out.
        device: Where checkpoints compute: ``auto``, or a name of torch's.
    """

    checkpoints: Sequence[Path]
    save: Sequence[str]
    settings: Mapping[str, Any]
    output: Path | None
    resumes: bool
    skips: bool
    device: str = AUTO


@dataclass(frozen=True)
class Done:
    """What was done.

    Attributes:
        folder: That was written to.
        predicted: What of the images.
        in_tiles: Images that were cut although the experiment does not say so, since they are large.
    """

    folder: Path
    predicted: Predicted
    in_tiles: int


def predict(arguments: RunArguments, inputs: Sequence[Input], wanted: Wanted) -> Done:
    """Predict images and save what is wanted.

    Args:
        arguments: What was typed; its checkpoint is the first of those.
        inputs: The images.
        wanted: The rest.

    Raises:
        ConfigError: For every mistake of the user, and for the first image that cannot be predicted and is not to be
            skipped.
    """
    first = wanted.checkpoints[0]
    with translated():
        predictor = open_predictor(wanted.checkpoints, wanted.device)
    said = _said(arguments, first, predictor, wanted.settings)
    how, save = _How(predictor, said), wanted.save or said.save
    with _told(), small_cache(), _folder(wanted, first) as folder:
        told = Told(folder, predictor.classes, predictor.palette, predictor.kind)
        models = [{"file": path.name, "sha256": file_hash(path)} for path in wanted.checkpoints]
        about = {"models": models, "inference": said.settings.record(), "save": list(save)}
        manifest = Manifest(folder, about, wanted.resumes)
        with DataProgress(len(inputs), "predicting") as progress:
            found = predict_files(
                predictor,
                how.inference,
                inputs,
                chosen_savers(save, told),
                manifest,
                wanted.skips,
                progress.advance,
            )
    return Done(folder, found, how.in_tiles)


@dataclass(frozen=True)
class _Said:
    """What experiment and command line say.

    Attributes:
        settings: Of the inference.
        trained: Names of the transforms of the training.
        is_of_tiles: Whether one of them says something of tiles.
        save: What the experiment saves.
    """

    settings: InferenceSettings
    trained: Sequence[str]
    is_of_tiles: bool
    save: Sequence[str]


class _How:
    """How images are predicted, by their size.

    An experiment that says nothing of tiles was scored on whole images; large ones are cut all the same, since they
    would not fit into memory.
    """

    def __init__(self, predictor: Predictor, said: _Said) -> None:
        def of(chosen: InferenceSettings) -> Inference:
            return Inference(chosen, predictor.kind.name, predictor.classes, said.trained)

        self._as_set, self._in_tiles, self.in_tiles = of(said.settings), None, 0
        if said.settings.tile is None and not said.is_of_tiles:
            self._in_tiles = of(InferenceSettings(**{**said.settings.record(), "tile": AUTO}))

    def inference(self, height: int, width: int) -> Inference:
        """Return how an image is predicted."""
        if self._in_tiles is None or self._in_tiles.tiling(height, width) is None:
            return self._as_set
        self.in_tiles += 1
        return self._in_tiles


def _said(arguments: RunArguments, checkpoint: Path, predictor: Predictor, over: Mapping[str, Any]) -> _Said:
    """Return what the experiment of the first checkpoint says, and the command line over it."""
    trained: Sequence[str] = ()
    save: Sequence[str] = DEFAULT
    if is_exported(checkpoint):
        if arguments.is_given or arguments.overrides:
            raise ConfigError([Problem("an exported file holds its experiment; leave out -c and --key value")])
        base: dict[str, Any] = dict(predictor.inference) if isinstance(predictor, FilePredictor) else {}
    else:
        experiment = compose_for(replace(arguments, verb="predict"))
        warn_of(experiment)
        cli = parse_experiment(experiment)
        with translated(Building(experiment)):
            data = part(cli.config, "data")
            with blamed("inference"):
                base = inference_of(cli.config, data).settings.record()
            with blamed("predict"):
                save = PredictSettings(cli.config.predict.save).save or DEFAULT
        if data.val_transforms:
            names = ", ".join(class_names(data.val_transforms))
            what = f"validation transforms images ({names}), which predict INPUT does not; use --data.root FOLDER"
            raise ConfigError([Problem(what, "data.val_transforms")])
        trained = class_names(data.train_transforms)
    try:
        settings = InferenceSettings(**{**base, **over})
        Inference(settings, predictor.kind.name, predictor.classes, trained)
    except ValueError as error:
        raise ConfigError([Problem(str(error))]) from None
    return _Said(settings, trained, "tile" in over or "tile" in base, save)


@contextmanager
def _told() -> Iterator[None]:
    """Turn what is wrong with images and files into errors of the user."""
    try:
        with translated():
            yield
    except (DataError, PredictorError) as error:
        raise ConfigError([Problem(str(error))]) from error
    except OSError as error:
        raise ConfigError([Problem(f"cannot write {error.filename}: {error.strerror or error}")]) from error


@contextmanager
def _folder(wanted: Wanted, checkpoint: Path) -> Iterator[Path]:
    """Yield the folder that is written to: a numbered one appears with what is in it first."""
    if wanted.output is None:
        run = RunFolder.of_checkpoint(checkpoint) or _run_of_file(checkpoint)
        if run is None:
            raise ConfigError([Problem(f"{checkpoint} lies in no folder of a run; give --output FOLDER")])
        yield RunFolder.create(run.path / PICTURES).path
        return
    output = wanted.output
    if output.exists() and not output.is_dir():
        raise ConfigError([Problem(f"{output} is a file; --output takes a folder")])
    if not wanted.resumes and output.is_dir() and any(output.iterdir()):
        what = f"{output} holds files already; --resume goes on with a prediction, another folder begins one"
        raise ConfigError([Problem(what)])
    if wanted.resumes:
        remove_unfinished(output)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError([Problem(f"cannot write to {output}: {error.strerror or error}")]) from None
    yield output


def _run_of_file(file: Path) -> RunFolder | None:
    """Return the run that an exported file was written into, ``RUN/export/<number>/model.onnx``."""
    above = file.resolve().parents
    found = above[2] if len(above) > 2 and above[1].name == "export" else None
    if found is None or not (found / "config.yaml").is_file():
        return None
    try:
        return RunFolder(found.relative_to(Path.cwd()))
    except ValueError:
        return RunFolder(found)


def tell(done: Done) -> None:
    """Print what was done."""
    found = done.predicted
    if done.in_tiles:
        which = "1 image has" if done.in_tiles == 1 else f"{done.in_tiles} images have"
        say(
            f"{which} more than 4 million pixels and went through in tiles, into which validation did not cut "
            "images; --tile none predicts them whole, --tile auto says that tiles are meant",
            file=sys.stderr,
        )
    for reason in found.skipped.values():
        say(f"skipped: {reason}", file=sys.stderr)
    speed = f", {found.images / found.seconds:.1f} images/s" if found.images and found.seconds else ""
    before = f", {found.before} were there" if found.before else ""
    skipped = f", {len(found.skipped)} skipped" if found.skipped else ""
    say(f"{found.images} images predicted in {found.seconds:.1f} s{speed}{before}{skipped}")
    say(f"predictions in {done.folder}")
