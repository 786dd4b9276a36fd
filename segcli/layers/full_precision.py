"""Computing in float32 within mixed precision, where numbers differ by too little for less."""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def full_precision(x: Tensor) -> AbstractContextManager[object]:
    """Return a context in which nothing on a tensor's device is cast; on ``meta`` nothing changes."""
    return nullcontext() if x.is_meta else torch.autocast(x.device.type, enabled=False)
