"""What images of mode ``native`` need to be, once their files are known."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from segcli.datasets.record_image import require_form
from segcli.datasets.sample_dataset import SampleDataset
from segcli.datasets.shown_channels import require_shown
from segcli.sample import DataError
from segcli.transforms.seeded_compose import SeededCompose

_LOOKED_AT = 16
"""Images of floats whose range is looked at, spread over the split."""


def require_native(
    dataset: SampleDataset,
    transform: SeededCompose,
    display_channels: Sequence[int] | None,
    others: Iterable[SampleDataset] = (),
) -> None:
    """Refuse transforms and channels of pictures that images of a split cannot have; other modes say it before.

    Args:
        dataset: The split.
        transform: Its transforms.
        display_channels: Value of ``data.display_channels``.
        others: Splits that were prepared before.

    Raises:
        DataError: If there is one, images are of another form than those of other splits, or none can be read.
    """
    form = dataset.image_form
    if form is None:
        return
    for other in others:
        if other.image_form is not None:
            require_form(Path(dataset.paths()[0]), form, other.image_form)
    require_shown(display_channels, "native", form)
    span = _span(dataset) if form.dtype == "float32" else (0.0, 1.0)
    transform.require_values(form.channels, form.dtype, span)


def _span(dataset: SampleDataset) -> tuple[float, float]:
    """Return the least and the greatest value of some images; those at fault are told with all others."""
    low, high = 0.0, 1.0
    for index in np.unique(np.linspace(0, len(dataset) - 1, _LOOKED_AT).astype(int)):
        with suppress(DataError):
            image, _ = dataset.load(int(index))
            low, high = min(low, float(image.min())), max(high, float(image.max()))
    return low, high
