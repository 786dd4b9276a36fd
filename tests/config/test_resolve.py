from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.node import lookup
from segcli.config.resolve import resolve
from segcli.experiment.lightning_cli import SegmentationCLI

EXPERIMENTS = sorted((Path(__file__).parent.parent.parent / "experiments").glob("*.yaml"))


def plain(value: object) -> object:
    """Return sequences as lists and numbers as floats, as far as the two may differ in form only."""
    if isinstance(value, dict):
        return {str(key): plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@pytest.mark.parametrize("file", EXPERIMENTS, ids=lambda file: file.stem)
def test_the_text_gives_what_jsonargparse_gives(file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    experiment = compose([file])
    parsed = SegmentationCLI(experiment.expanded()).resolved()
    assert plain(resolve(experiment).plain()) == plain(parsed)


def test_defaults_name_the_line_that_says_so(write: Callable[[str, str], Path]) -> None:
    file = write("x.yaml", "data: ShapesDataModule\nmodel: {decoder: segcli.decoders.fpn.FPN}\n")
    root = resolve(compose([file]))
    dropout = lookup(root, ("model", "decoder", "dropout"))
    assert dropout is not None
    where, line = dropout.source
    assert where.startswith("default of FPN, ")
    assert where.endswith("segcli/decoders/fpn.py")
    text = (Path(__file__).parent.parent.parent / "segcli/decoders/fpn.py").read_text().splitlines()
    assert line is not None
    assert "dropout" in text[line - 1]


def test_what_a_file_says_keeps_its_source(write: Callable[[str, str], Path]) -> None:
    root = resolve(compose([write("x.yaml", "data:\n  class_path: ShapesDataModule\n  batch_size: 3\n")]))
    batch = lookup(root, ("data", "batch_size"))
    assert batch is not None
    assert (batch.value, str(batch.source)) == (3, "x.yaml:3")
