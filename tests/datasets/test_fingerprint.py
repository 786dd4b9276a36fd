import shutil
from pathlib import Path

import pytest
from PIL import Image

from segcli.datasets import known_files
from segcli.datasets.fingerprint import Fingerprint, KnownContent, fingerprint, known_digests
from segcli.datasets.known_files import KnownFiles
from segcli.datasets.label_mapping import LabelMapping
from segcli.datasets.mask_check import MaskCheck
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.shapes_dataset import ShapesDataset
from tests.datasets.data import of_classes, of_pairs


def _dataset(folder: Path, names: tuple[str, ...] = ("a", "b", "c")) -> RecordDataset:
    for part in ("image", "mask"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        for value, name in enumerate(names):
            if not (folder / part / f"{name}.png").exists():
                Image.new("L", (4, 4), value % 2).save(folder / part / f"{name}.png")
    pairs = [(folder / "image" / f"{name}.png", folder / "mask" / f"{name}.png") for name in names]
    return of_pairs(pairs, LabelMapping({0: 0, 1: 1}, (), ""))


def test_the_place_of_the_data_does_not_count(tmp_path: Path) -> None:
    here = fingerprint(_dataset(tmp_path / "here"))
    shutil.copytree(tmp_path / "here", tmp_path / "far" / "there")
    assert fingerprint(_dataset(tmp_path / "far" / "there")) == here
    assert here["count"] == 3


@pytest.mark.parametrize("part", ["image", "mask"])
def test_one_other_pixel_is_another_content(tmp_path: Path, part: str) -> None:
    before = fingerprint(_dataset(tmp_path))
    with Image.open(tmp_path / part / "b.png") as image:
        image.putpixel((0, 0), 0)
        image.save(tmp_path / part / "b.png")
    after = fingerprint(_dataset(tmp_path))
    assert after["content"] != before["content"]
    assert after["ids"] == before["ids"]


def test_order_and_names_count(tmp_path: Path) -> None:
    before = fingerprint(_dataset(tmp_path))
    assert fingerprint(_dataset(tmp_path, ("b", "a", "c")))["ids"] != before["ids"]
    (tmp_path / "image" / "c.png").rename(tmp_path / "image" / "d.png")
    (tmp_path / "mask" / "c.png").rename(tmp_path / "mask" / "d.png")
    renamed = fingerprint(_dataset(tmp_path, ("a", "b", "d")))
    assert renamed["content"] == before["content"]
    assert renamed["ids"] != before["ids"]


def test_sizes_alone_read_no_file(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path)
    before = fingerprint(dataset, sizes_only=True)
    assert before["content"].startswith("sizes:")
    path = tmp_path / "image" / "a.png"
    path.write_bytes(bytes(len(path.read_bytes())))
    assert fingerprint(dataset, sizes_only=True) == before
    path.write_bytes(b"")
    assert fingerprint(dataset, sizes_only=True) != before


def test_drawn_pictures_follow_from_their_settings() -> None:
    assert fingerprint(ShapesDataset("val", 5)) == fingerprint(ShapesDataset("val", 5))
    for other in (ShapesDataset("val", 6), ShapesDataset("val", 5, seed=1), ShapesDataset("val", 5, image_size=64)):
        assert fingerprint(other)["content"] != fingerprint(ShapesDataset("val", 5))["content"]


def test_a_missing_mask_is_not_an_empty_one(tmp_path: Path) -> None:
    _dataset(tmp_path)
    image, mask = tmp_path / "image" / "a.png", tmp_path / "mask" / "a.png"
    with_mask, without = (of_classes([(image, [part])]) for part in (mask, None))
    assert fingerprint(with_mask)["content"] != fingerprint(without)["content"]


def test_ids_are_below_the_common_folder(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        _dataset(tmp_path / folder, ("a",))
    pairs = [(tmp_path / folder / "image" / "a.png", tmp_path / folder / "mask" / "a.png") for folder in "xy"]
    assert of_pairs(pairs, LabelMapping({0: 0, 1: 1}, (), "")).ids() == ["x/image/a.png", "y/image/a.png"]


def test_a_known_file_is_not_read_again_and_a_changed_one_alone_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGCLI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(known_files, "RACY_NS", -10_000_000_000)  # as if the files had been written a while before
    dataset = _dataset(tmp_path / "data", tuple(f"{number:04d}" for number in range(1000)))
    opened = list[str]()
    read = KnownFiles.read
    monkeypatch.setattr(KnownFiles, "read", lambda self, path: (opened.append(path), read(self, path))[1])

    def taken(is_trusted: bool = True) -> tuple[Fingerprint, int]:
        opened.clear()
        known = known_digests(tmp_path / "data", is_trusted)
        assert known is not None
        check = MaskCheck(dataset, "all", right)
        found = fingerprint(dataset, check=check, content=KnownContent(dataset, known))
        known.save()
        right.update(check.right)
        return found, len(opened)

    right, plain = set[bytes](), fingerprint(dataset)
    assert [taken(), taken(), taken(is_trusted=False)] == [(plain, 2000), (plain, 0), (plain, 2000)]
    changed = tmp_path / "data" / "mask" / "0500.png"
    changed.write_bytes((tmp_path / "data" / "mask" / "0501.png").read_bytes())
    assert taken() == (fingerprint(dataset), 2)
    assert taken()[0] != plain
    assert taken()[1] == 0
