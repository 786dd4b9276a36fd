import json
from pathlib import Path

import pytest

from segcli.cli.main import main

Capture = pytest.CaptureFixture[str]


def test_one_line_tells_the_chain(tiny: Path, capsys: Capture) -> None:
    assert main(["why", "tiny.yaml", "trainer.max_epochs", "--trainer.max_epochs", "5"]) == 0
    line = capsys.readouterr().out.strip()
    assert line.startswith("5 — --trainer.max_epochs, over 2 at tiny.yaml:14, over 50 at ")
    assert "defaults.yaml:13, over the default null of Trainer (pytorch_lightning/trainer/trainer.py:" in line


def test_an_interpolation_is_followed(tiny: Path, capsys: Capture) -> None:
    tiny.write_text(tiny.read_text() + "vars: {n: 4}\nrun: {root: 'out${vars.n}'}\n")
    assert main(["why", "tiny.yaml", "run.root"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("out4 — tiny.yaml:17, out${vars.n}, over the default runs of RunSettings (")
    assert second == "  vars.n: 4 — tiny.yaml:16"


def test_a_component_lists_what_is_in_it(tiny: Path, capsys: Capture) -> None:
    assert main(["why", "tiny.yaml", "model.decoder"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("FPN — tiny.yaml:12, over FPN at ")
    assert rest[0].startswith("  model.decoder.pyramid_channels: 32 — tiny.yaml:12")


def test_formats(tiny: Path, capsys: Capture) -> None:
    assert main(["why", "tiny.yaml", "data.batch_size", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"][0] == {"value": "8", "source": "tiny.yaml:8", "text": ""}
    assert main(["why", "tiny.yaml", "data.batch_size", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("```\n8 — tiny.yaml:8")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tiny.yaml"], "why needs an experiment and a key"),
        (["tiny.yaml", "data.batch"], "did you mean 'batch_size'?"),
    ],
)
def test_mistakes_are_explained(tiny: Path, capsys: Capture, words: list[str], message: str) -> None:
    assert main(["why", *words]) == 2
    assert message in capsys.readouterr().err


def test_files_may_be_given_as_to_fit(tiny: Path, capsys: Capture) -> None:
    Path("more.yaml").write_text("data: {batch_size: 3}\n")
    assert main(["why", "-c", "tiny.yaml", "-c", "more.yaml", "data.batch_size"]) == 0
    assert capsys.readouterr().out.startswith("3 — more.yaml:1, over 8 at tiny.yaml:8")
