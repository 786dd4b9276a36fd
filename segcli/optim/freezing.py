"""Stages of the backbone that are frozen at first and trained from some epoch on.

Gradual unfreezing as in ULMFiT (Howard and Ruder, 2018), https://arxiv.org/abs/1801.06146, section 3.3, thaws from the
deepest layer down, one more per epoch. Deviation: any stage may thaw at any epoch.
"""

from typing import Literal

from torch import nn

from segcli.optim.backbone_layers import backbone_layers, layers_refusal, parts_of

_PARTS_SHOWN = 3
_STAGES_SHOWN = (6, 2)  # from the first on, and up to the last


class Freezing:
    """Freeze stages of the backbone, each until an epoch of its own; the decoder is trained from the start.

    Frozen weights stay as they are to the last bit, weight decay and momentum included, while the schedule counts all
    epochs. Several devices need ``trainer.strategy: ddp_find_unused_parameters_true`` if anything thaws later.

    Args:
        thaw_epochs: Per stage, the stem first, the epoch, counted from 0, from which it is trained; null for never.
            Stages beyond the list are trained from the start. One number is for all stages.
        keep_norm_statistics: Whose running statistics stay as they were: those of ``frozen`` stages, whose dropout and
            stochastic depth then rest, too; those of ``all`` stages for the whole run; or of ``none``.

    Raises:
        ValueError: If an epoch is negative, or nothing is frozen.
    """

    def __init__(
        self,
        thaw_epochs: list[int | None] | int,
        keep_norm_statistics: Literal["frozen", "all", "none"] = "frozen",
    ) -> None:
        epochs = [thaw_epochs] if isinstance(thaw_epochs, int) else thaw_epochs
        if any(epoch is not None and epoch < 0 for epoch in epochs):
            raise ValueError(f"Freezing got thaw_epochs {thaw_epochs}, expected epochs from 0 on, or null for never.")
        if keep_norm_statistics != "all" and all(epoch == 0 for epoch in epochs):
            raise ValueError(
                f"Freezing got thaw_epochs {thaw_epochs}, which freezes nothing, expected an epoch above 0 or a null; "
                "set model.freezing to null to train all from the start."
            )
        self.thaw_epochs, self.keep_norm_statistics = thaw_epochs, keep_norm_statistics
        self._stages: list[list[nn.Parameter]] = []

    @property
    def thaws(self) -> bool:
        """Whether a stage is trained later that is frozen at first."""
        return any(epoch for epoch in self._epochs())

    def prepare(self, backbone: nn.Module) -> None:
        """Find the stages of a backbone, and freeze for good those that never thaw.

        Those that do keep their gradient until training starts, so that optimizer and distributed training know them.

        Raises:
            ValueError: If the backbone is frozen as a whole, or has fewer stages than ``thaw_epochs``, or tells none.
        """
        if not any(parameter.requires_grad for parameter in backbone.parameters()):
            raise ValueError(
                f"Freezing got thaw_epochs {self.thaw_epochs} with a {type(backbone).__name__} that is frozen as a "
                "whole; remove model.backbone.frozen, or set model.freezing to null."
            )
        stages = [dict(backbone.named_parameters())] if isinstance(self.thaw_epochs, int) else self._find(backbone)
        self._stages = [[p for p in stage.values() if p.requires_grad] for stage in stages]
        for parameters, epoch in zip(self._stages, self._epochs(), strict=False):
            for parameter in parameters:
                parameter.requires_grad_(epoch is not None)

    def apply(self, backbone: nn.Module, epoch: int) -> None:
        """Freeze and thaw stages as an epoch wants it; the backbone is in training mode otherwise.

        Args:
            backbone: That of :meth:`prepare`; its layers may have been replaced, its parameters not.
            epoch: The epoch that begins, or is in progress, counted from 0.
        """
        for parameters, thaw in zip(self._stages, self._epochs(), strict=False):
            for parameter in parameters:
                parameter.requires_grad_(thaw is not None and epoch >= thaw)
        self._set_modes(backbone, rests=False)

    def _epochs(self) -> list[int | None]:
        return [self.thaw_epochs] if isinstance(self.thaw_epochs, int) else self.thaw_epochs

    def _find(self, backbone: nn.Module) -> list[dict[str, nn.Parameter]]:
        """Return the parameters of each stage by name, if there is one for each epoch."""
        stages, epochs = backbone_layers(backbone, coarse=True), self._epochs()
        if not stages and epochs:
            raise ValueError(
                f"Freezing got a list of thaw_epochs with {layers_refusal(backbone)}; set model.freezing.thaw_epochs "
                "to one number for the whole backbone, or choose another one."
            )
        if len(epochs) > len(stages):
            raise ValueError(
                f"Freezing got {len(epochs)} thaw_epochs, expected at most {len(stages)}, one per stage of the "
                f"backbone: {_described(stages)}."
            )
        return stages

    def _set_modes(self, module: nn.Module, rests: bool) -> None:
        """Put what is not trained, with all that is in it, into evaluation mode, and the rest into training mode."""
        trained = [parameter.requires_grad for parameter in module.parameters()]
        rests = rests or (self.keep_norm_statistics != "none" and bool(trained) and not any(trained))
        module.training = not rests and not (self.keep_norm_statistics == "all" and _has_running_statistics(module))
        for child in module.children():
            self._set_modes(child, rests)


def _has_running_statistics(module: nn.Module) -> bool:
    return any(name.startswith("running_") for name, _ in module.named_buffers(recurse=False))


def _described(stages: list[dict[str, nn.Parameter]]) -> str:
    """Return which modules each stage is made of, and how many parameters it has."""
    texts = []
    for stage in stages:
        parts = parts_of(stage)
        shown = parts if len(parts) <= _PARTS_SHOWN else [parts[0], "..."]
        texts.append(f"{' '.join(shown)} ({sum(parameter.numel() for parameter in stage.values()):,})")
    first, last = _STAGES_SHOWN
    return ", ".join(texts if len(texts) <= first + last else [*texts[:first], "...", *texts[-last:]])
