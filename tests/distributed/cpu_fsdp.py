"""FSDP on CPUs, which Lightning and torch refuse, to test what does not depend on the device."""

from typing import Any

import torch
from pytorch_lightning.strategies import FSDPStrategy
from torch.distributed.fsdp import _common_utils, fully_sharded_data_parallel


class CPUFSDPStrategy(FSDPStrategy):
    """Lightning's own strategy over gloo, with the two checks for a GPU gone."""

    def __init__(self) -> None:
        super().__init__(process_group_backend="gloo")

        def on_cpu(state: Any, *_: Any) -> Any:  # noqa: ANN401
            state._device_handle = _common_utils._FSDPDeviceHandle.from_device(torch.device("cpu"))
            return state

        fully_sharded_data_parallel._init_device_handle = on_cpu
