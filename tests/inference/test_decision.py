import pytest
import torch

from segcli.inference.decision import decide
from segcli.task_kind import KINDS, TaskName


@pytest.mark.parametrize(("task", "outputs"), [("multiclass", 3), ("binary", 1), ("multilabel", 3)])
def test_probabilities_decide_as_logits_do(task: TaskName, outputs: int) -> None:
    kind = KINDS[task]
    logits = torch.randn(2, outputs, 9, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(decide(kind.probabilities(logits), kind.multilabel), kind.predict(logits))


def test_every_class_has_its_own_threshold() -> None:
    probabilities = torch.tensor([0.3, 0.6]).view(1, 2, 1, 1)
    assert decide(probabilities, True, [0.2, 0.7]).flatten().tolist() == [1, 0]
    assert decide(probabilities[:, :1], False, [0.2]).flatten().tolist() == [1]
    assert decide(probabilities[:, :1], False, [0.3]).flatten().tolist() == [0]
