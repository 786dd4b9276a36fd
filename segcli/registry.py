"""Short names for components: what ``decoder: FPN`` in an experiment stands for.

A new decoder is one file and one line in :data:`FAMILIES`. Other packages add theirs through entry points in
the group ``segcli.<family>`` (``segcli.decoders`` and so on). Nothing here imports a component, nor torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType


@dataclass(frozen=True, eq=False)
class Family:
    """Components that can stand in one place of an experiment.

    Attributes:
        name: Plural name, as in ``segcli.decoders``.
        types: Names of the types by which a signature asks for a member of this family.
        injected: Constructor arguments that come at run time, not from the experiment.
        table: Short name to ``"module:Class"``.
        packages: Packages whose public classes are members under their own names.
    """

    name: str
    types: tuple[str, ...]
    injected: tuple[str, ...] = ()
    table: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family(
            "backbones",
            types=("Backbone",),
            table={"TimmBackbone": "segcli.backbones.timm_backbone:TimmBackbone"},
        ),
        Family(
            "decoders",
            types=("Decoder", "DecoderFactory"),
            injected=("features",),
            table={
                "FPN": "segcli.decoders.fpn:FPN",
                "UNet": "segcli.decoders.unet:UNet",
            },
        ),
        Family(
            "losses",
            types=("Loss",),
            table={
                "CrossEntropyLoss": "segcli.losses.cross_entropy_loss:CrossEntropyLoss",
                "DiceLoss": "segcli.losses.dice_loss:DiceLoss",
                "WeightedSum": "segcli.losses.weighted_sum:WeightedSum",
            },
        ),
        Family(
            "datamodules",
            types=("SegmentationDataModule",),
            table={
                "CamVidDataModule": "segcli.datamodules.camvid_data_module:CamVidDataModule",
                "FolderDataModule": "segcli.datamodules.folder_data_module:FolderDataModule",
                "ShapesDataModule": "segcli.datamodules.shapes_data_module:ShapesDataModule",
            },
        ),
        Family(
            "optimizers",
            types=("OptimizerFactory",),
            injected=("params",),
            table={"AdamW": "segcli.optim.adamw:AdamW"},
        ),
        Family(
            "schedules",
            types=("ScheduleFactory",),
            injected=("optimizer", "total_steps"),
            table={
                "Cosine": "segcli.optim.cosine:Cosine",
                "Poly": "segcli.optim.poly:Poly",
            },
        ),
        Family(
            "transforms",
            types=("BasicTransform", "BaseCompose", "TransformType", "TransformsSeqType"),
            table={"RandomScaledCrop": "segcli.transforms.random_scaled_crop:RandomScaledCrop"},
            packages=("albumentations",),
        ),
        Family("callbacks", types=("Callback",), packages=("pytorch_lightning.callbacks",)),
        Family("loggers", types=("Logger",), packages=("pytorch_lightning.loggers",)),
    )
}


class RegistryError(ValueError):
    """Two packages claim one short name."""


@cache
def names(family: str) -> Mapping[str, str]:
    """Return short name to ``"module:Class"`` of one family, entry points included.

    Args:
        family: Plural name, a key of :data:`FAMILIES`.

    Raises:
        RegistryError: If two claims on one name differ; the message names both.
    """
    found = dict.fromkeys(FAMILIES[family].table, "segcli")
    table = dict(FAMILIES[family].table)
    for entry in entry_points(group=f"segcli.{family}"):
        package = entry.dist.name if entry.dist else "an unknown package"
        if entry.name in table and table[entry.name] != entry.value:
            raise RegistryError(
                f"{family}: the name {entry.name!r} is claimed by {found[entry.name]} ({table[entry.name]}) "
                f"and by {package} ({entry.value}); uninstall one, or use the full class path."
            )
        table[entry.name], found[entry.name] = entry.value, package
    return MappingProxyType(table)
