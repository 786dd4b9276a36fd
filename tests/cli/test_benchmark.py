import json
from pathlib import Path

import pytest

from segcli.benchmark.memory import Peak
from segcli.cli.benchmark import VERB, run
from segcli.cli.command_line import read
from segcli.cli.main import main
from segcli.config.errors import ConfigError


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_a_checkpoint_is_measured(
    in_trained: Path, form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segcli.benchmark.benchmark.peak_memory", lambda *_: Peak(5 << 20, None))
    words = ["--ckpt_path", str(in_trained), "--repeats", "2", "--batch", "3", "--threads", "1", "--size", "33x40"]
    assert main(["benchmark", *words, "--output", "speed", "--format", form]) == 0
    told = capsys.readouterr().out
    assert sorted(path.name for path in Path("speed").iterdir()) == ["benchmark.json", "benchmark.png"]
    if form == "json":
        found = json.loads(told)
        assert found == json.loads(Path("speed/benchmark.json").read_text())
        assert [found[key] for key in ("size", "batch", "threads", "rounds")] == [[33, 40], 3, 1, 2]
        assert [each["peak_memory_bytes"] for each in found["variants"]] == [5 << 20] * 2
    else:
        assert told.startswith("33x40 pixels, 3 at once, 1 thread of ")
        assert "eager bf16" in told
        assert "5 MiB" in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "benchmark needs a checkpoint: --ckpt_path runs"),
        (["model.onnx"], "benchmark needs a checkpoint: --ckpt_path runs"),
        (["--ckpt_path", "nowhere.ckpt"], "no checkpoint nowhere.ckpt"),
        (["--size", "360"], "--size got 360, expected height and width"),
        (["--batch", "0"], "--batch.*expected a number from 1 up"),
        (["--threads", "-1"], "--threads.*"),
        (["--repeats", "many"], "--repeats.*expected a number from 1 up"),
        (["--device", "tpu"], "--device got 'tpu'"),
    ],
)
def test_wrong_input_is_told_and_makes_nothing(tiny: Path, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(read(VERB, words))
    assert [path.name for path in Path().iterdir()] == ["tiny.yaml"]
