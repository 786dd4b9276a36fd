"""Predict images one after the other, and save what is wanted of each."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from segcli.inference.inference import Inference
from segcli.inference.prediction_files import prediction_names
from segcli.predict.apply import Band, predict_rows
from segcli.predict.inputs import Input
from segcli.predict.manifest import DONE, SKIPPED, Manifest
from segcli.predict.predictor import Predictor, PredictorError
from segcli.predict.savers.base import Image, Saver
from segcli.predict.sources import Opened, Opener
from segcli.runs.surroundings import file_hash
from segcli.sample import DataError

_AHEAD = 2
"""Images that are read while one is predicted."""


@dataclass
class Predicted:
    """What was done.

    Attributes:
        images: Predicted in this call.
        before: That were predicted before, and are as they were.
        skipped: Names of images that could not be predicted, with the reason.
        seconds: All of it took.
        files: Of all images together.
    """

    images: int = 0
    before: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    files: list[Path] = field(default_factory=list)


def predict_files(
    predictor: Predictor,
    inference: Callable[[int, int], Inference],
    inputs: Sequence[Input],
    savers: Sequence[Saver],
    manifest: Manifest,
    skips: bool,
    advance: Callable[[], object] = bool,
) -> Predicted:
    """Predict images and save them into the folder of the savers.

    Args:
        predictor: The model.
        inference: Maps height and width of an image to how it is predicted.
        inputs: The images.
        savers: What is saved of each.
        manifest: Tells what was predicted before, and is told what is.
        skips: Whether an image that cannot be predicted is left out, not an error.
        advance: Called after each image.

    Raises:
        DataError: If an image cannot be predicted and is not to be skipped.
        OSError: If a file cannot be written.
    """
    began, found = time.monotonic(), Predicted()
    names = prediction_names([image.name for image in inputs])
    job = _Job(predictor, inference, savers, names)
    hashes = _Hashes()
    reading_of = _read_ahead(predictor, inputs, lambda one: manifest.is_done(one.name, hashes.of(one.path)))
    with closing(reading_of):
        for image, reading in reading_of:
            if reading is None:
                found.before += 1
            else:
                line: dict[str, Any] = {"input": image.name, "sha256": hashes.of(image.path)}
                try:
                    line |= job.predict(image, reading)
                    found.images += 1
                except (DataError, PredictorError) as error:
                    if not skips:
                        raise DataError(_blamed(image, error)) from error
                    found.skipped[image.name] = _blamed(image, error)
                    line |= {"status": SKIPPED, "error": str(error), "files": []}
                manifest.add(line)
            advance()
    done = [names[image.name] for image in inputs if image.name not in found.skipped]
    found.files = [path for saver in savers for path in saver.finish(done)]
    found.seconds = time.monotonic() - began
    return found


@dataclass
class _Job:
    predictor: Predictor
    inference: Callable[[int, int], Inference]
    savers: Sequence[Saver]
    names: dict[str, str]

    def predict(self, image: Input, reading: "_Reading") -> dict[str, Any]:
        """Predict and save one image; return its line."""
        began = time.monotonic()
        with reading as opened:
            source = opened.source
            told = Image.of(self.names[image.name], image.name, opened)
            probable = any(saver.needs_probabilities for saver in self.savers)
            bands = predict_rows(self.predictor, source, self.inference(*told.size), probable)
            pixels = Counter[str]()
            try:
                for saver in self.savers:
                    saver.begin(told)
                for band in bands:
                    pixels.update(self._pixels(band))
                    for saver in self.savers:
                        saver.add(band)
                written = [path for saver in self.savers for path in saver.end()]
            except BaseException:
                for saver in self.savers:
                    saver.break_off()
                raise
        folder = self.savers[0].told.folder
        return {
            "status": DONE,
            "size": list(told.size),
            "seconds": round(time.monotonic() - began, 4),
            "pixels": {name: pixels[name] for name in self.predictor.classes},
            "files": [path.relative_to(folder).as_posix() for path in written],
        }

    def _pixels(self, band: Band) -> dict[str, int]:
        classes = self.predictor.classes
        if band.labels.ndim == 3:
            counts = band.labels.sum(axis=(1, 2), dtype=np.int64)
        else:
            counts = np.bincount(band.labels.ravel(), minlength=len(classes))
        return dict(zip(classes, map(int, counts), strict=False))


_Reading = AbstractContextManager[Opened]


def _read_ahead(
    predictor: Predictor, inputs: Sequence[Input], is_done: Callable[[Input], bool]
) -> Generator[tuple[Input, _Reading | None], None, None]:
    """Yield images that are being opened in a thread, in order; None for those that are done already."""
    opener = Opener(predictor)
    with ThreadPoolExecutor(1) as thread:
        coming: list[tuple[Input, Any]] = []
        for image in inputs:
            coming.append((image, None if is_done(image) else thread.submit(_Opening, opener, image)))
            if len(coming) > _AHEAD:
                yield _opened(*coming.pop(0))
        while coming:
            yield _opened(*coming.pop(0))


def _opened(image: Input, future: Any) -> tuple[Input, _Reading | None]:  # noqa: ANN401  (of a future)
    return image, None if future is None else future.result()


class _Opening(AbstractContextManager[Opened]):
    """An image that was read in another thread; what went wrong there is raised where it is used.

    What is read by rows is opened there, too: GDAL keeps what is open to a thread.
    """

    def __init__(self, opener: Opener, image: Input) -> None:
        self._context = opener.opened(image)
        self._error: Exception | None = None
        self._opened: Opened | None = None
        if not opener.reads_rows(image):
            try:
                self._opened = self._context.__enter__()
            except (DataError, PredictorError) as error:
                self._error = error

    def __enter__(self) -> Opened:
        if self._error is not None:
            raise self._error
        return self._opened or self._context.__enter__()

    def __exit__(self, *error: Any) -> None:  # noqa: ANN401  (as declared)
        self._context.__exit__(*error)


class _Hashes:
    """Hashes of files; of a video with many frames it is taken once."""

    def __init__(self) -> None:
        self._path, self._hash = Path(), ""

    def of(self, path: Path) -> str | None:
        if path != self._path:
            self._path, self._hash = path, file_hash(path) or ""
        return self._hash or None


def _blamed(image: Input, error: Exception) -> str:
    text = str(error)
    return text if str(image.path) in text else f"{image.name}: {text}"
