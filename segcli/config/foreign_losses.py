"""Losses of torch and of other packages, which take other masks than ours: how to wrap them. Torch-free."""

from segcli.config.modules import Modules
from segcli.config.signatures import read_signature

_OF_INDICES = frozenset({"CrossEntropyLoss", "MultiMarginLoss"})
_OF_NUMBERS = frozenset(
    {"BCEWithLogitsLoss", "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "SoftMarginLoss", "HingeEmbeddingLoss"}
)
_OURS = {
    "BCEWithLogitsLoss": "CrossEntropyLoss",
    "FocalTverskyLoss": "TverskyLoss with gamma: 0.75",
    "GeneralizedDiceLoss": "GeneralisedDiceLoss",
    "LovaszSoftmax": "LovaszLoss",
    "OhemCELoss": "OhemCrossEntropyLoss",
    "OhemCrossEntropy": "OhemCrossEntropyLoss",
    "SoftBCEWithLogitsLoss": "CrossEntropyLoss with label_smoothing",
    "SoftCrossEntropyLoss": "CrossEntropyLoss with label_smoothing",
    "SoftclDiceLoss": "ClDiceLoss",
    "TopKLoss": "TopKCrossEntropyLoss",
}
"""What segcli has of the kind under another name."""
_WRAPPED = """\
{path} is no loss of segcli's kind, whose masks are uint8 with 255 for ignored pixels{ours}; wrap it in a file \
my_loss.py of the working directory, and set model.loss: my_loss.My{name}
  from {module} import {name}
  from segcli.losses.base import Loss
  class My{name}(Loss):
      def __init__(self):
          super().__init__()
          self.loss = {name}({arguments})
      def forward(self, logits, mask):
          {prepared}
          return self.loss({call}) if seen.any() else 0 * logits.sum()"""


def is_foreign(modules: Modules, path: str) -> bool:
    """Return whether a class is a ``torch.nn.Module``, but no loss of segcli's kind.

    Args:
        modules: Where sources are read.
        path: ``module.Class``.

    Returns:
        False where that cannot be told without an import.
    """
    module, _, name = path.rpartition(".")
    return modules.derives(module, name, {"Module"}) and not modules.derives(module, name, {"Loss", "Criterion"})


def wrapping(modules: Modules, path: str, has_own: bool) -> str:
    """Return an error that shows how to wrap such a class.

    Args:
        modules: Where sources are read.
        path: ``module.Class``.
        has_own: Whether segcli has a loss of that name.
    """
    module, _, name = path.rpartition(".")
    signature = read_signature(modules, path)
    required = [p.name for p in signature.parameters.values() if p.required] if signature is not None else []
    prepared, call = "seen = mask != 255", "logits, mask.long()"
    if name in _OF_INDICES:
        call = "logits.movedim(1, -1)[seen], mask[seen].long()"
    elif name in _OF_NUMBERS:
        prepared = "seen = (mask := mask.view_as(logits)) != 255"
        call = "logits[seen], mask[seen].float()"
    ours = f" (segcli's own of that kind: {_OURS[name]})" if name in _OURS else ""
    if has_own:
        ours = f" ({name} without {module} is segcli's own)"
    return _WRAPPED.format(
        path=path,
        name=name,
        module=module,
        arguments=", ".join(f"{argument}=..." for argument in required),
        ours=ours,
        prepared=prepared,
        call=call,
    )
