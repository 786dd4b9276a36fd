import re
import sys
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.config.foreign_losses import _OURS, is_foreign, wrapping
from segcli.config.library import installed
from segcli.config.signatures import read_signature
from segcli.registry import names

OWN = """
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
class Mine(CrossEntropyLoss):
    pass
"""


@pytest.mark.parametrize(
    "path",
    ["torch.nn.CrossEntropyLoss", "torch.nn.modules.loss.BCELoss", "segmentation_models_pytorch.losses.DiceLoss"],
)
def test_modules_that_are_no_losses_of_ours_are_known(path: str) -> None:
    assert is_foreign(installed().modules, path)


@pytest.mark.parametrize("path", ["segcli.losses.dice_loss.DiceLoss", "pathlib.Path", "not.there.Loss"])
def test_losses_of_ours_and_what_is_no_module_are_left_alone(path: str) -> None:
    assert not is_foreign(installed().modules, path)


def test_an_own_loss_is_left_alone(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tiny.parent / "mine_of_ours.py").write_text(OWN)
    monkeypatch.syspath_prepend(tiny.parent)

    assert main(["fit", "-c", str(tiny), "--model.loss=mine_of_ours.Mine", "--trainer.fast_dev_run=1"]) == 0


@pytest.mark.parametrize(
    ("path", "more", "filled"),
    [
        ("torch.nn.CrossEntropyLoss", [], ("", "")),
        ("torch.nn.BCEWithLogitsLoss", ["--data.multilabel=true", "--model.task=multilabel"], ("", "")),
        ("torch.nn.MSELoss", ["--data.multilabel=true", "--model.task=multilabel"], ("", "")),
        ("segmentation_models_pytorch.losses.DiceLoss", [], ("mode=...", "mode='multiclass', ignore_index=255")),
    ],
)
def test_the_wrapping_that_an_error_shows_trains(
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str,
    more: list[str],
    filled: tuple[str, str],
) -> None:
    name = path.rpartition(".")[2]
    words = ["fit", "-c", str(tiny), "--trainer.fast_dev_run=1", *more]

    assert main([*words, f"--model.loss={path}"]) == 2

    told = capsys.readouterr().err
    assert told.count("error:") == 1
    assert f"error: model.loss: {path} is no loss of segcli's kind" in told
    assert ("is segcli's own" in told) == (name in ("CrossEntropyLoss", "DiceLoss"))
    code = re.search(r"^  from .*?(?=^  -->)", told, re.MULTILINE | re.DOTALL)
    assert code is not None
    (tiny.parent / "my_loss.py").write_text(re.sub("^  ", "", code[0], flags=re.MULTILINE).replace(*filled))
    monkeypatch.syspath_prepend(tiny.parent)
    monkeypatch.delitem(sys.modules, "my_loss", raising=False)
    assert main([*words, f"--model.loss=my_loss.My{name}"]) == 0


def test_a_term_is_named_where_it_stands(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loss = "--model.loss={class_path: WeightedSum, terms: [CrossEntropyLoss, torch.nn.MSELoss]}"

    assert main(["fit", "-c", str(tiny), loss]) == 2

    assert "error: model.loss.terms.1: torch.nn.MSELoss is no loss of segcli's kind" in capsys.readouterr().err


@pytest.mark.parametrize("name", _OURS)
def test_ours_of_another_name_is_told(name: str) -> None:
    told = wrapping(installed().modules, f"elsewhere.losses.{name}", has_own=False)

    kind, _, option = _OURS[name].partition(" with ")
    assert f"segcli's own of that kind: {kind}" in told
    path = names("losses")[kind].replace(":", ".")
    signature = read_signature(installed().modules, path)
    assert signature is not None
    assert not option or option.partition(":")[0] in signature.parameters
