import inspect
import re

import pytest
from torchvision.datasets import OxfordIIITPet, voc

from segcli.downloads.data_set import DataSet
from segcli.downloads.known import DATA_SETS, data_set_of
from tests.test_data_presets import keys_of

every_set = pytest.mark.parametrize("data", DATA_SETS.values(), ids=DATA_SETS)


@every_set
def test_every_data_set_can_be_compared_with_something(data: DataSet) -> None:
    folders = {
        pattern.format(split=split).partition("/")[0] for split in ("train", "val") for pattern in _folders(data)
    }
    for archive in data.archives:
        assert archive.url.startswith("https://")
        assert re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", archive.checksum) or set(data.pixels) == folders
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in data.pixels.values())
    assert len(set(data.pixels.values())) == len(data.pixels)
    assert data.size <= data.most_unpacked


def _folders(data: DataSet) -> list[str]:
    return [pattern.replace("{name}", "") for pattern in (data.layout.image, data.layout.mask)]


@every_set
def test_every_data_set_has_its_preset_with_the_same_splits(data: DataSet) -> None:
    assert set(data.layout.splits) == set(data.images)
    keys = keys_of(data.name)
    assert data_set_of(keys["image"], keys["mask"], keys.get("split_files")) is data


@pytest.mark.parametrize(
    "patterns",
    [
        (None, None, None),
        ("{name}.png", "{name}.png", None),
        ("images/{name}.jpg", "annotations/trimaps/{name}.png", None),
    ],
)
def test_other_patterns_are_of_none(patterns: tuple[str | None, str | None, str | None]) -> None:
    assert data_set_of(*patterns) is None


def test_addresses_and_checksums_are_those_of_torchvision() -> None:
    pets = inspect.getsource(OxfordIIITPet)
    for archive in DATA_SETS["pet"].archives:
        assert f'("{archive.url}", "{archive.checksum.removeprefix("md5:")}")' in pets
    (archive,), known = DATA_SETS["voc"].archives, voc.DATASET_YEAR_DICT["2012"]
    assert (archive.url, archive.checksum, archive.folder) == (known["url"], f"md5:{known['md5']}", known["base_dir"])
