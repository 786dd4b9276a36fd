from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

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
