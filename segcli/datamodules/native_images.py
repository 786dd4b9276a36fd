"""What images of mode ``native`` need to be, once their files are known."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from numpy.typing import NDArray

from segcli.datasets.sample_dataset import SampleDataset
from segcli.datasets.shown_channels import require_shown
from segcli.sample import DataError
from segcli.transforms.seeded_compose import SeededCompose


def require_native(dataset: SampleDataset, transform: SeededCompose, display_channels: Sequence[int] | None) -> None:
    """Refuse transforms and channels of pictures that images of a split cannot have; other modes say it before.

    Args:
        dataset: The split.
        transform: Its transforms.
        display_channels: Value of ``data.display_channels``.

    Raises:
        DataError: If there is one, or no image can be read.
    """
    if dataset.image_form is None:
        return
    require_shown(display_channels, "native", dataset.image_form)
    if (image := _first_image(dataset)) is not None:
        transform.require_values(image)


def _first_image(dataset: SampleDataset) -> NDArray[Any] | None:
    """Return an image; None if it is at fault, which is told with all others."""
    with suppress(DataError):
        return dataset.load(0)[0]
    return None
