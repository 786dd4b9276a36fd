import json
from pathlib import Path

from segcli.comparison.cost import cost_of
from segcli.comparison.measured_run import MeasuredRun, measure
from segcli.comparison.metric import Metric
from segcli.runs.stored_run import StoredRun
from tests.run_folders import write_run


def measured(path: Path, **cost: object) -> MeasuredRun:
    passport = json.loads((path / "passport.json").read_text())
    (path / "passport.json").write_text(json.dumps({**passport, "cost": {**passport["cost"], **cost}}))
    return measure(StoredRun.load(path), Metric("val", "mIoU"))


def test_costs_are_means_over_the_runs_that_recorded_them(tmp_path: Path) -> None:
    runs = [
        measured(write_run(tmp_path / "1", images_per_s=100), flops_per_image=None),
        measured(write_run(tmp_path / "2", images_per_s=50), flops_per_image=2e9, device="NVIDIA H100"),
    ]

    found = cost_of(runs)

    assert (found.parameters, found.images_per_s, found.flops_per_image) == (5_200_000, 75, 2e9)
    assert found.train_s == (3.2 + 6.4) / 2
    assert found.device == "cpu, NVIDIA H100"


def test_what_nobody_recorded_is_not_known(tmp_path: Path) -> None:
    path = write_run(tmp_path / "1")
    passport = json.loads((path / "passport.json").read_text())
    (path / "passport.json").write_text(json.dumps({**passport, "cost": None}))

    found = cost_of([measure(StoredRun.load(path), Metric("val", "mIoU"))])

    assert (found.parameters, found.peak_memory_bytes, found.device) == (None, None, "")
