"""Groups of parameters with learning rates and weight decay of their own.

Layer-wise decay as BEiT (Bao et al., 2021) has it for fine-tuning, https://arxiv.org/abs/2106.08254, appendix H, and
``timm.optim.param_groups_layer_decay``: layers are those of timm's group matcher, and the decoder takes the place of
the classifier, one layer above the last of the backbone. Deviation: layers that the backbone has pruned do not count.
"""

from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from segcli.optim.backbone_layers import backbone_layers, layers_refusal
from segcli.optim.base import OptimizerFactory

ALL, BACKBONE, DECODER = "all", "backbone", "decoder"
NO_DECAY = "/no_decay"
SHARDED = "_fsdp_wrapped_module."
"""What torch's FullyShardedDataParallel adds to the names of parameters."""


class ParameterGroups:
    """Give the backbone, its layers, or norms and biases settings of their own.

    Args:
        backbone_lr_factor: Learning rate of the backbone over that of the rest; below 1 for pretrained ones, above 0.
        layer_decay: Learning rate of each layer of the backbone over that of the next, above 0 and up to 1; null gives
            all the same. 0.65 to 0.9 is usual for transformers.
        decay_norms_and_biases: Whether these, and what timm's model excepts, such as position embeddings, get weight
            decay.

    Raises:
        ValueError: If a number is out of range.
    """

    def __init__(
        self,
        backbone_lr_factor: float = 1.0,
        layer_decay: float | None = None,
        decay_norms_and_biases: bool = True,
    ) -> None:
        if backbone_lr_factor <= 0:
            raise ValueError(
                f"ParameterGroups got backbone_lr_factor {backbone_lr_factor}, expected a number above 0; to keep the "
                "backbone as it is, freeze it with model.backbone.frozen true."
            )
        if layer_decay is not None and not 0 < layer_decay <= 1:
            raise ValueError(f"ParameterGroups got layer_decay {layer_decay}, expected above 0 and up to 1.")
        self.backbone_lr_factor, self.layer_decay = backbone_lr_factor, layer_decay
        self.decay_norms_and_biases = decay_norms_and_biases
        self._vectors: frozenset[str] | None = None

    def prepare(self, model: nn.Module) -> None:
        """Note which parameters are norms and biases, before a strategy shards the model into flat pieces."""
        self._vectors = _norms_and_biases(model)

    def optimizer(self, factory: OptimizerFactory, model: nn.Module, backbone: nn.Module) -> Optimizer:
        """Build an optimizer for the parameters of a model that are not frozen.

        Args:
            factory: Builds it.
            model: Everything that is trained.
            backbone: A part of it.

        Returns:
            The optimizer. Each group has a ``name``; the first is the decoder's, unless nothing of it is trained.

        Raises:
            ValueError: If ``layer_decay`` is set and the backbone does not tell its layers, or learning rates are to
                differ and the optimizer has none.
        """
        factors, excepted = self._lr_factors(backbone), self._without_decay(backbone)
        base_lr = _lr_of(factory) if factors else 0.0
        vectors = self._vectors if self._vectors is not None else _norms_and_biases(model)
        groups: dict[str, dict[str, Any]] = {}
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            group, factor = factors.get(id(parameter), (DECODER, 1.0)) if factors else (ALL, 1.0)
            options: dict[str, Any] = {"lr": base_lr * factor} if factors else {}
            is_excepted = name.replace(SHARDED, "") in vectors or id(parameter) in excepted
            if not self.decay_norms_and_biases and is_excepted:
                group, options["weight_decay"] = group + NO_DECAY, 0.0
            groups.setdefault(group, {"name": group, "params": [], **options})["params"].append(parameter)
        return factory(params=sorted(groups.values(), key=lambda options: not options["name"].startswith(DECODER)))

    def _lr_factors(self, backbone: nn.Module) -> dict[int, tuple[str, float]]:
        """Return name of the group and factor by parameter of the backbone; empty where all have the same."""
        if self.layer_decay is None:
            factor = self.backbone_lr_factor
            return {} if factor == 1 else {id(parameter): (BACKBONE, factor) for parameter in backbone.parameters()}
        layers = backbone_layers(backbone)
        if not layers:
            raise ValueError(
                f"ParameterGroups got layer_decay with {layers_refusal(backbone)}; set "
                "model.parameter_groups.layer_decay to null, where model.parameter_groups.backbone_lr_factor slows the "
                "whole backbone, or choose another one."
            )
        return {
            id(parameter): (
                f"{BACKBONE}/layer_{depth}",
                self.backbone_lr_factor * self.layer_decay ** (len(layers) - depth),
            )
            for depth, layer in enumerate(layers)
            for parameter in layer.values()
        }

    def _without_decay(self, backbone: nn.Module) -> set[int]:
        """Return the parameters that timm's model excepts from weight decay."""
        found = set()
        for module in backbone.modules():
            if callable(except_these := getattr(module, "no_weight_decay", None)):
                names = except_these()
                found |= {id(p) for name, p in module.named_parameters() if name in names}
        return found


def _lr_of(factory: OptimizerFactory) -> float:
    """Return the learning rate that an optimizer has without groups."""
    optimizer = factory(params=[nn.Parameter(torch.zeros(1, 1))])
    if optimizer.defaults.get("lr") is None:
        raise ValueError(
            f"ParameterGroups got {type(optimizer).__name__} with lr null, which chooses its own learning rate, "
            "expected a number; set model.optimizer.lr."
        )
    return float(optimizer.defaults["lr"])


def _norms_and_biases(model: nn.Module) -> frozenset[str]:
    return frozenset(name for name, p in model.named_parameters() if p.ndim <= 1 or name.endswith(".bias"))
