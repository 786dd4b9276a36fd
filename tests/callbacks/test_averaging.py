"""What averages have in common, on whole runs: the experiment ``tiny`` with EMA or SWA, seen from a callback."""

import copy
import warnings
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EMAWeightAveraging, Timer
from torch import Tensor

from segcli.callbacks.averaging import Averaging, check_single_average
from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.quiet import quiet
from segcli.optim.plateau import Plateau
from segcli.runs.run_folder import RunFolder
from segcli.segmenter import Segmenter
from tests.conftest import TINY, working_directory

EMA = "--trainer.callbacks=[{class_path: EMA, decay: 0.8, decay_warmup: false}]"
SWA = "--trainer.callbacks=[{class_path: SWA, start: 0.34}]"
EVERY = [
    *("--checkpoint.save_top_k=-1", "--checkpoint.filename='{step}'", "--checkpoint.monitor=null"),
    *("--checkpoint.every_n_train_steps=2", "--trainer.max_epochs=3"),
]
EXACT: Any = {"rtol": 0, "atol": 0}
State = dict[str, Tensor]
Runs = dict[str, tuple["SegmentationCLI", "Seen", Path]]


class Seen(pl.Callback):
    """Keep the weights at the end of each step and epoch, and the logged metrics."""

    def __init__(self) -> None:
        self.steps: list[State] = []
        self.evaluated: list[State] = []
        self.mean_ious: list[float] = []

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:  # noqa: ANN401
        self.steps.append(copy.deepcopy(pl_module.state_dict()))

    def on_validation_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:  # noqa: ANN401
        self.evaluated.append(copy.deepcopy(pl_module.state_dict()))

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.mean_ious.append(float(trainer.callback_metrics["val/mIoU"]))


def fitted(file: Path, *overrides: str, checkpoint: Path | None = None) -> tuple[SegmentationCLI, Seen, Path]:
    """Train; return what was trained, what was seen, and the folder of checkpoints."""
    quiet()
    cli = SegmentationCLI(compose([file], ["--trainer.logger=false", "--pictures.count=0", *overrides]).expanded())
    folder, seen = RunFolder.create(file.parent / "runs"), Seen()
    cli.build(folder, [seen])
    cli.trainer.fit(cli.model, datamodule=cli.datamodule, ckpt_path=checkpoint)
    return cli, seen, folder.path / "checkpoints"


def read(checkpoint: Path) -> dict[str, Any]:
    return torch.load(checkpoint, weights_only=True)


def ema(weights: list[State], decay: float) -> State:
    """Average by the definition."""
    average = {name: value.double() for name, value in weights[0].items()}
    for state in weights[1:]:
        average = {name: decay * average[name] + (1 - decay) * state[name].double() for name in average}
    return average


def mean(weights: list[State]) -> State:
    return {name: torch.stack([state[name].double() for state in weights]).mean(0) for name in weights[0]}


def assert_average(found: State, expected: State, last: State) -> None:
    """Compare floats with an average, and integers with the last weights."""
    for name, value in found.items():
        wanted = expected[name].to(value.dtype) if value.is_floating_point() else last[name]
        torch.testing.assert_close(value, wanted, rtol=1e-4, atol=1e-6, msg=name)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Three epochs of three steps without average and with each, with a checkpoint after every other step."""
    folder = tmp_path_factory.mktemp("averaging")
    (folder / "tiny.yaml").write_text(TINY)
    with working_directory(folder), warnings.catch_warnings():
        arguments = {"none": [], "EMA": [EMA], "SWA": [SWA]}
        return {name: fitted(folder / "tiny.yaml", *EVERY, *words) for name, words in arguments.items()}


@pytest.mark.parametrize("name", ["EMA", "SWA"])
def test_learning_is_unchanged(runs: Runs, name: str) -> None:
    for ours, theirs in zip(runs[name][1].steps, runs["none"][1].steps, strict=True):
        torch.testing.assert_close(ours, theirs, **EXACT)


def test_the_average_is_evaluated_and_saved_and_left_behind_beside_the_weights(runs: Runs) -> None:
    cli, seen, folder = runs["EMA"]
    expected = [ema(seen.steps[:steps], 0.8) for steps in (3, 6, 9)]

    for found, average, last in zip(seen.evaluated, expected, seen.steps[2::3], strict=True):
        assert_average(found, average, last)
    last = read(folder / "last.ckpt")
    assert_average(last["state_dict"], expected[-1], seen.steps[-1])
    torch.testing.assert_close(dict(last["current_model_state"]), seen.steps[-1], **EXACT)
    torch.testing.assert_close(cli.model.state_dict(), dict(last["state_dict"]), **EXACT)
    assert last["state_dict"]["segmenter.backbone.model.bn1.num_batches_tracked"] == 9


def test_means_are_of_the_ends_of_epochs_before_their_validation(runs: Runs) -> None:
    _, seen, folder = runs["SWA"]
    first, second, third = seen.steps[2::3]

    torch.testing.assert_close(seen.evaluated[0], first, **EXACT)  # 3 of 9 steps are not yet 0.34
    torch.testing.assert_close(seen.evaluated[1], second, **EXACT)
    assert_average(seen.evaluated[2], mean([second, third]), third)
    assert_average(read(folder / "last.ckpt")["state_dict"], mean([second, third]), third)


@pytest.mark.parametrize("step", [4, 6], ids=["within an epoch", "at its end"])
@pytest.mark.parametrize(("name", "average"), [("EMA", EMA), ("SWA", SWA)], ids=["EMA", "SWA"])
def test_a_resumed_run_ends_like_one_that_was_not_interrupted(
    runs: Runs, tiny: Path, name: str, average: str, step: int
) -> None:
    whole, seen, folder = runs[name]
    (checkpoint,) = folder.glob(f"step={step}.ckpt")

    cli, again, _ = fitted(tiny, *EVERY, average, checkpoint=checkpoint)

    torch.testing.assert_close(cli.model.state_dict(), whole.model.state_dict(), **EXACT)
    torch.testing.assert_close(again.steps[-1], seen.steps[-1], **EXACT)
    torch.testing.assert_close(again.evaluated[-1], seen.evaluated[-1], **EXACT)
    assert len(again.steps) == 9 - step


def test_until_it_begins_the_weights_are_evaluated_and_saved(tiny: Path) -> None:
    late = "--trainer.callbacks=[{class_path: EMA, start_step: 100}]"
    cli, seen, folder = fitted(tiny, late, "--trainer.max_epochs=1")

    torch.testing.assert_close(seen.evaluated[-1], seen.steps[-1], **EXACT)
    torch.testing.assert_close(dict(read(folder / "last.ckpt")["state_dict"]), seen.steps[-1], **EXACT)
    torch.testing.assert_close(cli.model.state_dict(), seen.steps[-1], **EXACT)


def test_the_metric_that_chooses_and_that_schedules_follow_is_of_the_average(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed: list[float] = []
    monkeypatch.setattr(Plateau, "observe", lambda self, value: followed.append(value))
    plateau = "--model.schedule={class_path: Plateau, monitor: val/mIoU}"
    zero = "--trainer.callbacks=[{class_path: EMA, decay: 0.99, decay_warmup: false}]"
    cli, seen, folder = fitted(tiny, zero, plateau)
    assert followed == seen.mean_ious
    (scores,) = cli.trainer.validate(
        cli.model, datamodule=cli.datamodule, ckpt_path=folder / "best.ckpt", verbose=False
    )

    assert scores["val/mIoU"] == max(seen.mean_ious)
    assert read(folder / "best.ckpt")["callbacks"]


def _segmenter_state(path: Path) -> State:
    return {f"segmenter.{name}": value for name, value in Segmenter.from_checkpoint(path).state_dict().items()}


def test_the_verbs_use_the_average_and_say_nothing(
    tiny: Path, capsys: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    assert main(["check", str(tiny), "--build"]) == 0
    with warnings.catch_warnings(record=True) as raised:
        assert main(["fit", "-c", str(tiny), EMA]) == 0
        last = Path("runs/tiny/1/checkpoints/last.ckpt")
        content = read(last)
        state = {k: v for k, v in content["state_dict"].items() if k.startswith("segmenter.")}
        torch.testing.assert_close(_segmenter_state(last), state, **EXACT)
        capsys.readouterr()
        for verb in ("validate", "test", "predict"):
            assert main([verb, "--ckpt_path", str(last)]) == 0
    assert [str(warning.message) for warning in raised] == []
    assert "verag" not in "".join(capsys.readouterr())


def test_all_of_the_state_is_saved(runs: Runs) -> None:
    folder = runs["SWA"][2]
    (state,) = (v for k, v in read(folder / "last.ckpt")["callbacks"].items() if "SWA" in k)
    assert state == {"latest_update_step": 9, "latest_update_epoch": -1, "first_step": pytest.approx(3.06)}

    class Never(Averaging):
        def share(self, num_averaged: int) -> float:
            return 0

    callback = Never()
    callback.load_state_dict({"latest_update_step": 3, "latest_update_epoch": 2})
    assert callback.state_dict() == {"latest_update_step": 3, "latest_update_epoch": 2}


def test_a_run_without_average_goes_on_with_one(runs: Runs, tiny: Path) -> None:
    with pytest.warns(UserWarning, match="was not created with WeightAveraging"):
        _, seen, _ = fitted(tiny, *EVERY, EMA, checkpoint=runs["none"][2] / "step=6.ckpt")
    assert_average(seen.evaluated[-1], ema(seen.steps, 0.8), seen.steps[-1])


def test_a_run_with_average_goes_on_from_it_without(runs: Runs, tiny: Path) -> None:
    with pytest.warns(UserWarning, match=r"Please add the following callbacks: \['EMA'\]"):
        cli, seen, _ = fitted(tiny, *EVERY, checkpoint=runs["EMA"][2] / "step=6.ckpt")
    torch.testing.assert_close(cli.model.state_dict(), seen.steps[-1], **EXACT)


def test_weights_of_16_bits_are_an_error(tiny: Path) -> None:
    with pytest.raises(ValueError, match=r"EMA got weights of torch\.bfloat16, expected 32 bits.* bf16-mixed"):
        fitted(tiny, EMA, "--trainer.precision=bf16-true")


def test_presets_switch_it_on_beside_other_callbacks(tiny: Path) -> None:
    child = tiny.parent / "child.yaml"
    child.write_text("extends: [tiny.yaml, segcli:ema]\ntrainer: {callbacks+: [Timer]}\n")
    assert [c["class_path"].rpartition(".")[2] for c in compose([child]).expanded()["trainer"]["callbacks"]] == [
        "EMA",
        "Timer",
    ]
    child.write_text("extends: [tiny.yaml, segcli:swa]\n")
    assert main(["check", str(child), "--build"]) == 0
    cli = SegmentationCLI(compose([child]).expanded())
    cli.build(RunFolder.create(tiny.parent / "runs"), [])
    assert [c.start for c in cli.trainer.callbacks if isinstance(c, Averaging)] == [0.75]  # type: ignore[attr-defined]


@pytest.mark.parametrize("verb", [["fit", "-c"], ["check"]], ids=["fit", "check"])
def test_two_averages_are_an_error(tiny: Path, capsys: pytest.CaptureFixture[str], verb: list[str]) -> None:
    child = tiny.parent / "child.yaml"
    child.write_text("extends: [tiny.yaml, segcli:ema, segcli:swa]\n")
    assert main([*verb, str(child)]) == 2
    assert "trainer.callbacks: got EMA and SWA, expected at most one" in "".join(capsys.readouterr())


def test_an_average_of_lightning_counts_too() -> None:
    check_single_average([None, Timer(), EMAWeightAveraging()])
    with pytest.raises(ValueError, match=r"got EMAWeightAveraging and EMAWeightAveraging, .*; keep one"):
        check_single_average([EMAWeightAveraging(), Timer(), EMAWeightAveraging()])


def _told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in capsys.readouterr().err.splitlines() if "average began" in line]


OWN = """
from pytorch_lightning import Callback


class Epochs(Callback):
    def on_validation_epoch_end(self, trainer, pl_module):
        pl_module.log("val/epochs", float(trainer.current_epoch))
"""


@pytest.mark.parametrize(("mode", "told"), [("min", True), ("max", False)], ids=["first epoch best", "last epoch best"])
def test_a_best_checkpoint_from_before_the_average_is_told(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, mode: str, told: bool
) -> None:
    (tiny.parent / "own_epochs.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tiny.parent))
    late = "--trainer.callbacks=[{class_path: EMA, start_step: 3}, own_epochs.Epochs]"
    _, _, folder = fitted(tiny, late, "--checkpoint.monitor=val/epochs", f"--checkpoint.mode={mode}")

    text = "EMA: best.ckpt is from before the average began, and holds the weights themselves; last.ckpt holds it"
    assert _told(capsys) == [text] * told
    assert (int(read(folder / "best.ckpt")["averaging_state"]["n_averaged"]) == 0) is told


def test_an_average_that_never_began_is_told(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    late = "--trainer.callbacks=[{class_path: EMA, start_step: 100}]"
    fitted(tiny, late, "--trainer.fast_dev_run=1")
    assert _told(capsys) == []
    fitted(tiny, late, "--trainer.max_epochs=1")
    assert _told(capsys) == ["EMA: the run ended before the average began; the checkpoints hold the weights themselves"]
