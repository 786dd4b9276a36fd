"""No verb makes scores or predictions of weights that are no numbers: over all that take a checkpoint."""

from pathlib import Path

import pytest
import torch

import segcli
from segcli.cli.main import main
from segcli.cli.verbs import declared, that_take
from segcli.config.errors import ConfigError

NAME = "segmenter.classifier.weight"


@pytest.fixture
def spoilt(in_trained: Path) -> Path:
    """A checkpoint with a NaN in it."""
    content = torch.load(in_trained, weights_only=True)
    content["state_dict"][NAME][0] = float("nan")
    torch.save(content, in_trained)
    return in_trained


def test_weights_that_are_no_numbers_are_one_error(spoilt: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(Path().rglob("*"))
    verbs = that_take("--ckpt_path")
    assert {"fit", "validate", "test", "predict"} <= set(verbs)
    for verb in verbs:
        option = declared(verb).option("--ckpt_path")
        assert option is not None
        kind = option.kind.split()[:1] or declared(verb).kinds[:1]
        folder = ["."] * (declared(verb).least - len(kind))
        assert main([verb, *kind, *folder, "--ckpt_path", str(spoilt)]) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"error: {spoilt} holds a weight that is NaN or infinite: {NAME} (")
        assert len(told.splitlines()) == 1
    with pytest.raises(ConfigError, match=NAME):
        segcli.load(spoilt)
    assert sorted(Path().rglob("*")) == before
