from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.experiment.evaluated_config import evaluated_config
from segcli.experiment.job import parse_experiment


def test_data_and_metrics_are_kept_and_no_model(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIZE", "6")
    monkeypatch.setenv("STEPS", "2")
    referring = ["--data.val_size", "${oc.env:SIZE}", "--model.schedule.warmup_steps", "${oc.env:STEPS}"]
    experiment = compose([tiny], [*referring, "--model.metrics", "[BoundaryIoU]"])
    found = evaluated_config(experiment, parse_experiment(experiment), "nnunet")
    assert list(found) == ["defaults", "seed_everything", "predictions", "model", "data", "run", "environment"]
    assert (found["predictions"], found["run"]["name"], found["seed_everything"]) == ("nnunet", "nnunet", None)
    assert found["model"]["metrics"][0]["class_path"].endswith("BoundaryIoU")
    assert found["data"]["init_args"]["val_size"] == "${oc.env:SIZE}"
    assert list(found["environment"]) == ["data.val_size"]
