"""What an exported file says of itself: all that who uses it has to know, and where it came from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any


class ExportError(ValueError):
    """A model that cannot be exported, or a file that cannot be used; the message says why and what to do."""


KEY = "segcli"
"""Under which a file holds its description, as JSON."""


@dataclass(frozen=True)
class Description:
    """What is in a file.

    Attributes:
        classes: Names, in the order of their indices.
        colours: Of the classes, ``#rrggbb``.
        task: Value of ``model.task``.
        outputs: Names of what it returns.
        dtype: Type of the pixels that it takes, ``uint8``, ``uint16`` or ``float32``.
        channels: Channels of an image.
        image_mode: Value of ``data.image_mode``, such as ``RGB``: what the channels are.
        size: The one height and width that it takes; None for any size.
        least: Smallest height and width, in pixels, that it was made for.
        any_batch: Whether it takes any number of images at once, or one.
        origin: Where it came from: checkpoint with its sha256, experiment and its hash, commit, versions.
        agreement: What the file was found to do on images of the validation split; empty where it was not tried.
        int8_images: Images that a file of 8-bit weights was calibrated on; 0 for float32.
        thresholds: Of the probabilities that labels are decided on; None for one half, or where the highest counts.
        inference: What the experiment's section of that name sets beside, which is not in the file: tiles, test-time
            augmentation, clean regions. ``segcli predict`` follows it.
    """

    classes: Sequence[str]
    colours: Sequence[str]
    task: str
    outputs: Sequence[str]
    dtype: str
    channels: int
    image_mode: str
    size: Sequence[int] | None
    least: int
    any_batch: bool
    origin: Mapping[str, Any]
    agreement: Mapping[str, Any]
    int8_images: int = 0
    thresholds: Sequence[float] | None = None
    inference: Mapping[str, Any] = field(default_factory=dict)

    def with_agreement(self, agreement: Mapping[str, Any]) -> "Description":
        """Return the same with what was found."""
        return replace(self, agreement=agreement)

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    @classmethod
    def of_text(cls, text: str | None, file: object) -> "Description":
        """Read what :meth:`text` wrote.

        Args:
            text: JSON; None where the file holds none.
            file: Where it is from, for the error.

        Raises:
            ExportError: If it is none.
        """
        try:
            return cls(**json.loads(text or ""))
        except (ValueError, TypeError):
            raise ExportError(
                f"{file} holds no description of segcli, or one of another version; export the checkpoint again"
            ) from None
