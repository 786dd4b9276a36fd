"""The columns of what a group costs: one place for the text, the Markdown and the page of a comparison."""

from collections.abc import Callable
from typing import NamedTuple

from segcli.comparison.comparison import Cost
from segcli.comparison.figures import MISSING, count, duration, memory


class CostColumn(NamedTuple):
    """A column.

    Attributes:
        heading: Of it.
        cell: Writes a group's.
        page_only: Whether the tables of text have no room for it.
    """

    heading: str
    cell: Callable[[Cost], str]
    page_only: bool = False


def _digits(value: float | None, unit: float = 1.0) -> str:
    return MISSING if value is None else f"{value / unit:.3g}"


COST_COLUMNS = (
    CostColumn("params", lambda cost: count(cost.parameters)),
    CostColumn("GFLOPs", lambda cost: _digits(cost.flops_per_image, 1e9)),
    CostColumn("img/s", lambda cost: _digits(cost.images_per_s)),
    CostColumn("memory", lambda cost: memory(cost.peak_memory_bytes)),
    CostColumn("training", lambda cost: duration(cost.train_s), page_only=True),
    CostColumn("device", lambda cost: cost.device or MISSING, page_only=True),
)
"""Parameters, forward pass per image, training images per second, peak memory, time of training."""
