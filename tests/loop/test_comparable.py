import re
from pathlib import Path

import pytest
import torch

from segcli.cli.main import main
from segcli.loop.comparable import require_comparable
from segcli.losses.criterion import IncomparableError
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.focal_loss import FocalLoss
from segcli.losses.weighted_sum import WeightedSum
from tests.losses.data import dense


def test_extra_predictions_are_asked_for_in_a_training_alone() -> None:
    loss, prediction = CrossEntropyLoss([1.0, 2.0]), dense(torch.zeros(1, 2, 4, 4))
    criterion = DenseCriterion(loss, extra_weights=0.4)

    require_comparable(loss, criterion, prediction, multilabel=False, trains=False)
    with pytest.raises(IncomparableError, match="the model has no extra predictions"):
        require_comparable(loss, criterion, prediction, multilabel=False, trains=True)


def test_weights_that_are_not_known_are_refused() -> None:
    loss = WeightedSum([CrossEntropyLoss(), FocalLoss(alpha="enet")])
    for trains in (False, True):
        with pytest.raises(IncomparableError, match="FocalLoss got alpha enet, which follow from the training split; "):
            require_comparable(loss, DenseCriterion(loss), dense(torch.zeros(1, 2, 4, 4)), False, trains)


@pytest.mark.parametrize("verb", ["validate", "test"])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--model.loss.class_weights", "balanced"], "model.loss: CrossEntropyLoss got class_weights balanced, which"),
        (["--model.loss", "MaskClassificationLoss"], "model.loss: MaskClassificationLoss compares masks of queries"),
    ],
)
def test_an_evaluation_says_at_the_loss_that_it_cannot_compare(
    in_trained: Path, capsys: pytest.CaptureFixture[str], verb: str, words: list[str], told: str
) -> None:
    assert main([verb, "--ckpt_path", str(in_trained), *words]) == 2

    error = capsys.readouterr().err
    assert re.search(told, error)
    assert words[0] in error
    assert "in a batch of" not in error
