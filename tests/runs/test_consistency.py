"""Every fact that a run stores twice is falsified in one of its places, and noticed though no hash tells of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.runs.stored_run import StoredRun
from segcli.runs.unreadable_run import UnreadableRunError
from tests.run_folders import write_run, write_worst

KEYS = [
    *("mIoU", "mDice", "pixel_accuracy", "epoch"),
    *(f"classes.circle.{kind}" for kind in ("IoU", "Dice", "pixels")),
]


def _edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def _set(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        *parents, last = key.split(".")
        for parent in parents:
            content = content[parent]
        content[last] = value

    return change


@pytest.mark.parametrize("key", KEYS)
def test_scores_that_the_counts_do_not_give(tmp_path: Path, key: str) -> None:
    run = write_run(tmp_path / "1")
    StoredRun.load(run).evaluation()
    _edit(run / "val_scores.json", _set(key, 0.25 if key[-1] not in "hs" else 3))
    with pytest.raises(UnreadableRunError, match=r"val_scores\.json|val_images\.npz"):
        StoredRun.load(run).evaluation()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 4),
        ("data.classes", ["background", "circle", "triangle"]),
        ("data.splits.val.count", 3),
        ("cost.images_per_s", 1000.0),
        ("metrics.classes", ["a"]),
    ],
)
def test_a_passport_that_other_files_contradict(tmp_path: Path, key: str, value: object) -> None:
    run = write_run(tmp_path / "1")
    _edit(run / "passport.json", _set(key, value))
    with pytest.raises(UnreadableRunError, match=r"passport\.json"):
        StoredRun.load(run).evaluation()


def test_a_curve_that_does_not_hold_the_scores(tmp_path: Path) -> None:
    run = write_run(tmp_path / "1")
    lines = (run / "metrics.csv").read_text().splitlines()
    (run / "metrics.csv").write_text("\n".join([*lines[:-1], "3,39,0.999,0.5"]) + "\n")
    with pytest.raises(UnreadableRunError, match=r"val_scores\.json says mIoU \S+, metrics\.csv gives 0\.999"):
        StoredRun.load(run).evaluation()


def test_names_of_images_that_the_split_has_not(tmp_path: Path) -> None:
    run = write_run(tmp_path / "1")
    names = [f"{n:03d}.png" for n in range(12)]
    (run / "splits.json").write_text(json.dumps({"train": [], "val": names}))
    StoredRun.load(run).evaluation()
    (run / "splits.json").write_text(json.dumps({"train": [], "val": [*names[1:], "x.png"]}))
    with pytest.raises(UnreadableRunError, match=r"images that splits\.json has not: '000\.png'"):
        StoredRun.load(run).evaluation()


def test_groups_that_the_split_has_otherwise(tmp_path: Path) -> None:
    names, groups = [f"{n:03d}.png" for n in range(12)], [f"clip {n // 4}" for n in range(12)]
    run = write_run(tmp_path / "1", groups=groups, pattern="{clip}_*")
    splits = {"train": [], "val": names, "groups": {"val": groups}}
    (run / "splits.json").write_text(json.dumps(splits))
    StoredRun.load(run).evaluation()
    (run / "splits.json").write_text(json.dumps({**splits, "groups": {"val": [*groups[:-1], "clip 0"]}}))
    with pytest.raises(UnreadableRunError, match=r"other groups than splits\.json: '011\.png'"):
        StoredRun.load(run).evaluation()


def test_worst_images_of_another_epoch(tmp_path: Path) -> None:
    run = write_run(tmp_path / "1")
    write_worst(run)
    assert len(StoredRun.load(run).worst()) == 2
    _edit(run / "worst" / "worst.json", _set("epoch", 1))
    with pytest.raises(UnreadableRunError, match="is of epoch 1, the scores of epoch 4"):
        StoredRun.load(run).worst()


@pytest.mark.parametrize("key", ["groups.a.mIoU", "groups.b.images", "groups.c"])
def test_scores_of_groups_that_the_counts_do_not_give(tmp_path: Path, key: str) -> None:
    run = write_run(tmp_path / "1", groups=["a"] * 4 + ["b"] * 8)
    StoredRun.load(run).evaluation()
    _edit(run / "val_scores.json", _set(key, {"images": 1, "mIoU": 1.0} if key == "groups.c" else 1))
    with pytest.raises(UnreadableRunError, match=r"val_scores\.json (says|has scores of other groups)"):
        StoredRun.load(run).evaluation()
