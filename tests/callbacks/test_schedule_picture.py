import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import nn
from torch.optim.lr_scheduler import LRScheduler, StepLR

from segcli.callbacks.schedule_picture import MOST_POINTS, SchedulePicture, curves, draw, sample
from segcli.cli.main import main
from segcli.optim.plateau import Plateau
from segcli.optim.poly import Poly
from segcli.optim.sgd import SGD


def optimizer(**lrs: float) -> SGD:
    return SGD([{"params": [nn.Parameter(torch.zeros(1))], "lr": lr, "name": name} for name, lr in lrs.items()])


def trainer(schedule: LRScheduler | None = None, **others: Any) -> Any:  # noqa: ANN401  (stands for Lightning's)
    configs = [SimpleNamespace(scheduler=schedule)] if schedule else []
    optimizers = [schedule.optimizer] if schedule else [optimizer(all=0.5)]
    known: dict[str, Any] = {"estimated_stepping_batches": 100, "fast_dev_run": False, "is_global_zero": True}
    return SimpleNamespace(**{**known, "optimizers": optimizers, "lr_scheduler_configs": configs, **others})


def test_a_run_has_its_picture(trained: Path) -> None:
    with Image.open(trained / "schedule.png") as picture:
        assert picture.width > picture.height > 300


@pytest.mark.parametrize("words", [["--model.schedule=null"], ["--model.schedule=Plateau"]])
def test_runs_without_a_known_decay_have_one_too(tiny: Path, words: list[str]) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.max_epochs=1", *words]) == 0
    assert Path("runs/tiny/1/schedule.png").is_file()


def test_a_smoke_run_has_none(tiny: Path) -> None:
    assert main(["fit", "-c", str(tiny), "--trainer.fast_dev_run=2"]) == 0
    assert not Path("runs/tiny/1/schedule.png").exists()


def test_curves_are_the_rates_of_the_run_and_drawing_changes_none(tmp_path: Path) -> None:
    schedule, run = (Poly(optimizer(decoder=1.0, backbone=0.1), 100, warmup_steps=10) for _ in range(2))
    before = schedule.state_dict()

    SchedulePicture().on_train_batch_end(trainer(schedule, default_root_dir=tmp_path), None, None, None, 0)  # type: ignore[arg-type]
    found = curves(trainer(schedule), sample(100))

    assert (tmp_path / "schedule.png").is_file()
    assert schedule.state_dict() == before
    assert list(found) == ["decoder", "backbone"]
    for step in range(100):
        assert [curve[step] for curve in found.values()] == [group["lr"] for group in run.optimizer.param_groups]
        run.optimizer.step()
        run.step()


def test_is_drawn_once(tmp_path: Path) -> None:
    callback, run = SchedulePicture(), trainer(default_root_dir=tmp_path)
    callback.on_train_batch_end(run, None, None, None, 0)  # type: ignore[arg-type]
    (tmp_path / "schedule.png").unlink()

    callback.on_train_batch_end(run, None, None, None, 1)  # type: ignore[arg-type]

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("others", [{"is_global_zero": False}, {"estimated_stepping_batches": float("inf")}])
def test_others_than_rank_0_and_endless_runs_draw_none(tmp_path: Path, others: dict[str, Any]) -> None:
    SchedulePicture().on_train_batch_end(trainer(default_root_dir=tmp_path, **others), None, None, None, 0)  # type: ignore[arg-type]

    assert not list(tmp_path.iterdir())


def test_groups_that_differ_in_weight_decay_only_are_one_curve() -> None:
    groups = optimizer(**{"decoder/no_decay": 1.0, "decoder": 1.0, "backbone": 0.1})

    assert list(curves(trainer(Poly(groups, 10)), [0, 9])) == ["decoder", "backbone"]


def test_of_a_plateau_the_warm_up_is_drawn() -> None:
    found = curves(trainer(Plateau(optimizer(all=1.0), 100, warmup_steps=4)), [0, 1, 3, 99])

    assert found == {"all": (0.25, 0.5, 1.0, 1.0)}


def test_a_schedule_that_is_not_known_beforehand_is_not_drawn() -> None:
    assert curves(trainer(StepLR(optimizer(all=1.0), 3)), [0, 1]) == {}


def test_an_optimizer_that_chooses_its_own_rate_is_not_drawn() -> None:
    chooses = optimizer(all=1.0)
    chooses.param_groups[0]["lr"] = None

    assert curves(trainer(optimizers=[chooses]), [0, 1]) == {}


@pytest.mark.parametrize("steps", [2, 999, 1000, 1001, 1_000_000])
def test_samples_hold_both_ends_and_are_few(steps: int) -> None:
    at = sample(steps)

    assert (at[0], at[-1], len(at)) == (0, steps - 1, min(steps, MOST_POINTS))
    assert at == sorted(set(at))


def test_a_million_steps_take_no_longer_than_a_thousand() -> None:
    start = time.process_time()
    at = sample(1_000_000)
    draw(curves(trainer(Poly(optimizer(all=1.0), 1_000_000)), at), at, "long").draw_without_rendering()

    assert time.process_time() - start < 5


def test_curves_are_drawn_over_their_steps() -> None:
    (axes,) = draw({"all": [1.0] * 50 + [0.5] * 50}, range(100), "halved").axes

    (line,) = axes.get_lines()
    assert line.get_xydata().tolist() == [[step, 1.0 if step < 50 else 0.5] for step in range(100)]  # type: ignore[union-attr]
    assert (axes.get_title("left"), axes.get_ylim()[0]) == ("halved", 0)


def test_many_groups_fit_the_legend() -> None:
    figure = draw({f"layer_{i}": [1.0 / (i + 1)] * 2 for i in range(60)}, [0, 1], "")
    figure.draw_without_rendering()

    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()][6:9] == ["layer_6", "(46 more)", "layer_53"]
    assert legend.get_window_extent().y0 > 0
