from pathlib import Path

import pytest

import segcli
from tests.predicted import write_noisy_masks


def test_predictions_become_a_run_that_is_compared(tiny: Path) -> None:
    write_noisy_masks(Path("out"), name="seg_{name}.png")
    run = segcli.evaluate("out", "tiny.yaml", overrides={"run.name": "nnunet"}, pattern="seg_{name}")
    assert run.name == "nnunet/1"
    assert run.scores["mIoU"] > 0.3
    assert repr(run) == f"Run('runs/nnunet/1': finished, val/mIoU {run.scores['mIoU']:.3f})"
    assert "<caption>validation</caption>" in run._repr_html_()
    assert run.passport["command"][2:6] == ["out", "--pattern", "seg_{name}", "-c"]
    assert run.metrics == []
    assert segcli.compare([run]).groups[0].label == "nnunet"
    with pytest.raises(segcli.ConfigError, match="holds scores of predictions; it has no model"):
        segcli.load(run)


def test_mistakes_are_raised(tiny: Path) -> None:
    with pytest.raises(segcli.ConfigError, match="nowhere is missing"):
        segcli.evaluate("nowhere", "tiny.yaml")
