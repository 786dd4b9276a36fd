import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from segcli.callbacks.finite_loss import FiniteLoss, NonFiniteLossError
from segcli.cli.main import main

NAN_LOSS = """
import torch
from segcli.losses.cross_entropy_loss import CrossEntropyLoss

class SometimesNan(CrossEntropyLoss):
    '''Cross entropy that breaks.

    Args:
        at: Batch, from 0, whose loss is not a number.
    '''

    def __init__(self, at: int = 0) -> None:
        super().__init__()
        self.at, self.count = at, 0

    def forward(self, logits, mask):
        loss = super().forward(logits, mask)
        self.count += self.training
        return loss * float('nan') if self.training and self.count > self.at else loss
"""


def test_a_loss_that_is_no_number_stops_the_run_and_tells_where(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tiny.parent / "nan_loss.py").write_text(NAN_LOSS)
    words = ["--model.loss", "nan_loss.SometimesNan", "--model.loss.at", "4"]
    assert main(["fit", "-c", "tiny.yaml", *words]) == 2
    err = capsys.readouterr().err
    assert "the loss is nan at step 4 (epoch 2, batch 1), of images" in err
    assert "\n    train_0" in err
    assert "last good checkpoint: runs/tiny/1/checkpoints/last.ckpt (step 3)" in err
    assert "Traceback" not in err
    assert json.loads(Path("runs/tiny/1/passport.json").read_text())["status"] == "failed"
    last = torch.load("runs/tiny/1/checkpoints/last.ckpt", weights_only=True)
    assert last["global_step"] == 3
    assert all(value.isfinite().all() for value in last["state_dict"].values())


class _Trainer:
    """As much of a trainer as is asked."""

    current_epoch, global_step = 0, 7
    checkpoint_callbacks: tuple[object, ...] = ()


class _OnDevice(torch.Tensor):
    """A tensor that says it lies on a GPU."""

    @property
    def device(self) -> SimpleNamespace:  # type: ignore[override]
        return SimpleNamespace(type="cuda")

    def detach(self) -> "_OnDevice":
        return self


def _loss(value: float) -> _OnDevice:
    return torch.tensor(value).as_subclass(_OnDevice)


def test_elsewhere_a_loss_is_read_after_the_next_step_and_before_a_checkpoint() -> None:
    callback, trainer, module = FiniteLoss(), cast(Any, _Trainer()), cast(Any, None)
    callback.on_train_batch_start(trainer, module, cast(Any, {"path": ["a.png"]}), 3)
    callback.on_before_backward(trainer, module, _loss(float("inf")))  # not waited for
    with pytest.raises(NonFiniteLossError, match=r"(?s)the loss is inf at step 7 \(epoch 1, batch 3\).*a.png"):
        callback.on_save_checkpoint(trainer, module, {})
    callback.on_train_batch_start(trainer, module, cast(Any, {"path": ["b.png"]}), 4)
    with pytest.raises(NonFiniteLossError, match=r"(?s)batch 3.*a.png"):
        callback.on_before_backward(trainer, module, _loss(1.0))


def test_many_images_are_counted_not_listed() -> None:
    callback, trainer = FiniteLoss(), cast(Any, _Trainer())
    callback.on_train_batch_start(trainer, cast(Any, None), cast(Any, {"path": [f"{i}.png" for i in range(20)]}), 0)
    with pytest.raises(NonFiniteLossError, match=r"(?s)7.png\n    and 12 more\n.*none yet"):
        callback.on_before_backward(trainer, cast(Any, None), torch.tensor(float("nan")))


def test_a_weight_that_is_no_number_is_not_saved() -> None:
    callback, trainer = FiniteLoss(), cast(Any, _Trainer())
    whole = {"a": torch.ones(2), "steps": torch.tensor(3)}
    callback.on_save_checkpoint(trainer, cast(Any, None), {"state_dict": whole})
    state = {**whole, "b": torch.tensor([1.0, float("nan")])}
    with pytest.raises(NonFiniteLossError, match=r"step 7: b \(1 of 2 values\)\n  last good checkpoint: none"):
        callback.on_save_checkpoint(trainer, cast(Any, None), {"state_dict": state})
