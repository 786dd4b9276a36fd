from typing import get_args

import pytest
import torch

from segcli.metrics.multilabel_metric import MultilabelMetric
from segcli.task_kind import KINDS, TaskName

LOGITS = torch.tensor([[-1.0, 2.0, 0.0], [3.0, 1.0, -0.5]]).view(1, 2, 1, 3)


def test_every_kind_has_its_name() -> None:
    assert tuple(KINDS) == get_args(TaskName)
    assert all(kind.name == name for name, kind in KINDS.items())


def test_predictions_are_of_the_masks_shape() -> None:
    assert KINDS["multiclass"].predict(LOGITS).tolist() == [[[1, 0, 0]]]
    assert KINDS["binary"].predict(LOGITS[:, :1]).tolist() == [[[0, 1, 0]]]
    assert KINDS["multilabel"].predict(LOGITS).tolist() == [[[[0, 1, 0]], [[1, 1, 0]]]]


def test_probabilities_are_those_of_the_prediction() -> None:
    torch.testing.assert_close(KINDS["multiclass"].probabilities(LOGITS).sum(dim=1), torch.ones(1, 1, 3))
    for name in ("binary", "multilabel"):
        assert (KINDS[name].probabilities(LOGITS) > 0.5).equal(LOGITS > 0)


@pytest.mark.parametrize(("name", "outputs"), [("multiclass", 2), ("binary", 1), ("multilabel", 2)])
def test_there_is_a_logit_per_class_but_for_binary(name: TaskName, outputs: int) -> None:
    assert KINDS[name].num_outputs(2) == outputs


def test_classes_are_counted() -> None:
    KINDS["multilabel"].require_classes(["tumour"])
    for name in ("multiclass", "binary"):
        with pytest.raises(ValueError, match=r"1 class \(tumour\), expected at least 2"):
            KINDS[name].require_classes(["tumour"])
    with pytest.raises(ValueError, match=r"'binary' with 3 classes \(a, b, c\), expected 2"):
        KINDS["binary"].require_classes(["a", "b", "c"])


def test_masks_of_the_other_kind_are_refused_with_the_key_to_change() -> None:
    for name in ("multiclass", "binary"):
        KINDS[name].require_masks(multilabel=False)
        with pytest.raises(ValueError, match=f"model.task got '{name}'.*channel per class.*set model.task: multilabel"):
            KINDS[name].require_masks(multilabel=True)
    KINDS["multilabel"].require_masks(multilabel=True)
    with pytest.raises(ValueError, match=r"one class per pixel.*set model.task: multiclass, or data: Multilabel"):
        KINDS["multilabel"].require_masks(multilabel=False)


def test_a_class_by_itself_has_a_metric_of_its_own() -> None:
    assert isinstance(KINDS["multilabel"].metric(3), MultilabelMetric)
    assert KINDS["binary"].metric(2).matrix.shape == (2, 2)
