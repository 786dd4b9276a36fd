"""How much of each class a data set holds, and how large its objects and images are. Free of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ObjectSizes:
    """Sizes of the objects of a class: connected pixels, also over corners, of one image.

    Attributes:
        count: How many there are.
        low: Size in pixels that 5 % are below.
        median: The median of the sizes, in pixels.
        high: Size in pixels that 5 % are above.
    """

    count: int
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class ClassStatistics:
    """What there is of one class in a split.

    Attributes:
        name: Its name.
        pixels: Its pixels.
        share: Of all pixels that are not ignored, 0 to 1; None if all are.
        images: Images in which it occurs.
        objects: Its objects; None if there are none.
    """

    name: str
    pixels: int
    share: float | None
    images: int
    objects: ObjectSizes | None


@dataclass(frozen=True)
class SplitStatistics:
    """What there is in one split, as it is on disk, before any transform.

    Attributes:
        split: Its name.
        images: Number of images.
        sizes: Number of images by height and width in pixels, the most frequent first.
        ignored: Share of pixels that no loss and no metric sees, 0 to 1.
        classes: One for each, in their order.
        mean: Of each channel over all pixels, 0 to 1.
        std: Standard deviation of each, the same way.
    """

    split: str
    images: int
    sizes: Mapping[tuple[int, int], int]
    ignored: float
    classes: Sequence[ClassStatistics]
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class DataStatistics:
    """What there is in a data set.

    Attributes:
        name: Of the experiment whose data they are.
        splits: One for each split.
        colours: Of the classes, such as ``#ff0000``.
    """

    name: str
    splits: Sequence[SplitStatistics]
    colours: Sequence[str]
