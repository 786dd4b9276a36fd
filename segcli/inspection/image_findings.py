"""Findings about images: of which sizes they are."""

from collections import Counter
from collections.abc import Iterator, Sequence

from segcli.inspection.finding import Finding
from segcli.inspection.scan import Scan


def image_sizes(scans: Sequence[Scan]) -> Iterator[Finding]:
    """Yield that images are of several sizes.

    Args:
        scans: The splits.
    """
    sizes = Counter(image.size for scan in scans for image in scan.images if image.size is not None)
    if len(sizes) < 2:
        return
    area = sorted(sizes, key=lambda size: size[0] * size[1])
    (height, width), count = sizes.most_common(1)[0]
    message = (
        f"images are of {len(sizes)} sizes, from {area[0][1]} x {area[0][0]} to {area[-1][1]} x {area[-1][0]} px; "
        f"{count} of {sizes.total()} are {width} x {height} px"
    )
    advice = "a random crop or a resize in data.train_transforms makes batches of one size"
    yield Finding("note", "image-sizes", message, advice)
