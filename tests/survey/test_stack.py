from collections.abc import Mapping, Sequence

import pytest

from segcli.survey.pairing import Pairing
from segcli.survey.picture import Picture
from segcli.survey.stack import stacked


def pairing(image: str, masks: Mapping[str, Sequence[str]] | None = None) -> Pairing:
    return Pairing(image, "m/{name}.png", masks or {image: ["m/a.png"]}, (), 0, {})


def seen(channels: int) -> Picture:
    return Picture((8, 8), "L" if channels == 1 else "RGB", 8, channels, 99, False, False, False, False)


@pytest.mark.parametrize(
    ("images", "pattern", "parts"),
    [
        (("i/{name}_0001.png", "i/{name}_0000.png"), "i/{name}_{channel}.png", ["0000", "0001"]),
        (("s/vv/{name}.tif", "s/vh/{name}.tif"), "s/{channel}/{name}.tif", ["vh", "vv"]),
        (("{name}_B1.tif", "{name}_B2.tif", "{name}_B8A.tif"), "{name}_{channel}.tif", ["B1", "B2", "B8A"]),
    ],
)
def test_patterns_that_differ_in_a_word_are_channels(images: Sequence[str], pattern: str, parts: list[str]) -> None:
    found = stacked([pairing(image) for image in images], [seen(1)])
    assert found is not None
    assert (found.image, found.texts) == (pattern, parts)


def test_others_are_images_of_their_own() -> None:
    both = [pairing("a/{name}.png"), pairing("b/{name}.png")]
    assert stacked(both, [seen(1)]) is not None
    assert stacked(both, [seen(3)]) is None  # photos
    assert stacked(both[:1], [seen(1)]) is None
    assert stacked([both[0], pairing("b/{name}.png", {"b/x.png": ["m/x.png"]})], [seen(1)]) is None  # other masks
    assert stacked([pairing("{name}.png"), pairing("sub/{name}.png")], [seen(1)]) is None
