"""Each of Lightning's callbacks trains here with a true record, or is refused with what to use instead."""

import json
from pathlib import Path

import pytest
from pytorch_lightning import callbacks

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.config.trainable import REFUSED_CALLBACKS, check_trainable, refused

ARGUMENTS = {
    "BackboneFinetuning": "unfreeze_backbone_at_epoch: 1",
    "BasePredictionWriter": "write_interval: epoch",
    "EarlyStopping": "monitor: val/mIoU",
    "GradientAccumulationScheduler": "scheduling: {0: 2}",
    "ModelCheckpoint": "monitor: val/loss",
    "ModelPruning": "pruning_fn: l1_unstructured",
    "OnExceptionCheckpoint": "dirpath: elsewhere",
    "StochasticWeightAveraging": "swa_lrs: 0.01",
    "ThroughputMonitor": "batch_size_fn: own_size.size",
    "Timer": "duration: 00:01:00:00",
}
"""What a callback needs."""
PROGRESS = ("RichProgressBar", "TQDMProgressBar")  # of which a trainer takes one
OF_THE_MACHINE = ("DeviceStatsMonitor",)  # needs a package that is not ours
FLOPS = pytest.mark.filterwarnings("ignore:When using the `ThroughputMonitor`")  # it would count FLOPs, too
WORKING = sorted(set(callbacks.__all__) - set(REFUSED_CALLBACKS) - set(OF_THE_MACHINE))


def _component(name: str) -> str:
    return f"{{class_path: {name}, {ARGUMENTS.get(name, '')}}}"


@pytest.fixture
def own_size(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    Path("own_size.py").write_text("def size(batch):\n    return len(batch['image'])\n")
    monkeypatch.syspath_prepend(str(Path.cwd()))
    return tiny


def _fit(file: Path, names: list[str], run: str) -> dict[str, object]:
    words = [word for name in names for word in ("--trainer.callbacks+", _component(name))]
    assert main(["fit", "-c", str(file), "--run.name", run, "--trainer.log_every_n_steps", "1", *words]) == 0
    return dict(json.loads((Path("runs") / run / "1" / "val_scores.json").read_text()))


def test_what_is_refused_is_one_of_lightnings() -> None:
    assert set(REFUSED_CALLBACKS) <= set(callbacks.__all__)
    assert all(refused(f"pytorch_lightning.callbacks.{name}") == name for name in REFUSED_CALLBACKS)
    assert refused("segcli.callbacks.ema.EMA") is refused("pytorch_lightning.callbacks.EarlyStopping") is None


@pytest.mark.parametrize("name", sorted(REFUSED_CALLBACKS))
@pytest.mark.parametrize("prefix", ["", "pytorch_lightning.callbacks."])
def test_a_refused_callback_is_told_before_training_with_what_to_use(tiny: Path, name: str, prefix: str) -> None:
    component = _component(name).replace(name, prefix + name, 1)
    experiment = compose([tiny], ["--trainer.callbacks+", component])

    (problem,) = check_trainable(experiment.root, experiment.library)
    assert str(problem).startswith(f"error: trainer.callbacks.0: {name} ")
    assert any(word in str(problem) for word in ("; use ", "; first use ", "; name ", "; prune ", ": use "))
    assert "--trainer.callbacks+" in str(problem)


def test_fit_and_check_refuse(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--trainer.callbacks+", "WeightAveraging"]
    assert main(["fit", "-c", str(tiny), *words]) == 2
    assert "use EMA or SWA" in capsys.readouterr().err
    assert not Path("runs").exists()
    tiny.write_text(tiny.read_text().replace("max_epochs: 2", "callbacks: [BatchSizeFinder], max_epochs: 2"))
    assert main(["check", str(tiny)]) == 2
    assert "tune batch_size" in capsys.readouterr().out


@FLOPS
def test_all_others_train_together_with_the_record_of_a_run_without_them(own_size: Path) -> None:
    together = [name for name in WORKING if name != "RichProgressBar"]

    assert _fit(own_size, together, "with") == _fit(own_size, [], "without")


@FLOPS
@pytest.mark.slow
@pytest.mark.parametrize("name", WORKING)
def test_each_of_the_others_trains_with_the_record_of_a_run_without_it(own_size: Path, name: str) -> None:
    assert _fit(own_size, [name], "with") == _fit(own_size, [], "without")


def test_what_is_derived_from_a_refused_one_is_refused(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("own_average.py").write_text(
        "from pytorch_lightning.callbacks import WeightAveraging\n\n\nclass Mine(WeightAveraging):\n    pass\n"
    )
    monkeypatch.syspath_prepend(str(Path.cwd()))

    assert main(["fit", "-c", str(tiny), "--trainer.callbacks+", "own_average.Mine"]) == 2
    assert "Mine is a WeightAveraging, which" in capsys.readouterr().err
