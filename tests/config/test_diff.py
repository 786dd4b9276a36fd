from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.compose import Experiment, compose
from segcli.config.diff import Change, diff, effective_batch
from segcli.config.node import Source

BASE = "data: ShapesDataModule\n"


@pytest.fixture
def two(write: Callable[[str, str], Path]) -> Callable[..., list[Change]]:
    def _two(a: str, b: str, composed: bool = False) -> list[Change]:
        sides = [compose([write(f"{name}.yaml", text)]) for name, text in (("a", a), ("b", b))]
        return diff(*sides, composed=composed)

    return _two


def lines(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.key, change.old, change.new) for change in changes]


def test_a_class_switch_is_one_change_with_the_arguments_that_are_no_defaults(two: Callable[..., list[Change]]) -> None:
    a = BASE + "model: {decoder: {class_path: FPN, pyramid_channels: 64, dropout: 0.2}}"
    (change,) = two(a, BASE + "model: {decoder: UNet}")
    assert (change.key, change.old, change.new) == ("model.decoder", "FPN(pyramid_channels=64)", "UNet")
    assert (change.group, str(change.origin)) == ("architecture", "b.yaml:2")


def test_saying_a_default_changes_nothing_unless_only_files_are_compared(two: Callable[..., list[Change]]) -> None:
    b = BASE + "model: {loss: {label_smoothing: 0}}\ntrainer: {accumulate_grad_batches: 1}"
    assert two(BASE, b) == []
    assert lines(two(BASE, b, composed=True)) == [
        ("model.loss.label_smoothing", "not set", "0"),
        ("trainer.accumulate_grad_batches", "not set", "1"),
    ]


def test_lists_of_components_are_matched_by_class(two: Callable[..., list[Change]]) -> None:
    a = BASE + "trainer: {callbacks: [{class_path: EarlyStopping, monitor: val/loss}, LearningRateMonitor]}"
    stopping = "{class_path: EarlyStopping, monitor: val/loss, patience: 9}"
    b = BASE + f"trainer: {{callbacks: [LearningRateMonitor, Timer, {stopping}]}}"
    assert lines(two(a, b)) == [
        ("trainer.callbacks[EarlyStopping].patience", "3", "9"),
        ("trainer.callbacks[Timer]", "not set", "Timer"),
    ]
    assert lines(two(BASE, BASE + "trainer: {callbacks: [Timer]}")) == [
        ("trainer.callbacks[Timer]", "not set", "Timer")
    ]


def test_transforms_of_one_class_pair_up_by_likeness_and_their_order_counts(two: Callable[..., list[Change]]) -> None:
    data = "data: {{class_path: ShapesDataModule, train_transforms: [{}]}}"
    ten, fifty, sixty = (f"{{class_path: Rotate, limit: {limit}}}" for limit in (10, "50, p: 0.1", "60, p: 0.1"))
    a, b = data.format(f"HorizontalFlip, {ten}, {fifty}"), data.format(f"{sixty}, HorizontalFlip")
    found = {key: (old, new) for key, old, new in lines(two(a, b))}
    assert found["data.train_transforms[Rotate 2].limit"] == ("50", "60")
    assert found["data.train_transforms[Rotate 1]"] == ("Rotate(limit=10)", "not set")
    assert found["data.train_transforms: order"] == ("HorizontalFlip, Rotate", "Rotate, HorizontalFlip")
    assert len(found) == 3


def test_an_element_that_becomes_a_list_is_no_change(two: Callable[..., list[Change]]) -> None:
    a = BASE + "trainer: {callbacks: {class_path: Timer}}"
    assert two(a, BASE + "trainer: {callbacks: [Timer]}") == []


def test_a_component_that_goes_away_is_one_change(two: Callable[..., list[Change]]) -> None:
    assert lines(two(BASE, BASE + "model: {schedule: null}")) == [("model.schedule", "Poly", "null")]


def test_plain_mappings_are_one_value(two: Callable[..., list[Change]]) -> None:
    a, b = (f"data: {{class_path: FolderDataModule, root: x, mask_values: {{0: a, {value}: b}}}}" for value in (1, 255))
    assert lines(two(a, b)) == [("data.mask_values", "{0: a, 1: b}", "{0: a, 255: b}")]


@pytest.mark.parametrize(
    ("key", "old", "new", "hidden"),
    [
        ("run.name", "a", "b", True),
        ("trainer.logger", "true", "false", True),
        ("data.num_workers", "0", "2", True),
        ("model.backbone.weights", "data/x.pt", "/mnt/x.pt", True),
        ("model.weights", "runs/a/1/checkpoints/best.ckpt", "runs/b/1/checkpoints/best.ckpt", False),
        ("model.backbone.weights", "x.pt", "y.pt", False),
        ("model.backbone.weights", "null", "a/b.safetensors", False),
        ("checkpoint.monitor", "val/loss", "train/loss", False),
        ("trainer.max_epochs", "1", "2", False),
        ("trainer.limit_train_batches", "1", "1.0", False),
    ],
)
def test_what_changes_no_result_is_hidden(key: str, old: str, new: str, hidden: bool, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(BASE)
    (change,) = diff(*(compose([tmp_path / "x.yaml"], [f"--{key}", value]) for value in (old, new)))
    assert (change.key, change.hidden) == (key, hidden)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("{class_path: Timer}", "[Timer]"),
        ("[]", "null"),
        ("[Timer, LearningRateMonitor]", "[LearningRateMonitor, Timer]"),
        ("[pytorch_lightning.callbacks.timer.Timer]", "[Timer]"),
    ],
)
def test_what_means_the_same_is_no_change(a: str, b: str, two: Callable[..., list[Change]]) -> None:
    assert two(*(f"{BASE}trainer: {{callbacks: {value}}}" for value in (a, b))) == []


def test_the_origin_is_where_the_difference_was_written(two: Callable[..., list[Change]]) -> None:
    default, written = Source("default of FPN, fpn.py", 3), Source("x.yaml", 1)
    assert Change("a", "1", "2", written, default).origin == written
    assert Change("a", "1", "2", default, written).origin == written
    assert Change("a", "1", "2", default, default._replace(line=4)).origin == default._replace(line=4)
    text = "vars:\n  n: {}\ntrainer:\n  max_epochs: '${{vars.n}}'\n" + BASE
    (change,) = two(text.format(3), text.format(4))
    assert str(change.origin) == "b.yaml:2"


def test_effective_batch_counts_accumulation_and_devices(write: Callable[[str, str], Path]) -> None:
    def composed(*words: str) -> Experiment:
        return compose([write("x.yaml", BASE)], ["--data.batch_size", "4", *words])

    assert effective_batch(composed()) == 4
    assert effective_batch(composed("--trainer.accumulate_grad_batches", "3", "--trainer.devices", "2")) == 24


def test_a_saved_config_equals_its_experiment(in_trained: Path) -> None:
    run = in_trained.parent.parent
    changes = diff(compose([Path("tiny.yaml")]), compose([run / "config.yaml"]))
    assert [change.key for change in changes if not change.hidden] == []


def test_a_number_of_batches_is_no_share_of_them(two: Callable[..., list[Change]]) -> None:
    a, b = (BASE + f"trainer: {{limit_train_batches: {value}}}" for value in ("1", "1.0"))
    assert lines(two(a, b)) == [("trainer.limit_train_batches", "1", "1.0")]


def test_the_order_of_mask_values_is_that_of_the_classes(two: Callable[..., list[Change]]) -> None:
    text = "data: {{class_path: FolderDataModule, root: x, mask_values: {{{}}}}}"
    assert lines(two(text.format("0: a, 255: b"), text.format("255: b, 0: a"))) == [
        ("data.mask_values", "{0: a, 255: b}", "{255: b, 0: a}")
    ]


@pytest.mark.parametrize(
    ("devices", "batch"), [("[0, 1]", 16), ('"0,1"', 16), ('"3"', 24), ("auto", 8), ("-1", None), ("2", 16)]
)
def test_devices_are_counted_as_lightning_does(
    write: Callable[[str, str], Path], devices: str, batch: int | None
) -> None:
    assert (
        effective_batch(
            compose([write("x.yaml", BASE + f"trainer: {{devices: {devices}}}")], ["--data.batch_size", "8"])
        )
        == batch
    )
