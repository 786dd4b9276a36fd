import json
from pathlib import Path

import pytest

from segcli.cli.main import main
from tests.inspection.data import KEYS, scene, write, write_data

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def experiment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(f"data: {{{KEYS}}}\nmodel: {{decoder: FPN, backbone: {{name: resnet18}}}}\n")
    return write_data(tmp_path)


def test_data_without_errors_exit_with_0_also_with_warnings(experiment: Path, capsys: Capture) -> None:
    write(experiment, "", "left_over", scene(60))
    assert main(["data", "check", "-c", "mine.yaml"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("warning: 2 files below data are not used\n  images/left_over.png\n")
    assert out.endswith("images: train 4, val 2. 0 errors, 1 warning, 0 notes.\n")


def test_errors_exit_with_1_in_every_format(experiment: Path, capsys: Capture) -> None:
    write(experiment, "val", "copy", scene(1))
    assert main(["data", "check", "-c", "mine.yaml"]) == 1
    assert "  train: b.png = val: copy.png (the same file)\n" in capsys.readouterr().out
    assert main(["data", "check", "-c", "mine.yaml", "--format", "markdown"]) == 1
    assert capsys.readouterr().out.startswith("- **error**: 1 pair of images in different splits")
    assert main(["data", "check", "-c", "mine.yaml", "--format", "json"]) == 1
    record = json.loads(capsys.readouterr().out)
    assert [(each["severity"], each["kind"]) for each in record["findings"]] == [("error", "copies-across-splits")]


def test_what_it_advises_mends_it(experiment: Path, capsys: Capture) -> None:
    """A value that is no class: the keys that the message names."""
    mask = scene(0)[..., 0] // 128
    mask[0, 0] = 9
    write(experiment, "train", "a", scene(0), mask)
    assert main(["data", "check", "-c", "mine.yaml"]) == 1
    assert "list it in ignore_values" in capsys.readouterr().out
    assert main(["data", "check", "-c", "mine.yaml", "--data.ignore_values", "[9]"]) == 0


def test_a_run_says_which_labels_it_doubts(in_trained: Path, capsys: Capture) -> None:
    """Its own experiment is taken where none is given; 12 steps of training are sure of little."""
    assert main(["data", "check", "--ckpt_path", str(in_trained), "--n=2", "--data.train_size=40"]) == 0
    plain = capsys.readouterr().out
    assert "images: train 40, val 6, test 4" in plain
    assert Path("doubted_labels").exists() == ("doubts labels" in plain)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-c", "tiny.yaml", "--n", "3"], "--n and --output of data check need a trained model: --ckpt_path CKPT"),
        (["--ckpt_path", "none.ckpt"], "no checkpoint none.ckpt"),
        (["--ckpt_path", "tiny.yaml"], "cannot read checkpoint tiny.yaml"),
        (["-c", "mine.yaml", "--ckpt_path", "runs/tiny/1/checkpoints/best.ckpt"], "expected one of the classes of"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_told(
    in_trained: Path, words: list[str], message: str, capsys: Capture
) -> None:
    write_data(Path())
    Path("mine.yaml").write_text(f"data: {{{KEYS}}}\nmodel: {{decoder: FPN, backbone: {{name: resnet18}}}}\n")
    assert main(["data", "check", *words]) == 2
    assert message in capsys.readouterr().err
