"""The contract of a metric that an experiment names in ``model.metrics``."""

import inspect
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segcli.image_rows import row_scores
from segcli.metrics.evaluated import Evaluated
from segcli.processes import process_group
from segcli.score_spec import MetricSpec

Floats = NDArray[np.float64]
_NO_DEFINITION = ("name", "group")


class Metric(nn.Module, ABC):
    """Measure an evaluation, batch by batch and over all ranks.

    The class attributes are plain values in the text of the class: the composer reads them without importing it.

    Args:
        name: Under which its scores are logged; None for the class's own.

    Attributes:
        name: Of the score of a whole set, as logged after the stage.
        class_name: Of the score of every class; empty where it has none. The score of the set then is the mean over the
            classes that have a number.
        higher_is_better: Whether more of it is better.
        title: Of the score in tables.
        class_title: Of the score of every class in tables, where that is another.
        by_image: Whether it derives from :class:`ImageMetric`.
        of_sigmoids: Whether the first of two classes in one sigmoid has none.
    """

    name: ClassVar[str]
    class_name: ClassVar[str] = ""
    higher_is_better: ClassVar[bool]
    title: ClassVar[str] = ""
    class_title: ClassVar[str] = ""
    by_image: ClassVar[bool] = False
    of_sigmoids: ClassVar[bool] = False

    def __init__(self, name: str | None = None) -> None:
        super().__init__()
        for attribute in ("name", "higher_is_better"):
            if not hasattr(type(self), attribute):
                raise ValueError(f"{type(self).__name__} got no {attribute}, expected it among the class's attributes.")
        self.own_name, self.task, self.num_classes = name, "multiclass", 0

    @property
    def spec(self) -> MetricSpec:
        """What is known of it before it measures anything."""
        cls = type(self)
        named = MetricSpec(
            cls.name,
            cls.class_name,
            cls.higher_is_better,
            cls.title,
            cls.class_title,
            cls.by_image,
            cls.of_sigmoids,
            self.definition,
        )
        return named.named(self.own_name)

    @property
    def definition(self) -> str:
        """Its class and the arguments that it keeps under their own names."""
        arguments = [name for name in inspect.signature(type(self)).parameters if name not in _NO_DEFINITION]
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in arguments if hasattr(self, name))
        return f"{type(self).__name__}({values})"

    def begin(self, task: str, num_classes: int) -> None:
        """Learn what is to be measured, once, before the first update.

        Args:
            task: ``multiclass``, ``binary`` or ``multilabel``.
            num_classes: K; 2 for a binary task.
        """
        self.task, self.num_classes = task, num_classes

    @abstractmethod
    def update(self, batch: Evaluated) -> None:
        """Add a batch."""

    @abstractmethod
    def compute(self) -> Tensor:
        """Return a scalar or, with a ``class_name``, ``(K,)`` of everything added since the last reset, on all ranks.

        NaN stands for what cannot be said. With several ranks, all of them have to call this.
        """

    @abstractmethod
    def reset(self) -> None:
        """Forget everything added."""


class ImageMetric(Metric):
    """A metric that follows from what each image adds to it, see :mod:`segcli.image_rows`.

    Runs keep what each image adds, so that comparisons are paired by image and their intervals cover the choice of
    images. The order of images changes nothing: they are added up in the order of their paths.

    Args:
        name: Under which its scores are logged; None for the class's own.
        group: Whether results have its score of every group of images (``data.group``) too.

    Attributes:
        images: Paths of the images of the last :meth:`compute`, and their ``(N, S, 1 + M)`` rows.
    """

    by_image: ClassVar[bool] = True

    def __init__(self, name: str | None = None, group: bool = False) -> None:
        super().__init__(name)
        self.group = group
        self.images: tuple[list[str], Floats] = ([], np.zeros((0, 1, 2)))
        self._paths: list[str] = []
        self._rows: list[Floats] = []

    @abstractmethod
    def rows(self, batch: Evaluated) -> Floats:
        """Return ``(B, S, 1 + M)`` weights and parts of the images; S is K with a ``class_name``, else 1."""

    def update(self, batch: Evaluated) -> None:
        """Add a batch."""
        self._rows.append(self.rows(batch))
        self._paths.extend(batch.paths)

    def compute(self) -> Tensor:
        """Return the score of all images, on all ranks together."""
        own = self._paths, self._rows
        gathered = [own]
        if group := process_group():
            gathered = [own] * group.get_world_size()
            group.all_gather_object(gathered, own)
        paths = [path for of_rank, _ in gathered for path in of_rank]
        parts = [part for _, of_rank in gathered for part in of_rank]
        size = self.num_classes if self.class_name else 1
        rows = np.concatenate(parts) if parts else np.zeros((0, size, 2))
        order = sorted(range(len(paths)), key=paths.__getitem__)
        self.images = [paths[at] for at in order], rows[order]
        values = row_scores(self.images[1].sum(axis=0))
        return torch.from_numpy(values if self.class_name else values[0:1].reshape(()))

    def reset(self) -> None:
        """Forget everything added."""
        self._paths, self._rows = [], []
