import torch

from segcli.metrics.evaluated import Evaluated
from segcli.sample import IGNORE_INDEX
from tests.metrics.made_batches import drawn, evaluated


def test_regions_are_the_classes_that_an_image_holds_in_truth_or_prediction() -> None:
    mask = torch.zeros(2, 4, 4, dtype=torch.uint8)
    mask[0, 0], mask[0, 1] = 1, IGNORE_INDEX
    logits = torch.zeros(2, 3, 4, 4)
    logits[:, 0] = 1
    logits[1, 2, 3] = 2
    logits[0, 2, 1] = 2  # where it is ignored
    found = {(region.image, region.label): region for region in evaluated(logits, mask).regions()}

    assert list(found) == [(0, 0), (0, 1), (1, 0), (1, 2)]
    assert found[0, 1].truth.sum() == 4
    assert not found[0, 1].predicted.any()
    assert found[0, 0].predicted.sum() == 12
    assert found[0, 0].ignored.sum() == 4


def test_probabilities_are_computed_once_and_only_if_asked_for() -> None:
    logits, mask = drawn("multiclass")
    asked = []

    def probabilities() -> torch.Tensor:
        asked.append(1)
        return torch.softmax(logits, 1)

    other = evaluated(logits, mask)
    batch = Evaluated(other.prediction, mask, other.matrices, other.paths, probabilities)
    assert batch.num_classes == 3
    assert not asked
    assert batch.probabilities is batch.probabilities
    assert asked == [1]


def test_counts_are_of_every_class_with_one_label_or_several() -> None:
    for task in ("multiclass", "multilabel"):
        logits, mask = drawn(task)
        right, truth, predicted = evaluated(logits, mask, task).counts
        assert truth[:, 1].tolist() == [
            int(((mask[image] == 1) if task == "multiclass" else (mask[image, 1] == 1)).sum()) for image in range(4)
        ]
        assert (right <= truth).all()
        assert (right <= predicted).all()
