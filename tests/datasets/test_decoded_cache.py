import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from segcli.datasets.decoded_cache import DecodedCache, decoded_bytes, make_room
from segcli.datasets.hugging_face import HuggingFace
from segcli.datasets.image_file import ImageMode
from segcli.datasets.label_table import label_table
from segcli.datasets.record import paired
from segcli.datasets.record_dataset import RecordDataset
from segcli.datasets.record_labels import TableLabels
from segcli.sample import DataError
from tests.datamodules.data import write_image, write_mask
from tests.datasets.tables import rows, write_parquet

LABELS = TableLabels(label_table(["a", "b"], None))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Images of several sizes with masks."""
    for number in range(5):
        write_image(tmp_path / "images" / f"{number}.png", 8 + number, 20)
        write_mask(tmp_path / "labels" / f"{number}.png", (0, 1), 8 + number, 20)
    return tmp_path


def dataset(root: Path, mode: ImageMode = "RGB") -> RecordDataset:
    images = sorted((root / "images").iterdir())
    return RecordDataset(paired((image, root / "labels" / f"{image.stem}.png") for image in images), LABELS, None, mode)


def assert_same(cache: DecodedCache, data: RecordDataset) -> None:
    for index in range(len(data)):
        for cached, decoded in zip(cache.load(index), data.load(index), strict=True):
            np.testing.assert_array_equal(cached, decoded, strict=True)


@pytest.mark.parametrize("mode", ["RGB", "L", "native"])
def test_samples_are_those_that_are_decoded(root: Path, tmp_path: Path, mode: ImageMode) -> None:
    data = dataset(root, mode)
    assert DecodedCache.known(data, tmp_path / "c") is None
    assert_same(DecodedCache.built(data, tmp_path / "c"), data)
    known = DecodedCache.known(data, tmp_path / "c")
    assert known is not None
    assert_same(known, data)


def test_any_type_of_image_is_kept(root: Path) -> None:
    for number in range(5):
        (root / "images" / f"{number}.png").unlink()
        tifffile.imwrite(root / "images" / f"{number}.tif", np.full((8 + number, 20), number / 3, np.float32))
    data = dataset(root, "native")
    assert_same(DecodedCache.built(data, root / "c"), data)


def _changed(file: Path) -> None:
    before = file.stat()
    with Image.open(file) as image:
        pixels = np.array(image)
    Image.fromarray(255 - pixels).save(file)
    content = file.read_bytes().ljust(before.st_size, b"\0")
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))  # as tools do that keep times


def test_what_was_changed_is_decoded_anew(root: Path, tmp_path: Path) -> None:
    DecodedCache.built(dataset(root), tmp_path / "c")
    _changed(root / "images" / "3.png")
    assert DecodedCache.known(dataset(root), tmp_path / "c") is None
    assert_same(DecodedCache.built(dataset(root), tmp_path / "c"), dataset(root))


def test_masks_are_those_of_the_table_and_images_those_of_the_mode(root: Path, tmp_path: Path) -> None:
    data = dataset(root)
    DecodedCache.built(data, tmp_path / "c")
    others = TableLabels(label_table(["b", "a"], {0: "a", 1: "b"}))
    for other in (dataset(root, "L"), RecordDataset(data.records, others), RecordDataset(data.records[:4], LABELS)):
        assert DecodedCache.known(other, tmp_path / "c") is None
        assert_same(DecodedCache.built(other, tmp_path / "c"), other)


def test_a_cache_that_is_not_whole_is_none(root: Path, tmp_path: Path) -> None:
    data, folder = dataset(root), tmp_path / "c"
    for name in ("*.pixels", "*.json"):
        DecodedCache.built(data, folder)
        (file,) = folder.glob(name)
        file.write_bytes(file.read_bytes()[:-1])
        assert DecodedCache.known(data, folder) is None
        assert_same(DecodedCache.built(data, folder), data)


def test_a_cache_that_is_removed_stays_with_those_that_have_it(root: Path, tmp_path: Path) -> None:
    data = dataset(root)
    for cache in (DecodedCache.built(data, tmp_path / "c"), DecodedCache.known(data, tmp_path / "c")):
        make_room(tmp_path / "c", 0)
        assert cache is None or cache.load(0)[0].any()


def test_a_file_at_fault_leaves_nothing(root: Path, tmp_path: Path) -> None:
    (root / "images" / "4.png").write_bytes(b"x")
    with pytest.raises(DataError, match=r"4\.png"):
        DecodedCache.built(dataset(root), tmp_path / "c")
    assert not [*(tmp_path / "c").glob("*.pixels"), *(tmp_path / "c").glob(".*")]


BUILD = """
import sys, time
from pathlib import Path
from tests.datasets.test_decoded_cache import dataset
from segcli.datasets.decoded_cache import DecodedCache
root, wait = Path(sys.argv[1]), float(sys.argv[2])
built = []
def advance():
    built.append(1)
    print("decoding", flush=True)
    time.sleep(wait)
DecodedCache.built(dataset(root), root / "c", advance)
print(len(built))
"""


def process(root: Path, wait: float) -> "subprocess.Popen[str]":
    words = [sys.executable, "-c", textwrap.dedent(BUILD), str(root), str(wait)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def test_a_process_that_is_killed_leaves_it_to_the_next(root: Path) -> None:
    with process(root, 60) as first:
        assert first.stdout is not None
        assert first.stdout.readline().startswith("decoding")
        second = process(root, 0)
        first.send_signal(signal.SIGKILL)
    out, _ = second.communicate(timeout=120)
    assert out.splitlines()[-1] == "5"
    assert_same(DecodedCache.built(dataset(root), root / "c"), dataset(root))
    assert sorted(path.suffix for path in (root / "c").iterdir()) == [".json", ".lock", ".pixels"]


def test_one_of_several_decodes(root: Path, tmp_path: Path) -> None:
    decoded = list[int]()

    def build(_number: int) -> DecodedCache:
        return DecodedCache.built(dataset(root), tmp_path / "c", lambda: decoded.append(1))

    with ThreadPoolExecutor(3) as pool:
        for cache in pool.map(build, range(3)):
            assert_same(cache, dataset(root))
    assert len(decoded) == 5


def test_samples_from_a_cache_belong_to_nobody_else(
    root: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    data = dataset(root)
    data.cache = DecodedCache.built(data, tmp_path / "c")
    sample = data[2]
    sample["image"].zero_()
    sample["mask"].zero_()
    assert data[2]["image"].any()
    assert not recwarn.list  # torch warns of arrays that may not be written to
    assert all(torch.equal(data[1][key], dataset(root)[1][key]) for key in ("image", "mask"))


def test_the_size_is_about_that_of_the_decoded_split(root: Path, tmp_path: Path) -> None:
    expected = sum((8 + number) * 20 * 4 for number in range(5))
    assert decoded_bytes(dataset(root)) == expected
    assert decoded_bytes(dataset(root), most=2) == pytest.approx(expected, rel=0.01)
    DecodedCache.built(dataset(root), tmp_path / "c")
    (file,) = (tmp_path / "c").glob("*.pixels")
    assert expected <= file.stat().st_size < expected + 64 * 10


def test_the_longest_unused_are_removed_first(tmp_path: Path) -> None:
    for number, name in enumerate("abc"):
        (tmp_path / f"{name}.json").touch()
        (tmp_path / f"{name}.pixels").write_bytes(bytes(100))
        os.utime(tmp_path / f"{name}.json", (number, number))
    make_room(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.json", "b.pixels", "c.json", "c.pixels"]
    make_room(tmp_path / "none", 0)


def test_rows_of_one_file_have_caches_of_their_own(tmp_path: Path) -> None:
    write_parquet(tmp_path / "train.parquet", rows(4))
    records = HuggingFace(tmp_path).records()
    for part in (records[:2], records[2:], records[:2][::-1]):
        data = RecordDataset(part, LABELS)
        assert_same(DecodedCache.built(data, tmp_path / "cache"), data)
    assert len(list((tmp_path / "cache").glob("*.pixels"))) == 3
