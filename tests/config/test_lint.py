from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.lint import lint, total_steps

Write = Callable[[str, str], Path]
SHAPES = "data: {class_path: ShapesDataModule, train_size: 80, batch_size: 8}\n"


def _found(file: Path, batches: int | None = None) -> list[str]:
    return [f"{problem.key}: {problem.message}" for problem in lint(compose([file], checked=False), file.name, batches)]


def test_an_override_with_the_parent_s_value_is_redundant(write: Write) -> None:
    write("parent.yaml", "data: {class_path: ShapesDataModule, batch_size: 8, train_transforms: [HorizontalFlip]}\n")
    child = "extends: parent.yaml\ndata: {batch_size: 8, class_path: ShapesDataModule, train_transforms: [Horizontal"
    assert _found(write("child.yaml", f"{child}Flip]}}\n")) == [
        "data: is ShapesDataModule already at parent.yaml:1; `python -m segcli minimize child.yaml` drops it",
        "data.batch_size: is 8 already at parent.yaml:1; `python -m segcli minimize child.yaml` drops it",
        "data.train_transforms: is the same already at parent.yaml:1; `python -m segcli minimize child.yaml` drops it",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "extends: parent.yaml\ndata: {batch_size: 9}\n",
        "extends: parent.yaml\nvars: {batch: 8}\ndata: {batch_size: '${vars.batch}'}\n",
        "extends: parent.yaml\n",
        "model: {decoder: FPN}\n",
        "extends: parent.yaml\ndata: {class_path: CamVidDataModule, batch_size: 8}\n",
    ],
    ids=["another value", "interpolated", "nothing said", "states a default of segcli", "after a class switch"],
)
def test_these_overrides_are_not_redundant(write: Write, text: str) -> None:
    write("parent.yaml", "data: {class_path: ShapesDataModule, batch_size: 8}\n")
    assert _found(write("child.yaml", text)) == []


@pytest.mark.parametrize("path", ["/data/camvid", "~/camvid", "C:\\camvid", "/data/${oc.env:HOME}"])
def test_paths_of_one_machine_are_found(write: Write, path: str) -> None:
    found = _found(write("x.yaml", f"data: {{class_path: CamVidDataModule, root: '{path}'}}\n"))
    assert [text.partition(";")[0] for text in found] == [f"data.root: {path!r} exists on one machine only"]


@pytest.mark.parametrize("path", ["data/camvid", "https://host/camvid", "${oc.env:HOME}/camvid", "a~b"])
def test_paths_of_any_machine_are_fine(write: Write, path: str) -> None:
    assert _found(write("x.yaml", f"data: {{class_path: CamVidDataModule, root: '{path}'}}\n")) == []


@pytest.mark.parametrize(
    ("trainer", "steps"),
    [
        ("max_epochs: 3", 30),
        ("max_epochs: 3, accumulate_grad_batches: 4", 9),
        ("max_epochs: 3, max_steps: 7", 7),
        ("max_epochs: 3, limit_train_batches: 2", 6),
        ("max_epochs: 3, limit_train_batches: 0.5", 15),
        ("max_epochs: -1", None),
    ],
)
def test_steps_are_known_for_shapes(write: Write, trainer: str, steps: int | None) -> None:
    assert total_steps(compose([write("x.yaml", f"{SHAPES}trainer: {{{trainer}}}\n")], checked=False)) == steps


def test_unstated_sizes_come_from_the_signature(write: Write) -> None:
    file = write("x.yaml", "data: ShapesDataModule\ntrainer: {max_epochs: 1}\n")
    assert total_steps(compose([file], checked=False)) == 800 // 16


def test_a_warm_up_as_long_as_the_run_is_found(write: Write) -> None:
    file = write("x.yaml", f"{SHAPES}trainer: {{max_epochs: 3}}\nmodel: {{schedule: {{warmup_steps: 30}}}}\n")
    assert [text.partition(",")[0] for text in _found(file)] == [
        "model.schedule.warmup_steps: the warm-up takes 30 of the run's 30 steps"
    ]


def test_a_shorter_warm_up_is_fine(write: Write) -> None:
    assert (
        _found(write("x.yaml", f"{SHAPES}trainer: {{max_epochs: 3}}\nmodel: {{schedule: {{warmup_steps: 29}}}}\n"))
        == []
    )


def test_other_data_needs_its_batches_counted(write: Write) -> None:
    text = "data: {class_path: CamVidDataModule, root: x}\ntrainer: {max_epochs: 2}\n"
    file = write("x.yaml", f"{text}model: {{schedule: {{warmup_steps: 8}}}}\n")
    assert _found(file) == []
    assert len(_found(file, batches=4)) == 1
    assert _found(file, batches=5) == []


def test_choosing_by_the_test_split_is_found_wherever_it_stands(write: Write) -> None:
    stop = "{class_path: EarlyStopping, monitor: test/loss}"
    file = write("x.yaml", f"checkpoint: {{monitor: test/mIoU}}\ntrainer: {{callbacks: [{stop}]}}\n")
    assert {text.partition(":")[0] for text in _found(file)} == {"checkpoint.monitor", "trainer.callbacks.0.monitor"}


def test_choosing_by_the_validation_split_is_fine(write: Write) -> None:
    assert _found(write("x.yaml", "checkpoint: {monitor: val/loss, mode: min}\n")) == []
