import json
from pathlib import Path

import pytest

from segcli.cli.main import main


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
