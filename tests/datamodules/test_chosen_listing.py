from pathlib import Path
from typing import Any

import pytest

from segcli.datamodules.chosen_listing import ListingKeys, chosen_listing
from segcli.datasets.coco_listing import CocoListing
from segcli.datasets.hugging_face import HuggingFace
from segcli.datasets.manifest_listing import ManifestListing
from segcli.datasets.outline_listing import OutlineListing
from segcli.datasets.pattern_listing import PatternListing
from segcli.sample import DataError

ROOT = Path("data")
GIVEN: dict[str, Any] = {
    "image": "{name}.png",
    "manifest": "a.csv",
    "coco": {"train": "a.json"},
    "outlines": "a.xml",
    "listing": HuggingFace,
}


@pytest.mark.parametrize(
    ("name", "kind", "masks"),
    [
        ("image", PatternListing, "values"),
        ("manifest", ManifestListing, "values"),
        ("coco", CocoListing, "shapes"),
        ("outlines", OutlineListing, "shapes"),
        ("listing", HuggingFace, "values"),
    ],
)
def test_each_key_has_its_listing(name: str, kind: type, masks: str) -> None:
    found = chosen_listing(ROOT, ListingKeys(**{name: GIVEN[name]}))
    assert type(found) is kind
    assert (found.root, found.mask_kind) == (ROOT, masks)


def test_without_a_key_there_is_none() -> None:
    assert chosen_listing(ROOT, ListingKeys()) is None


@pytest.mark.parametrize("name", GIVEN)
def test_two_of_them_are_refused(name: str) -> None:
    other = "manifest" if name != "manifest" else "listing"
    for keys in ({name: GIVEN[name], other: GIVEN[other]}, {name: GIVEN[name], "mask": "{name}.png"}):
        if "mask" in keys and name == "image":
            continue
        with pytest.raises(DataError, match=r"got two of image \(with mask\), manifest, coco, outlines and listing"):
            chosen_listing(ROOT, ListingKeys(**keys))
