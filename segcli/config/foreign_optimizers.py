"""Optimizers of torch that do not suit networks of images: why, and what to use instead. Torch-free."""

_REFUSED = {
    "LBFGS": "evaluates the loss several times within a step, and takes gradients in one order of memory only",
    "Muon": "takes matrices only; weights of convolutions, biases and norms are none",
    "Optimizer": "is a base class",
    "SparseAdam": "takes sparse gradients only, and no layer here has such",
}
_PACKAGE = "torch.optim."


def refusal(path: str) -> str:
    """Return why an optimizer cannot train a model here, and what to use; empty if it can, or is not one of torch.

    Args:
        path: ``module.Class``.
    """
    why = _REFUSED.get(path.rpartition(".")[2]) if path.startswith(_PACKAGE) else None
    return "" if why is None else f"{path} {why}; use AdamW or SGD, or another one of torch, such as torch.optim.NAdam"
