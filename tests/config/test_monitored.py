from pathlib import Path
from typing import Any

import pytest

from segcli.config.compose import Experiment, compose
from segcli.config.errors import ConfigError
from segcli.config.monitored import check_monitors, monitored
from segcli.config.resolve import resolve

OWN = "from pytorch_lightning import Callback\n\n\nclass Own(Callback):\n    pass\n"
KEY = "model.average_precision_thresholds"
PLACES = {
    "checkpoint": lambda arguments: ["--checkpoint", arguments],
    "trainer.callbacks.0": lambda arguments: ["--trainer.callbacks+", f"{{class_path: EarlyStopping, {arguments[1:]}"],
    "trainer.callbacks.1": lambda arguments: [
        *("--trainer.callbacks+", "LearningRateMonitor"),
        *("--trainer.callbacks+", f"{{class_path: ModelCheckpoint, {arguments[1:]}"),
    ],
    "model.schedule": lambda arguments: ["--model.schedule", f"{{class_path: Plateau, {arguments[1:]}"],
}
"""Where something may be monitored, and the command line that says what and how."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("data: ShapesDataModule\n")
    return Path("a.yaml")


def _modes(experiment: Experiment, key: str) -> list[Any]:
    """Return the mode at a component as it is built, and as it is hashed."""
    found = []
    for tree in (experiment.expanded(), resolve(experiment).plain()):
        at: Any = tree
        for part in key.split("."):
            at = at[int(part)] if isinstance(at, list) else at[part]
        found.append(at.get("init_args", at).get("mode"))
    return found


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize(
    ("monitor", "mode"),
    [("val/loss", "min"), ("train/loss", "min"), ("val/mIoU", "max"), ("val/IoU/forest loss", "max")],
)
@pytest.mark.parametrize("written", ["", ", mode: null"])
def test_a_mode_that_nobody_wrote_follows_the_metric(
    file: Path, key: str, monitor: str, mode: str, written: str
) -> None:
    experiment = compose([file], PLACES[key](f"{{monitor: {monitor}{written}}}"))

    assert _modes(experiment, key) == [mode, mode]


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize(("monitor", "mode"), [("val/loss", "max"), ("val/mIoU", "min")])
def test_a_mode_that_somebody_wrote_must_not_contradict(file: Path, key: str, monitor: str, mode: str) -> None:
    with pytest.raises(ConfigError, match=f"{key}.mode: got {mode}, but of {monitor} the .* is better; drop the mode"):
        compose([file], PLACES[key](f"{{monitor: {monitor}, mode: {mode}}}"))
    kept = "max" if mode == "min" else "min"
    assert _modes(compose([file], PLACES[key](f"{{monitor: {monitor}, mode: {kept}}}")), key) == [kept, kept]


@pytest.mark.parametrize("key", PLACES)
@pytest.mark.parametrize(
    ("monitor", "guess"), [("val_loss", "val/loss"), ("val/miou", "val/mIoU"), ("train/los", "train/loss")]
)
def test_a_misspelt_monitor_is_found_without_torch_whatever_its_mode(
    file: Path, key: str, monitor: str, guess: str
) -> None:
    for mode in ("", ", mode: min"):
        with pytest.raises(ConfigError, match=rf"{key}.monitor: got '{monitor}'.*\(did you mean '{guess}'"):
            compose([file], PLACES[key](f"{{monitor: {monitor}{mode}}}"))


def test_a_metric_of_a_callback_of_ones_own_needs_a_mode(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("own_callbacks.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    own = ["--trainer.callbacks+", "own_callbacks.Own"]

    with pytest.raises(ConfigError, match=r"checkpoint.mode: is needed for val/own, which segcli knows nothing of"):
        compose([file], [*own, "--checkpoint.monitor", "val/own"])
    given = compose([file], [*own, "--checkpoint.monitor", "val/own", "--checkpoint.mode", "min"])
    assert _modes(given, "checkpoint") == ["min", "min"]
    with pytest.raises(ConfigError, match="'val/own', which is not logged"):
        compose([file], ["--checkpoint.monitor", "val/own", "--checkpoint.mode", "min"])


def test_classes_are_checked_once_they_are_known(file: Path) -> None:
    experiment = compose([file], ["--checkpoint.monitor", "val/IoU/circel"])
    root, library = experiment.root, experiment.library

    assert not check_monitors(root, library, ["background", "circel"])
    (problem,) = check_monitors(root, library, ["background", "circle"])
    assert "did you mean 'val/IoU/circle'" in str(problem)
    assert "--checkpoint.monitor" in str(problem)


@pytest.mark.parametrize("monitor", ["val/mAP", "val/AP/circle"])
def test_what_is_measured_with_a_key_needs_that_key(file: Path, monitor: str) -> None:
    with pytest.raises(ConfigError, match=f"got '{monitor}', which is logged with AveragePrecision among"):
        compose([file], ["--checkpoint.monitor", monitor])
    for words in ([f"--{KEY}", "100"], ["--model.metrics", "[AveragePrecision]"]):
        assert _modes(compose([file], ["--checkpoint.monitor", monitor, *words]), "checkpoint") == ["max"] * 2


@pytest.mark.parametrize(
    ("metric", "monitor", "mode"),
    [
        ("BoundaryIoU", "val/boundary_iou", "max"),
        ("BoundaryIoU", "val/boundary_iou/circle", "max"),
        ("HD95", "val/hd95", "min"),
        ("{class_path: HD95, name: far}", "val/far/circle", "min"),
        ("ExpectedCalibrationError", "val/ece", "min"),
        (
            "{class_path: torchmetrics.classification.MulticlassCohenKappa, num_classes: 4}",
            "val/MulticlassCohenKappa",
            "max",
        ),
    ],
)
def test_modes_follow_the_metrics_that_an_experiment_names(file: Path, metric: str, monitor: str, mode: str) -> None:
    words = ["--model.metrics", f"[{metric}]"]
    for key, arguments in PLACES.items():
        found = compose([file], [*words, *arguments(f"{{monitor: {monitor}}}")])
        assert _modes(found, key) == [mode] * 2, key
        assert not check_monitors(found.root, found.library, ["background", "circle"])
    with pytest.raises(ConfigError, match="which is not logged"):
        compose([file], ["--checkpoint.monitor", monitor])
    other = "min" if mode == "max" else "max"
    with pytest.raises(ConfigError, match=f"got {other}, but of {monitor} the"):
        compose([file], [*words, "--checkpoint", f"{{monitor: {monitor}, mode: {other}}}"])


def test_the_first_of_two_classes_in_one_sigmoid_has_no_average_precision(file: Path) -> None:
    def problems(name: str, task: str) -> list[str]:
        experiment = compose([file], ["--checkpoint.monitor", f"val/{name}", f"--{KEY}", "100", "--model.task", task])
        return [str(each) for each in check_monitors(experiment.root, experiment.library, ["bg", "fg"])]

    (problem,) = problems("AP/bg", "binary")
    assert "'val/AP/bg', which is not logged (did you mean 'val/AP/fg'?)" in problem
    for name, task in (("AP/fg", "binary"), ("IoU/bg", "binary"), ("AP/bg", "multiclass"), ("AP/bg", "multilabel")):
        assert not problems(name, task), (name, task)


def test_saved_experiments_of_0_4_0_load_with_a_mode_that_nobody_wrote(file: Path) -> None:
    saved = Path(__file__).parent.parent / "data" / "runs_of_0_4_0" / "runs" / "shapes" / "1"
    assert "mode: max" in (saved / "config.yaml").read_text()

    for name in ("config.yaml", "composed.yaml"):
        assert _modes(compose([saved / name]), "checkpoint") == ["max", "max"]
        assert _modes(compose([saved / name], ["--checkpoint.monitor", "val/loss"]), "checkpoint") == ["min", "min"]
        with pytest.raises(ConfigError, match="got min, but of val/mIoU the higher is better"):
            compose([saved / name], ["--checkpoint.mode", "min"])


def test_nothing_monitored_is_as_it_was(file: Path) -> None:
    assert _modes(compose([file], ["--checkpoint.monitor", "null"]), "checkpoint") == ["max", "max"]


def test_every_class_with_a_monitor_is_found_however_deep(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = "from pytorch_lightning import Callback\n\n\nclass Both(Callback):\n"
    module += "    def __init__(self, inner: list[Callback], monitor: str = 'val/mIoU') -> None:\n        pass\n"
    Path("own_both.py").write_text(module)
    monkeypatch.syspath_prepend(str(Path.cwd()))
    inner = "{class_path: own_both.Both, inner: [{class_path: EarlyStopping, monitor: val/loss}]}"
    experiment = compose([file], ["--trainer.callbacks+", inner])

    found = {each.key: each.monitor for each in monitored(experiment.root, experiment.library)}
    assert found["trainer.callbacks.0"] == "val/mIoU"
    assert found["trainer.callbacks.0.inner.0"] == "val/loss"
