import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from segcli.datamodules.chosen_listing import ListingKeys, chosen_listing
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.datasets.coco_listing import CocoListing
from segcli.datasets.hugging_face import HuggingFace
from segcli.datasets.listing import Listing, MaskKind
from segcli.datasets.manifest_listing import ManifestListing
from segcli.datasets.outline_listing import OutlineListing
from segcli.datasets.pattern_listing import PatternListing
from segcli.datasets.record import MaskFile, Record
from segcli.sample import DataError
from tests.datamodules.data import write_image, write_mask

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


class Own(Listing):
    """Three images with what a test gives each as masks."""

    def __init__(self, root: Path, masks: Sequence[MaskFile] = (), kind: MaskKind = "values") -> None:
        super().__init__(root)
        self.masks, self.mask_kind = tuple(masks), kind

    def images(self) -> list[Record]:
        return [Record(f"{n}", self.root / f"{n}.png", self.masks, group=f"{n}") for n in range(3)]


def loaded(root: Path, kind: MaskKind, masks: Sequence[MaskFile], **keys: Any) -> Any:  # noqa: ANN401  (a mask)
    for number in range(3):
        write_image(root / f"{number}.png")
    write_mask(root / "cat.png", (0, 1))
    write_mask(root / "dog.png", (1, 0))
    shapes = [{"label": "cat", "shape_type": "rectangle", "points": [[0, 0], [3, 3]]}]
    (root / "cat.json").write_text(json.dumps({"shapes": shapes}))
    data = PatternDataModule(str(root), listing=partial(Own, masks=masks, kind=kind), **keys)
    data.prepare("val")
    return data.datasets["val"].load_mask(0)


def test_masks_are_of_the_kind_that_a_listing_says(tmp_path: Path) -> None:
    cat, dog = (MaskFile(tmp_path / f"{name}.png", name) for name in ("cat", "dog"))
    values = loaded(tmp_path, "values", [MaskFile(tmp_path / "cat.png")], classes=["ground", "cat"])
    assert values[0].tolist() == [0, 1] * 10
    exclusive = loaded(tmp_path, "classes", [cat, dog], classes=["cat", "dog"])
    assert exclusive[0].tolist() == [1, 0] * 10
    channels = loaded(tmp_path, "classes", [cat, dog], classes=["cat", "dog"], multilabel=True)
    assert channels[:, 0].tolist() == [[0, 1] * 10, [1, 0] * 10]
    drawn = loaded(tmp_path, "shapes", [MaskFile(tmp_path / "cat.json")], classes=["ground", "cat"])
    assert drawn[0].tolist() == [1] * 4 + [0] * 16


@pytest.mark.parametrize(
    ("kind", "keys", "message"),
    [
        ("classes", {"classes": ["cat"]}, "the class of data.listing is dog, which data.classes"),
        ("classes", {"classes": ["cat", "dog", "owl"]}, "no mask has owl as the class of data.listing; there are cat"),
        ("values", {"classes": ["a", "b"], "multilabel": True}, "data.multilabel got true, expected"),
        ("values", {"classes": ["a", "b"], "image_dir": "x"}, "got image_dir or mask_dir beside image"),
    ],
)
def test_what_does_not_go_with_a_listing_is_told(
    kind: MaskKind, keys: dict[str, Any], message: str, tmp_path: Path
) -> None:
    masks = [MaskFile(tmp_path / f"{name}.png", name) for name in ("cat", "dog")]
    with pytest.raises(DataError, match=message):
        loaded(tmp_path, kind, masks, **keys)
