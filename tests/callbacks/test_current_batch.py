from typing import Any

import pytest
import torch

from segcli.callbacks.current_batch import CurrentBatch


@pytest.mark.parametrize(
    ("hook", "stage"), [("train", "train"), ("validation", "validate"), ("test", "test"), ("predict", "predict")]
)
def test_the_batch_begun_last_is_remembered(hook: str, stage: str) -> None:
    current: Any = CurrentBatch()
    assert (current.stage, current.shape) == ("", ())

    getattr(current, f"on_{hook}_batch_start")(None, None, {"image": torch.zeros(2, 3, 8, 6)}, 0)

    assert (current.stage, current.shape) == (stage, (2, 3, 8, 6))


def test_a_batch_of_another_kind_has_no_shape() -> None:
    current: Any = CurrentBatch()

    current.on_train_batch_start(None, None, [torch.zeros(1)], 0)

    assert (current.stage, current.shape) == ("train", ())
