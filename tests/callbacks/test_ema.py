import math

import pytest

from segcli.callbacks.ema import EMA


def test_the_share_of_new_weights_is_what_the_decay_leaves() -> None:
    callback = EMA(decay=0.9, decay_warmup=False)
    assert [callback.share(n) for n in (1, 1000)] == pytest.approx([0.1, 0.1])


def test_the_decay_warms_up_as_in_tensorflow() -> None:
    callback = EMA(decay=0.99)
    assert [1 - callback.share(n) for n in (1, 8, 90, 10_000)] == pytest.approx([2 / 11, 9 / 18, 91 / 100, 0.99])


@pytest.mark.parametrize(
    ("start_step", "every_n_steps", "expected"),
    [(0, 1, [0, 1, 2, 3, 4, 5]), (3, 1, [3, 4, 5]), (0, 2, [1, 3, 5]), (2, 3, [2, 5])],
)
def test_updates_begin_and_recur_as_wanted(start_step: int, every_n_steps: int, expected: list[int]) -> None:
    callback = EMA(start_step=start_step, every_n_steps=every_n_steps)
    assert [step for step in range(6) if callback.should_update(step_idx=step)] == expected
    assert not callback.should_update(epoch_idx=7)


@pytest.mark.parametrize(
    ("decay", "start_step", "every_n_steps", "message"),
    [
        (1.0, 0, 1, "decay 1.0, expected 0 to below 1"),
        (-0.1, 0, 1, "decay -0.1"),
        (math.nan, 0, 1, "decay nan"),
        (0.9, -1, 1, "start_step -1 and every_n_steps 1"),
        (0.9, 0, 0, "start_step 0 and every_n_steps 0, expected at least 0 and 1"),
    ],
)
def test_numbers_out_of_range_are_errors(decay: float, start_step: int, every_n_steps: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"EMA got {message}"):
        EMA(decay, start_step=start_step, every_n_steps=every_n_steps)
