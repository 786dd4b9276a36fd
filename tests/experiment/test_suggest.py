import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.cli.main import main
from segcli.config.errors import ConfigError
from segcli.datasets.shapes_dataset import ShapesDataset
from segcli.experiment.arguments import RunArguments
from segcli.experiment.data import build_data
from segcli.experiment.suggest import Request, Suggested, suggest_for

CELLS = """
extends: segcli:quickstart
data: !replace {class_path: FolderDataModule, root: cells, mask_values: {0: no, 50: a, 100: b, 150: c}, batch_size: 4}
model:
  backbone: {name: test_resnet.r160_in1k}
  schedule: {warmup_steps: 0}
trainer: {max_epochs: 1, precision: 32-true}
"""


def _write(folder: Path, masks: Path | None, number: int, name: str = "train") -> None:
    dataset = ShapesDataset(name, number, 32, 3)
    for at in range(number):
        image, mask = dataset.load(at)
        assert mask is not None
        for place, pixels in ((folder, image), (masks, mask * np.uint8(50))):
            if place is not None:
                place.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels).save(place / f"{name}{at}.png")


def _suggest(checkpoint: Path, folder: str = "pool", number: int = 3, *overrides: str, **more: object) -> Suggested:
    arguments = RunArguments("suggest", [], list(overrides), checkpoint)
    wanted = {"by": "entropy", "labelled": None, "checkpoints": [checkpoint], "output": None, **more}
    return suggest_for(arguments, Request(Path(folder), number, **wanted))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that was trained on a folder of images and masks, and unlabelled images."""
    folder = tmp_path_factory.mktemp("cells")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        _write(Path("cells/images"), Path("cells/labels"), 10)
        _write(Path("pool"), Path("truth"), 6, "pool")
        shutil.copy("cells/images/train0.png", "pool/known.png")
        Path("cells.yaml").write_text(CELLS)
        assert main(["fit", "-c", "cells.yaml"]) == 0
    return folder


@pytest.fixture
def best(cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Its checkpoint, in a copy of the folder, which is the working directory."""
    shutil.copytree(cells, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("runs/cells/1/checkpoints/best.ckpt")


def test_what_is_suggested_trains_with_what_was_labelled_once_it_has_masks(best: Path) -> None:
    found = _suggest(best)
    assert found.folder == Path("runs/cells/1/suggestions/1")
    assert (found.found.centres, len(found.found.pool.labelled)) == (8, 1)
    assert found.with_labelled
    assert found.is_whole
    assert found.values == "0 no, 50 a, 100 b, 150 c"
    with (found.folder / "suggestions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    experiment = found.folder / "labelled.yaml"
    assert experiment.read_text() == found.experiment
    assert main(["fit", "-c", str(experiment)]) != 0  # no mask is there yet
    for row in rows:
        mask = found.folder / row["mask"]
        mask.parent.mkdir(exist_ok=True)
        shutil.copy(Path("truth") / Path(row["image"]).name, mask)
    _, data = build_data(RunArguments("suggest", [experiment]), "")
    data.setup("fit")
    new = {row["image"] for row in rows}
    assert len(new) == 3
    assert new < set(data.datasets["train"].paths())
    assert {split: len(each) for split, each in data.datasets.items()} == {"train": 11, "val": 2}
    for at, path in enumerate(data.datasets["train"].paths()):
        place = Path("truth") if path in new else Path("cells/labels")
        with Image.open(place / Path(path).name) as mask:
            assert np.array_equal(data.datasets["train"].load(at)[1], np.array(mask) // 50)
    assert main(["fit", "-c", str(experiment)]) == 0
    assert Path("runs/cells_labelled/1/val_scores.json").is_file()


def test_two_runs_write_the_same(best: Path) -> None:
    first, second = _suggest(best), _suggest(best)
    assert second.folder.name == "2"
    for name in ("suggestions.csv", "suggestions.txt", "suggestions.png", "manifest.csv"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_data_that_are_gone_are_told_or_named(best: Path) -> None:
    Path("cells").rename("moved")
    found = _suggest(best)
    assert "cells" in found.found.no_centres
    assert not found.with_labelled
    assert len(found.found.pool.files) == 7
    there = _suggest(best, "pool", 3, "--data.root=moved")
    assert (there.found.centres, there.found.no_centres, there.with_labelled) == (8, "", True)
    named = _suggest(best, labelled="moved/images")
    assert (named.found.centres, len(named.found.pool.labelled), named.with_labelled) == (10, 1, False)
    nothing = _suggest(best, labelled="none")
    assert (nothing.found.centres, nothing.found.no_centres) == (0, "")


def test_a_checkpoint_without_its_run_needs_a_place(best: Path) -> None:
    shutil.copy(best, "moved.ckpt")
    with pytest.raises(ConfigError, match="give --output FOLDER"):
        _suggest(Path("moved.ckpt"))
    found = _suggest(Path("moved.ckpt"), output=Path("out"))
    assert not found.is_whole
    assert found.experiment.startswith("data:")
    with pytest.raises(ConfigError, match="out is there already"):
        _suggest(Path("moved.ckpt"), output=Path("out"))


def test_several_checkpoints_average(best: Path) -> None:
    one, two = _suggest(best, "pool", 6), _suggest(best, "pool", 6, checkpoints=[best, best])
    assert [each.image for each in one.found.chosen] == [each.image for each in two.found.chosen]


@pytest.mark.parametrize(
    ("folder", "more", "message"),
    [
        ("nowhere", {}, "nowhere is missing"),
        ("pool/pool0.png", {}, "is a file, expected a folder"),
        ("cells/images", {}, "no image that is not labelled: all 10"),
        ("pool", {"labelled": "nowhere"}, "nowhere is missing"),
        ("pool", {"checkpoints": ["nowhere.ckpt"]}, "nowhere.ckpt"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(
    best: Path, folder: str, more: dict[str, object], message: str
) -> None:
    if "checkpoints" in more:
        more = {"checkpoints": [Path(str(each)) for each in more["checkpoints"]]}  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match=message):
        _suggest(best, folder, 3, **more)
    assert not Path("runs/cells/1/suggestions").exists()
