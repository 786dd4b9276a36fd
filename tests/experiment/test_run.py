import json
import re
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.datamodules.shapes_data_module import ShapesDataModule


def test_a_traceback_is_kept_where_it_is_asked_for_and_the_passport_says_failed(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tiny.parent / "broken_loss.py").write_text(
        "from segcli.losses.base import Loss\n"
        "class Broken(Loss):\n"
        "    def __init__(self, after: int = 2) -> None:\n"
        "        super().__init__()\n"
        "        self.left = after\n"
        "    def forward(self, logits, mask):\n"
        "        self.left -= 1\n"
        "        if self.left < 0:\n"
        "            raise ZeroDivisionError('a bug')\n"
        "        return logits.mean()\n"
    )
    monkeypatch.syspath_prepend(tiny.parent)
    monkeypatch.setenv("SEGCLI_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError, match="a bug"):
        main(["fit", "-c", str(tiny), "--model.loss", "broken_loss.Broken"])
    assert json.loads(Path("runs/tiny/1/passport.json").read_text())["status"] == "failed"


def test_weights_are_not_asked_for_when_a_checkpoint_brings_them(in_trained: Path) -> None:
    words = ["validate", "--ckpt_path", str(in_trained), "--model.backbone.weights", "gone.safetensors"]
    assert main(words) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--model.decoder", "EoMT"], "model.decoder: .* EoMT got a backbone that leaves it no blocks"),
        (["--model.decoder", "DPT"], "model.decoder: .* DPT got features without a class token"),
        (["--model.loss", "MaskClassificationLoss"], "model.loss: MaskClassificationLoss compares masks of queries"),
        (["--model.extra_loss_weight", "0.4"], "model.extra_loss_weight: got a weight, but the model has no extra"),
        (["--model.auxiliary", "[FCN]"], "model.auxiliary: training has extra predictions"),
        (["--model.loss.class_weights", "[1, 2, 3, 4, 5, 6]"], "model.loss: CrossEntropyLoss got 6 class_weights"),
    ],
)
def test_parts_that_refuse_each_other_are_told_before_data_is_read(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.setattr(ShapesDataModule, "setup", lambda *_: pytest.fail("data was read"))

    assert main(["fit", "-c", str(tiny), *words]) == 2

    error = capsys.readouterr().err
    assert re.search(told, error)
    assert words[0] in error
    assert "in a batch of" not in error
