import json
from pathlib import Path

import pytest

from segcli.cli.command_line import read
from segcli.cli.export import VERB, run
from segcli.cli.main import main
from segcli.config.errors import ConfigError
from segcli.export.formats import FORMATS

BEST = "runs/tiny/1/checkpoints/best.ckpt"


def test_every_format_may_be_chosen() -> None:
    option = VERB.option("--to")
    assert option is not None
    assert set(option.choices) == set(FORMATS)


def test_a_checkpoint_becomes_a_file_that_agrees(in_trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--ckpt_path", str(in_trained), "--int8", "400", "--n", "3", "--format", "json"]) in (0, 1)
    found = json.loads(capsys.readouterr().out)
    assert found["int8_images"] == 24  # all there are
    assert found["agreement"]["images"] == 3
    small = ["--to", "torch", "--size", "32x32", "--n", "2"]
    for form in ("text", "markdown"):
        assert main(["export", "--ckpt_path", str(in_trained), *small, "--format", form]) == 0
        told = capsys.readouterr().out
        assert "of labels differ" in told
        assert "model.pt2" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "export needs a checkpoint: --ckpt_path runs"),
        (["--ckpt_path", "nowhere.ckpt"], "no checkpoint nowhere.ckpt"),
        (["--to", "onx"], r"--to got 'onx' \(did you mean 'onnx'\?\)"),
        (["--size", "100"], "--size got 100, expected height and width"),
        (["--size", "0x5"], "--size got 0x5"),
        (["--size", "20000x5"], "--size got 20000x5"),
        (["--to", "torch", "--int8", "5"], "--int8 is for ONNX"),
        (["--int8", "0"], "--int8.*expected a number from 1 up"),
        (["--n", "x"], "--n.*expected a number from 1 up"),
        (["best.ckpt"], "--ckpt_path"),
    ],
)
def test_wrong_input_is_told_and_makes_nothing(tiny: Path, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(read(VERB, words))
    assert [path.name for path in Path().iterdir()] == ["tiny.yaml"]


def test_images_that_a_graph_does_not_take_are_told(in_trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--ckpt_path", str(in_trained), "--to", "torch"]) == 2
    told = capsys.readouterr().err
    assert "an image of 32x32 pixels is refused" in told
    assert "--size 32x32" in told
    assert not [*in_trained.parents[1].glob("export/*")]
