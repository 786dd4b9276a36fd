from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from segcli.callbacks.swa import SWA
from segcli.cli.main import main


def _epochs(start: float, epochs: int, steps: int = 3, total: float | None = None) -> list[int]:
    """Return the epochs, counted from 0, at whose end weights count."""
    callback, found = SWA(start), []
    trainer: Any = SimpleNamespace(estimated_stepping_batches=epochs * steps if total is None else total)
    callback.on_train_start(trainer, None)  # type: ignore[arg-type]
    for step in range(epochs * steps):
        callback._ends_epoch = step % steps == steps - 1
        found += [step // steps] if callback.should_update(step_idx=step) else []
    return found


@pytest.mark.parametrize(
    ("start", "epochs", "expected"),
    [(0.75, 8, [6, 7]), (0.0, 3, [0, 1, 2]), (0.5, 4, [2, 3]), (0.99, 4, [3]), (0.75, 1, [0])],
)
def test_the_last_epochs_count(start: float, epochs: int, expected: list[int]) -> None:
    assert _epochs(start, epochs) == expected


def test_every_epoch_has_the_same_share() -> None:
    assert [SWA().share(n) for n in (1, 2, 9)] == pytest.approx([1 / 2, 1 / 3, 1 / 10])


@pytest.mark.parametrize("start", [-0.1, 1.0, 50])
def test_a_start_out_of_range_is_an_error(start: float) -> None:
    with pytest.raises(ValueError, match=f"SWA got start {start}, expected a share of the run"):
        SWA(start)


def test_an_endless_run_is_an_error(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--trainer.callbacks=[SWA]", "--trainer.max_epochs=-1", "--model.schedule=null"]
    assert main(["fit", "-c", str(tiny), *words]) == 2
    assert "SWA needs the length of the run; set trainer.max_epochs" in capsys.readouterr().err


def test_a_run_that_is_made_longer_averages_the_end_of_its_new_length(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model.schedule", "null", "--trainer.callbacks", "[{class_path: SWA, start: 0.5}]"]
    assert main(["fit", "-c", "tiny.yaml", "--run.name", "whole", "--trainer.max_epochs", "4", *words]) == 0
    assert main(["fit", "-c", "tiny.yaml", "--run.name", "short", "--trainer.max_epochs", "2", *words]) == 0
    capsys.readouterr()
    assert main(["fit", "--ckpt_path", "runs/short/1/checkpoints/last.ckpt", "--trainer.max_epochs", "4"]) == 0
    assert "SWA: the run is longer now, the mean begins anew after step 6" in capsys.readouterr().err
    whole, longer = (torch.load(f"runs/{n}/1/checkpoints/last.ckpt", weights_only=True) for n in ("whole", "short"))
    assert longer["averaging_state"]["n_averaged"] == whole["averaging_state"]["n_averaged"] == 2
    for name, value in whole["state_dict"].items():
        torch.testing.assert_close(longer["state_dict"][name], value, rtol=0, atol=0)
