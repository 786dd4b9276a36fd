"""Schedulers of torch and of other packages, which do not know how long a run is: what to use instead. Torch-free."""

from segcli.config.modules import Modules
from segcli.config.signatures import Signature

_SIMILAR = {
    "CosineAnnealingLR": "Cosine",
    "ConstantLR": "null",
    "CosineLRScheduler": "Cosine",
    "LinearLR": "{class_path: Poly, power: 1}",
    "MultiStepLR": "MultiStep",
    "MultiStepLRScheduler": "MultiStep",
    "OneCycleLR": "OneCycle",
    "PlateauLRScheduler": "Plateau",
    "PolyLRScheduler": "Poly",
    "PolynomialLR": "Poly",
    "ReduceLROnPlateau": "Plateau",
    "StepLR": "Step",
    "StepLRScheduler": "Step",
}
"""Schedules of segcli's that do much the same, by the name of one of torch or timm."""
_LENGTH = "total_steps"
_PACKAGES = ("torch.optim.", "timm.")


def is_foreign(signature: Signature | None, path: str) -> bool:
    """Return whether a class is one of torch or timm, or cannot take the length of the run.

    Args:
        signature: Of its constructor; None if that is not known.
        path: ``module.Class``.
    """
    takes_length = signature is None or signature.is_open or _LENGTH in signature.parameters
    return path.startswith(_PACKAGES) or not takes_length


def deriving(modules: Modules, path: str) -> str:
    """Return an error that says what a schedule must be, and what to use instead.

    Args:
        modules: Where sources are read.
        path: ``module.Class``.
    """
    module, _, name = path.rpartition(".")
    told = (
        f"{path} does not take the length of the run: a schedule here is an LRScheduler of torch that takes optimizer "
        f"and {_LENGTH}, and is stepped after every optimizer step. "
    )
    if name in _SIMILAR:
        told += f"model.schedule: {_SIMILAR[name]} is similar; or "
    if not path.startswith(_PACKAGES):
        return f"{told}give its __init__ the argument {_LENGTH}: int"
    base = name if modules.derives(module, name, {"LRScheduler"}) else "LRScheduler"
    return (
        f"{told}derive a class in a file beside the experiment, my_schedule.py, whose __init__(self, optimizer: "
        f"Optimizer, {_LENGTH}: int) calls {base}'s, and name it my_schedule.MySchedule"
    )
