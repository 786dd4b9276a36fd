import numpy as np
import torch
from numpy.typing import NDArray

from segcli.datasets.mask_targets import MaskTargets

MASKS = torch.arange(12, dtype=torch.uint8).view(2, 2, 3)


def plus(mask: NDArray[np.uint8], channels: int) -> NDArray[np.float32]:
    return (mask + np.float32(channels)).astype(np.float32)


def never(mask: NDArray[np.uint8], channels: int) -> NDArray[np.float32]:
    raise AssertionError


def test_of_a_mask_and_of_a_batch_are_the_same() -> None:
    targets = MaskTargets({"plus": plus}, 4)
    found = targets.completed(MASKS, None)
    assert list(found) == ["plus"]
    torch.testing.assert_close(found["plus"], MASKS + 4.0)
    torch.testing.assert_close(targets(MASKS[1].numpy())["plus"], found["plus"][1])


def test_what_is_given_is_not_computed() -> None:
    given = {"never": torch.ones(2), "other": torch.zeros(2)}
    assert MaskTargets({"never": never}, 4).completed(MASKS, given) is given
    found = MaskTargets({"never": never, "plus": plus}, 4).completed(MASKS, given)
    assert found["never"] is given["never"]
    torch.testing.assert_close(found["plus"], MASKS + 4.0)
