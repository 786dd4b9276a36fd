"""What a loss asks for beside the mask, computed by the loaders."""

import pytorch_lightning as pl

from segcli.datamodules.segmentation_data_module import SegmentationDataModule
from segcli.datasets.mask_targets import MaskTargets
from segcli.losses.criterion import Criterion


def compute_targets(criterion: Criterion, channels: int, trainer: pl.Trainer) -> None:
    """Tell our data modules, before they make loaders, what of each mask the loss asks for.

    Loaders of other data modules compute nothing, and neither do ours for weights in half or double precision, with
    which Lightning rounds all numbers of a batch. The loss then computes it in the step.

    Args:
        criterion: That of the model.
        channels: Logits per pixel, K.
        trainer: Its datamodule has prepared the splits of the stage.
    """
    data = trainer.datamodule  # type: ignore[attr-defined]  # set by fit(datamodule=...), not declared
    if isinstance(data, SegmentationDataModule):
        keeps_numbers = trainer.precision == "32-true" or str(trainer.precision).endswith("-mixed")
        asked = criterion.mask_targets if keeps_numbers else {}
        data.compute_targets(MaskTargets(asked, channels) if asked else None)
