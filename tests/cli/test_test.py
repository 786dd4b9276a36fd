import json
from pathlib import Path

import pytest

from segcli.cli.main import main


def test_a_checkpoint_alone_is_enough(in_trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--ckpt_path", str(in_trained)]) == 0
    scores = json.loads(Path("runs/tiny/1/test/1/test_scores.json").read_text())
    assert sum(entry["pixels"] for entry in scores["classes"].values()) == 4 * 32 * 32
    assert "triangle" in capsys.readouterr().out
    assert "test/mIoU" in Path("runs/tiny/1/test/1/metrics.csv").read_text()


def test_scores_do_not_depend_on_the_batch_size(in_trained: Path) -> None:
    found = []
    for number, size in (("1", "1"), ("2", "4")):
        assert main(["test", "--ckpt_path", str(in_trained), "--data.val_batch_size", size]) == 0
        found.append(json.loads(Path("runs/tiny/1/test", number, "test_scores.json").read_text()))
    assert found[0] == found[1]


def test_without_a_checkpoint_the_error_says_what_is_missing(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-c", str(tiny)]) == 2
    assert "test needs a checkpoint: --ckpt_path" in capsys.readouterr().err


def test_weights_that_do_not_fit_the_experiment_are_one_error(
    in_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", "-c", "tiny.yaml", "--model.decoder", "UNet", "--ckpt_path", str(in_trained)]) == 2
    err = capsys.readouterr().err
    assert "does not fit the model" in err
    assert len(err.splitlines()) <= 4


def test_a_checkpoint_that_is_not_there_lists_what_is(in_trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--ckpt_path", str(in_trained.with_name("bst.ckpt"))]) == 2
    assert "best.ckpt" in capsys.readouterr().err
