import math
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from segcli.loop.run_loss import RunLoss
from segcli.loop.stored_loss import LOSSES
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import criterion_of
from segcli.sample import Batch
from tests.losses.data import dense


def run_loss() -> RunLoss:
    loss = CrossEntropyLoss()
    return RunLoss(loss, criterion_of(loss), ("a", "b", "c"), num_outputs=3)


def trainer(batches: int, accumulated: int) -> Any:  # noqa: ANN401  (stands for Lightning's)
    return SimpleNamespace(accumulate_grad_batches=accumulated, num_training_batches=batches)


def test_losses_resume_with_a_checkpoint_and_those_of_0_4_0_are_left_out() -> None:
    loss, resumed = run_loss(), run_loss()
    loss._training.load({"step_sums": [(torch.tensor(3.0), torch.tensor(2))]})
    checkpoint: dict[str, Any] = {}
    loss.store(checkpoint)

    resumed.load(checkpoint, {})
    assert resumed._training.since_log() == {"loss": 1.5}
    resumed.load({LOSSES: {"step": (3.0, 2.0), "epoch": (3.0, 2.0), "logged_step": 7}}, {})
    assert math.isnan(resumed._training.since_log()["loss"])
    assert resumed._log.last_step == 7


def test_a_run_from_anothers_state_logs_none_of_its_losses() -> None:
    loss = run_loss()
    loss._training.load({"step_sums": [(torch.tensor(3.0), torch.tensor(2))], "epoch_sums": []})

    loss.begin_anew(step=5)

    assert math.isnan(loss._training.since_log()["loss"])
    assert loss._log.last_step == 5


@pytest.mark.parametrize("batches", [4, 3])
def test_the_last_step_of_an_epoch_may_be_one_of_fewer_batches(batches: int) -> None:
    """Gradients of an optimizer step are those of all its pixels at once."""
    torch.manual_seed(0)
    logits = torch.randn(batches, 3, 4, 4, requires_grad=True)
    mask = torch.randint(0, 3, (batches, 4, 4), dtype=torch.uint8)
    mask[0, :3] = 255
    loss, told = run_loss(), trainer(batches, accumulated=2)
    for index in range(batches):
        coming = [mask[later : later + 1] for later in range(index + 1, min(batches, index - index % 2 + 2))]
        batch = Batch(image=logits, mask=mask[index : index + 1], path=["x"], size=[(4, 4)], coming=coming)
        (loss.training_step(dense(logits[index : index + 1]), batch, index, told) / 2).backward()

    expected = torch.zeros_like(logits)
    for first in range(0, batches, 2):
        whole = torch.nn.functional.cross_entropy(
            logits[first : first + 2], mask[first : first + 2].long(), ignore_index=255
        )
        expected += torch.autograd.grad(whole, logits)[0]
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad, expected)
