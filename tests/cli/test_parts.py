from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from segcli.cli.parts import PartError, check_parts, part
from segcli.config.compose import compose


def _tree(file: Path, *overrides: str) -> dict[str, Any]:
    return compose([file], overrides).expanded()


@pytest.mark.parametrize(
    ("words", "key", "message"),
    [
        (["--data.batch_size", "0"], "data", "batch_size 0"),
        (["--model.loss.class_weights", "[1, 2]"], "model.loss", "got 2 class_weights, expected 4"),
        (["--model.schedule.power", "-1"], "model.schedule", "expected a number above 0"),
        (["--model.optimizer.lr", "-1"], "model.optimizer", "Invalid learning rate"),
        (["--model.task", "binary"], "model", "'binary' with 4 classes"),
    ],
    ids=["data", "class weights", "schedule", "optimizer", "task"],
)
def test_cheap_parts_are_built_without_the_model(tiny: Path, words: list[str], key: str, message: str) -> None:
    with pytest.raises(PartError, match=message) as caught:
        check_parts(_tree(tiny, *words))
    assert caught.value.key == key


def test_checking_reads_no_data_and_draws_no_random_number(tiny: Path) -> None:
    before = torch.get_rng_state()
    data = check_parts(_tree(tiny))
    assert data.datasets == {}
    assert torch.equal(before, torch.get_rng_state())


def test_a_null_schedule_is_fine(tiny: Path) -> None:
    assert len(check_parts(_tree(tiny, "--model.schedule", "null")).classes) == 4


def test_factories_wait_for_their_arguments(tiny: Path) -> None:
    optimizer = part(_tree(tiny), "model.optimizer")(params=[nn.Parameter(torch.zeros(1))])
    assert isinstance(optimizer, torch.optim.AdamW)
