import json
from pathlib import Path

import numpy as np
import pytest

from segcli.comparison.grouping import Grouping, check_keys, group_runs, setting_changes
from segcli.comparison.measured_run import measure
from segcli.comparison.metric import Metric
from segcli.config.errors import ConfigError
from segcli.runs.stored_run import StoredRun
from tests.comparison.drawn import draw, truth_pixels
from tests.run_folders import write_run

ADAMW = {"class_path": "segcli.optim.adamw.AdamW"}


def lr(value: float) -> dict[str, object]:
    return {"model": {"optimizer": {**ADAMW, "init_args": {"lr": value}}}}


def grouped(*paths: Path, by: tuple[str, ...] = ()) -> Grouping:
    return group_runs([measure(StoredRun.load(path), Metric("val", "mIoU")) for path in paths], by)


def test_runs_that_differ_only_in_their_seed_are_one_group(tmp_path: Path) -> None:
    paths = [write_run(tmp_path / name / str(seed), seed, name) for name in ("FPN", "UNet") for seed in (2, 1)]

    found = grouped(*paths)

    assert found.keys == ("model.decoder",)
    assert [(group.label, group.settings) for group in found.groups] == [("FPN", ("FPN",)), ("UNet", ("UNet",))]
    assert [one.run.seed for one in found.groups[0].runs] == [1, 2]
    assert found.notes == ()


def test_one_experiment_is_called_by_its_name(tmp_path: Path) -> None:
    found = grouped(write_run(tmp_path / "shapes" / "1", 1), write_run(tmp_path / "shapes" / "2", 2))
    assert (found.keys, [group.label for group in found.groups]) == ((), ["shapes"])


def test_keys_group_what_else_differs_and_a_note_says_so(tmp_path: Path) -> None:
    paths = [
        write_run(tmp_path / "x" / str(n), n, decoder, config=None if rate is None else lr(rate))
        for n, (decoder, rate) in enumerate([("FPN", None), ("UNet", None), ("UNet", None)])
    ]
    paths.append(write_run(tmp_path / "x" / "9", 9, "FPN", config={"trainer": {"max_epochs": 8}}))

    found = grouped(*paths, by=("model.decoder",))

    assert [len(group.runs) for group in found.groups] == [2, 2]
    assert found.notes == (
        "the runs of FPN differ in more than the seed, so ± is not that of seeds alone: trainer.max_epochs",
    )


def test_keys_that_change_no_result_can_be_asked_for(tmp_path: Path) -> None:
    loaders = [{"data": {"init_args": {"num_workers": n}}} for n in (0, 4)]
    paths = [write_run(tmp_path / "x" / str(n), n, config=each) for n, each in enumerate(loaders)]

    assert len(grouped(*paths).groups) == 1
    assert [group.label for group in grouped(*paths, by=("data.num_workers",)).groups] == [
        "num_workers=0",
        "num_workers=4",
    ]


def test_unknown_keys_and_sections_are_mistakes(tmp_path: Path) -> None:
    run = StoredRun.load(write_run(tmp_path / "1"))
    check_keys(["model.decoder", "trainer.max_epochs", "seed_everything"], [run])
    with pytest.raises(ConfigError) as caught:
        check_keys(["model.decodr", "trainer"], [run])
    messages = [problem.message for problem in caught.value.problems]
    assert messages == [
        "the runs have no key 'model.decodr' (did you mean 'model.decoder'?)",
        "trainer is a section; name a value or a component of it",
    ]
    assert "trainer.max_epochs" in caught.value.problems[1].options


def test_a_repeat_with_the_same_result_is_the_same_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = [write_run(Path.cwd() / "x" / str(n), seed=1) for n in (1, 2)]
    passport = json.loads((paths[0] / "passport.json").read_text())
    (paths[0] / "passport.json").write_text(json.dumps({**passport, "started": "2026-02-01T00:00:00+00:00"}))

    found = grouped(*paths)

    assert [one.run.path for one in found.groups[0].runs] == [paths[0]]
    assert found.notes == (
        "x/2 has the seed_everything of x/1, which is newer, and the same result: only the newer counts",
    )


def test_a_repeat_tells_nothing_of_other_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for n in (1, 2):
        write_run(Path.cwd() / "x" / str(n), seed=1, counts=draw(truth_pixels(), 0.8, n))

    found = grouped(Path.cwd() / "x" / "1", Path.cwd() / "x" / "2")

    assert len(found.groups[0].runs) == 1
    (note,) = found.notes
    assert "and another result: only the newer counts" in note


def _amend(run: Path, **entries: object) -> Path:
    passport = json.loads((run / "passport.json").read_text())
    (run / "passport.json").write_text(json.dumps({**passport, **entries}))
    return run


def test_runs_from_other_weights_are_another_group(tmp_path: Path) -> None:
    backbone = {"class_path": "segcli.backbones.timm_backbone.TimmBackbone", "init_args": {"weights": "w.pt"}}
    config = {"model": {"backbone": backbone}}
    paths = [write_run(tmp_path / "x" / str(n), seed=n, config=config) for n in (1, 2, 3)]
    for path, content in zip(paths, ("a", "a", "b"), strict=True):
        _amend(path, weights={"backbone": content, "model": str(path)})
    assert [len(group.runs) for group in grouped(*paths).groups] == [2, 1]


def test_a_run_from_the_state_of_another_is_another_group(tmp_path: Path) -> None:
    paths = [write_run(tmp_path / "x" / str(n), seed=n) for n in (1, 2)]
    _amend(paths[1], loaded={"checkpoint": "last.ckpt", "sha256": "abc"})
    assert [len(group.runs) for group in grouped(*paths).groups] == [1, 1]
    (group,) = grouped(*paths, by=("model.decoder",)).groups
    assert len(group.runs) == 2
    assert (
        grouped(*paths, by=("model.decoder",))
        .notes[0]
        .endswith("began from different weights, so ± is not that of seeds alone")
    )


def test_runs_without_a_known_seed_are_no_repeats(tmp_path: Path) -> None:
    paths = [
        write_run(tmp_path / "x" / str(n), counts=draw(truth_pixels(), 0.8, n), config={"seed_everything": True})
        for n in (1, 2)
    ]
    assert grouped(*paths).notes == ()


def test_groups_tell_what_differs_between_them(tmp_path: Path) -> None:
    paths = [write_run(tmp_path / "x" / "1"), write_run(tmp_path / "x" / "2", decoder="UNet")]
    for n, epochs in enumerate((4, 8), start=3):
        config = {"trainer": {"max_epochs": epochs}}
        paths.append(write_run(tmp_path / "x" / str(n), n, "UNet", config=config))
    first, second = grouped(*paths, by=("model.decoder",)).groups

    found = setting_changes(first, second, ["model.decoder", "trainer.max_epochs"])

    assert found == (("model.decoder", "FPN", "UNet"), ("trainer.max_epochs", "4", "4 or 8"))


def test_equal_labels_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    long = "a" * 60
    paths = [
        write_run(Path.cwd() / "x" / str(n), config={"trainer": {"note": f"{long}{n}"}}, counts=counts)
        for n, counts in enumerate(draw(truth_pixels(), 0.8, seed) for seed in (1, 2))
    ]
    labels = [group.label for group in grouped(*paths).groups]
    assert labels == [f"note={'a' * 39}… (x/{n})" for n in (0, 1)]
    assert np.unique(labels).size == 2
