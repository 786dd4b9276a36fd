"""What modules keep of an evaluation, such as the positions of an image's pixels, must serve a training after it."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def lasting_tensors() -> Iterator[None]:
    """Leave inference mode, whose tensors no gradient can pass for as long as they live; gradients stay off."""
    if not torch.is_inference_mode_enabled():
        yield
        return
    with torch.inference_mode(False), torch.no_grad():
        yield
