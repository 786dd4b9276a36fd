from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.datasets import known_class_counts as module
from segcli.datasets.class_counts import ClassCounts, count_classes
from segcli.datasets.known_class_counts import known_class_counts
from segcli.datasets.label_mapping import LabelMapping
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.sample_dataset import SampleDataset
from tests.datasets.data import of_classes, of_pairs, table_labels

NAMES = ("a", "b")


def data(folder: Path, *labels: int, yes: int = 255) -> RecordDataset:
    """Images of 2 x 2 px, of one label each."""
    folder.mkdir(exist_ok=True)
    pairs = [(folder / f"{number}.jpg", folder / f"{number}.png") for number in range(len(labels))]
    for label, (image, mask) in zip(labels, pairs, strict=True):
        Image.new("RGB", (2, 2)).save(image)
        Image.fromarray(np.full((2, 2), label * yes, np.uint8)).save(mask)
    return of_pairs(pairs, LabelMapping({0: 0, yes: 1}))


@pytest.fixture
def counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[SampleDataset]:
    """What was counted, with a cache that is empty at first."""
    found: list[SampleDataset] = []

    def count(dataset: SampleDataset, classes: tuple[str, ...]) -> ClassCounts:
        found.append(dataset)
        return count_classes(dataset, classes)

    monkeypatch.setenv("SEGCLI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "count_classes", count)
    return found


def test_a_split_is_counted_once_wherever_it_lies(tmp_path: Path, counted: list[SampleDataset]) -> None:
    first, moved = data(tmp_path / "x", 0, 1, 1), data(tmp_path / "y", 0, 1, 1)

    found = [known_class_counts(each, NAMES) for each in (first, first, moved)]

    assert counted == [first]
    assert found == [count_classes(first, NAMES)] * 3
    assert known_class_counts(moved, ("c", "d")).classes == ("c", "d")
    assert known_class_counts(moved, ("c", "d", "e")).pixels == (4, 8, 0)


def test_other_masks_and_other_labels_are_counted(tmp_path: Path, counted: list[SampleDataset]) -> None:
    splits = [data(tmp_path / "x", 0, 1), data(tmp_path / "y", 1, 0), data(tmp_path / "z", 0, 1, yes=1)]
    splits.append(RecordDataset(splits[0].records, table_labels(LabelMapping({0: 1, 255: 0}))))
    splits.append(RecordDataset(splits[0].records[:1], splits[0].labels))

    for each in splits:
        assert known_class_counts(each, NAMES) == count_classes(each, NAMES)

    assert counted == splits


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"0" * 16 + b"\n[[1, 2]]\n", "digit"])
def test_a_damaged_cache_is_counted_again(tmp_path: Path, counted: list[SampleDataset], damage: bytes | str) -> None:
    split = data(tmp_path / "x", 0, 1, 1)
    expected = known_class_counts(split, NAMES)
    (file,) = (tmp_path / "cache" / "class_counts").iterdir()
    content = file.read_bytes()
    file.write_bytes(damage if isinstance(damage, bytes) else content.replace(b"[4, 8]", b"[4, 9]"))

    assert known_class_counts(split, NAMES) == expected

    assert len(counted) == 2
    assert file.read_bytes() == content


def test_a_cache_that_cannot_be_written_does_no_harm(tmp_path: Path, counted: list[SampleDataset]) -> None:
    (tmp_path / "cache").touch()
    split = data(tmp_path / "x", 0, 1)

    assert known_class_counts(split, NAMES) == known_class_counts(split, NAMES) == count_classes(split, NAMES)
    assert len(counted) == 2


class Own(RecordDataset):
    """A user's own reader: what it makes of a file is not known from the file."""


def test_what_a_class_of_a_user_s_own_reads_is_always_counted(tmp_path: Path, counted: list[SampleDataset]) -> None:
    split = data(tmp_path / "x", 0, 1)
    own = Own(split.records, split.labels)

    for each in (split, own, own):
        known_class_counts(each, NAMES)

    assert counted == [split, own, own]


def test_a_label_without_a_file_has_the_pixels_of_its_image(tmp_path: Path, counted: list[SampleDataset]) -> None:
    image, mask = data(tmp_path / "x", 1, 0).records[0].files
    splits = [of_classes([(image, [mask, None])]), of_classes([(image, [mask, mask])])]
    large = tmp_path / "large.png"
    Image.new("RGB", (4, 4)).save(large)
    splits += [of_classes([(path, [None, None])]) for path in (image, large)]

    for each in splits:
        assert known_class_counts(each, NAMES) == count_classes(each, NAMES)

    assert counted == splits
