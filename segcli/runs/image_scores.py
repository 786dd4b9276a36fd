"""What each image adds to the scores of ``model.metrics``, in a small file, so that statistics need no inference.

See :mod:`segcli.image_rows`. Torch-free.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from segcli.disk import write_bytes
from segcli.image_rows import Floats, mean_score, row_scores
from segcli.runs.image_counts import UNREADABLE
from segcli.runs.stored_files import StoredFileError

_ROWS = "rows:"
_ENDS = "_metrics.npz"


def image_scores_file(stage: str) -> str:
    """Return the name of the file of a stage, or of the last validation: ``val_metrics.npz``."""
    return stage + _ENDS


@dataclass(frozen=True)
class ImageScores:
    """Rows of every image.

    Attributes:
        ids: Name of every image, N, in order.
        rows: ``(N, S, 1 + M)`` by the name of the metric.
        epoch: Training epoch, from 1; 0 where there was none.
    """

    ids: tuple[str, ...]
    rows: Mapping[str, Floats] = field(repr=False)
    epoch: int = 0

    @classmethod
    def of(
        cls, images: Mapping[str, tuple[Sequence[str], Floats]], names: Mapping[str, str], epoch: int | None
    ) -> "ImageScores":
        """Take what metrics measured.

        Args:
            images: Paths of images and their rows, by metric.
            names: Name of every image by its path.
            epoch: Training epoch, from 1; None where there was none.
        """
        rows, ids = {}, tuple[str, ...]()
        for metric, (paths, of_images) in images.items():
            named = [names.get(path, path) for path in paths]
            order = sorted(range(len(named)), key=named.__getitem__)
            rows[metric], ids = of_images[order], tuple(named[at] for at in order)
        return cls(ids, rows, epoch or 0)

    def values(self, metric: str) -> Floats:
        """Return ``(S,)`` scores of all images."""
        return row_scores(self.rows[metric].sum(axis=0))

    def by_group(self, metrics: Sequence[str], groups: Mapping[str, str]) -> dict[str, dict[str, float]]:
        """Return scores of metrics of every group of images, the mean over classes where there are several.

        Args:
            metrics: Their names.
            groups: Group of every image by its name.
        """
        labels = np.array([groups[name] for name in self.ids if name in groups])
        return {
            group: {
                metric: float(mean_score(row_scores(self.rows[metric][labels == group].sum(axis=0))))
                for metric in metrics
            }
            for group in dict.fromkeys(labels.tolist())
        }

    def write(self, path: Path) -> None:
        """Write a compressed ``.npz``, whole or not at all."""
        buffer = io.BytesIO()
        rows = {_ROWS + name: each for name, each in self.rows.items()}
        parts: dict[str, Any] = {"ids": np.array(self.ids, np.str_), "epoch": np.array(self.epoch), **rows}
        np.savez_compressed(buffer, **parts)
        write_bytes(path, buffer.getvalue())

    @classmethod
    def read(cls, path: Path) -> "ImageScores":
        """Read what :meth:`write` wrote.

        Raises:
            StoredFileError: If it cannot be read, or does not fit together.
        """
        if not path.is_file():
            raise StoredFileError(f"has no {path.name}")
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                ids = tuple(str(name) for name in file["ids"].tolist())
                epoch = int(file["epoch"])
                rows = {name.removeprefix(_ROWS): file[name] for name in file.files if name.startswith(_ROWS)}
        except UNREADABLE as error:
            reason = next(iter(str(error).splitlines()), "") or type(error).__name__
            raise StoredFileError(f"{path.name} is damaged: {reason}") from None
        wrong = [each for each in rows.values() if not _fits(each, len(ids))]
        if wrong or len(set(ids)) != len(ids):
            raise StoredFileError(f"{path.name} is damaged: its parts do not fit together")
        return cls(ids, rows, epoch)


def _fits(rows: Any, number: int) -> bool:  # noqa: ANN401  (what a file holds)
    is_table = isinstance(rows, np.ndarray) and rows.dtype == np.float64 and rows.ndim == 3 and len(rows) == number
    return is_table and rows.shape[2] > 1 and bool(np.isfinite(rows).all() and (rows[..., 0] >= 0).all())
