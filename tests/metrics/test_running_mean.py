import math

import torch

from segcli.metrics.running_mean import RunningMean


def test_the_mean_is_weighted_and_forgets_on_reset() -> None:
    mean = RunningMean()
    assert math.isnan(mean.compute())
    mean.update(torch.tensor(1.0, requires_grad=True), weight=3)
    mean.update(torch.tensor(5.0))
    assert mean.compute() == 2.0
    assert mean.compute(reduce=True) == 2.0
    mean.reset()
    mean.update(torch.tensor(7.0, dtype=torch.bfloat16))
    assert mean.compute() == 7.0
