from pathlib import Path

import pytest

from segcli.cli.main import main

Capture = pytest.CaptureFixture[str]


def _facts(text: str) -> dict[str, str]:
    """Return the lines at the start, by their names."""
    return {line.split()[0]: " ".join(line.split()[1:]) for line in text.splitlines()[:4]}


@pytest.mark.parametrize(
    ("words", "length"),
    [
        (["--trainer.max_epochs=1"], "1 epoch of 3 batches of 8 images"),
        (["--trainer.max_epochs=1", "--trainer.limit_train_batches=2"], "1 epoch of 2 of 3 batches of 8 images"),
        (["--trainer.max_epochs=-1", "--trainer.max_steps=3"], "3 steps, an epoch of 3 batches of 8 images"),
    ],
)
def test_a_training_says_at_once_what_it_is(tiny: Path, words: list[str], length: str, capsys: Capture) -> None:
    assert main(["fit", "-c", str(tiny), "--model.schedule.warmup_steps=0", *words]) == 0
    assert _facts(capsys.readouterr().out) == {
        "folder": "runs/tiny/1",
        "model": "FPN on test_resnet.r160_in1k, 0.57 M parameters",
        "data": "ShapesDataModule, 24 training and 6 validation images",
        "training": f"on cpu, {length}",
    }


@pytest.mark.parametrize(
    ("verb", "folder", "images"),
    [
        ("validate", "runs/tiny/1/validate/", "6 validation images"),
        ("test", "runs/tiny/1/test/", "4 test images"),
        ("predict", "runs/tiny/1/predictions/", "4 prediction images"),
    ],
)
def test_so_do_verbs_that_apply_a_checkpoint(
    in_trained: Path, verb: str, folder: str, images: str, capsys: Capture
) -> None:
    assert main([verb, "--ckpt_path", str(in_trained)]) == 0
    facts = _facts(capsys.readouterr().out)
    assert facts["folder"].startswith(folder)
    assert facts["model"] == f"FPN on test_resnet.r160_in1k, from {in_trained}"
    assert facts["data"] == f"ShapesDataModule, {images}"


def test_it_is_said_before_the_data_are_hashed(
    in_trained: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("segcli.callbacks.data_record.fingerprint", stop)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        main(["validate", "--ckpt_path", str(in_trained)])
    assert "6 validation images" in capsys.readouterr().out
