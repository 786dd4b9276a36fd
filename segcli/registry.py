"""Short names for components: what ``decoder: FPN`` in an experiment stands for.

A new decoder is one file and one line in :data:`FAMILIES`. Other packages add theirs through entry points in
the group ``segcli.<family>`` (``segcli.decoders`` and so on). Nothing here imports a component, nor torch.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from segcli.plug_ins import read_entry_points

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True, eq=False)
class Family:
    """Components that can stand in one place of an experiment.

    Attributes:
        name: Plural name, as in ``segcli.decoders``.
        types: Names of the types by which a signature asks for a member of this family.
        injected: Constructor arguments that come at run time, not from the experiment.
        table: Short name to ``"module:Class"``.
        packages: Packages whose public classes are members under their own names.
        of_timm: The member that the name of a model of timm stands for, which is its argument ``name`` then.
    """

    name: str
    types: tuple[str, ...]
    injected: tuple[str, ...] = ()
    table: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    of_timm: str = ""


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family(
            "backbones",
            types=("Backbone",),
            table={"TimmBackbone": "segcli.backbones.timm_backbone:TimmBackbone"},
            of_timm="TimmBackbone",
        ),
        Family(
            "decoders",
            types=("Decoder", "DecoderFactory", "Head"),
            injected=("features", "num_outputs"),
            table={
                "CGRSeg": "segcli.decoders.cgrseg:CGRSeg",
                "DPT": "segcli.decoders.dpt:DPT",
                "DeepLabV3": "segcli.decoders.deeplab_v3:DeepLabV3",
                "DeepLabV3Plus": "segcli.decoders.deeplab_v3_plus:DeepLabV3Plus",
                "DeepSupervision": "segcli.decoders.deep_supervision:DeepSupervision",
                "DySample": "segcli.decoders.dysample:DySample",
                "EdgeHead": "segcli.decoders.edge_head:EdgeHead",
                "EoMT": "segcli.decoders.eomt:EoMT",
                "FCN": "segcli.decoders.fcn:FCN",
                "FPN": "segcli.decoders.fpn:FPN",
                "Hamburger": "segcli.decoders.hamburger:Hamburger",
                "LRASPP": "segcli.decoders.lraspp:LRASPP",
                "Linear": "segcli.decoders.linear:Linear",
                "LinkNet": "segcli.decoders.linknet:LinkNet",
                "MANet": "segcli.decoders.manet:MANet",
                "Mask2Former": "segcli.decoders.mask2former:Mask2Former",
                "MaskTransformer": "segcli.decoders.mask_transformer:MaskTransformer",
                "OCRNet": "segcli.decoders.ocrnet:OCRNet",
                "PAN": "segcli.decoders.pan:PAN",
                "PSPNet": "segcli.decoders.pspnet:PSPNet",
                "PointRend": "segcli.decoders.pointrend:PointRend",
                "SegFormer": "segcli.decoders.segformer:SegFormer",
                "SimplePyramid": "segcli.decoders.simple_pyramid:SimplePyramid",
                "UNet": "segcli.decoders.unet:UNet",
                "UNetPlusPlus": "segcli.decoders.unet_plus_plus:UNetPlusPlus",
                "UPerNet": "segcli.decoders.upernet:UPerNet",
            },
        ),
        Family(
            "losses",
            types=("Loss", "Criterion"),
            table={
                "BinnedLovaszLoss": "segcli.losses.binned_lovasz_loss:BinnedLovaszLoss",
                "BoundaryLoss": "segcli.losses.boundary_loss:BoundaryLoss",
                "ClDiceLoss": "segcli.losses.cl_dice_loss:ClDiceLoss",
                "CrossEntropyLoss": "segcli.losses.cross_entropy_loss:CrossEntropyLoss",
                "DiceLoss": "segcli.losses.dice_loss:DiceLoss",
                "EdgeLoss": "segcli.losses.edge_loss:EdgeLoss",
                "FocalLoss": "segcli.losses.focal_loss:FocalLoss",
                "GeneralisedDiceLoss": "segcli.losses.generalised_dice_loss:GeneralisedDiceLoss",
                "JaccardLoss": "segcli.losses.jaccard_loss:JaccardLoss",
                "LovaszLoss": "segcli.losses.lovasz_loss:LovaszLoss",
                "MCCLoss": "segcli.losses.mcc_loss:MCCLoss",
                "OhemCrossEntropyLoss": "segcli.losses.ohem_cross_entropy_loss:OhemCrossEntropyLoss",
                "TopKCrossEntropyLoss": "segcli.losses.top_k_cross_entropy_loss:TopKCrossEntropyLoss",
                "MaskClassificationLoss": "segcli.losses.mask_classification_loss:MaskClassificationLoss",
                "TverskyLoss": "segcli.losses.tversky_loss:TverskyLoss",
                "WeightedSum": "segcli.losses.weighted_sum:WeightedSum",
            },
        ),
        Family(
            "metrics",
            types=("Metric",),
            table={
                "AveragePrecision": "segcli.metrics.average_precision:AveragePrecision",
                "BoundaryIoU": "segcli.metrics.boundary_iou:BoundaryIoU",
                "ExpectedCalibrationError": "segcli.metrics.expected_calibration_error:ExpectedCalibrationError",
                "FBeta": "segcli.metrics.f_beta:FBeta",
                "HD95": "segcli.metrics.hd95:HD95",
                "SurfaceDice": "segcli.metrics.surface_dice:SurfaceDice",
            },
        ),
        Family(
            "datamodules",
            types=("SegmentationDataModule",),
            table={
                "CamVidDataModule": "segcli.datamodules.camvid_data_module:CamVidDataModule",
                "FolderDataModule": "segcli.datamodules.folder_data_module:FolderDataModule",
                "MultilabelFolderDataModule": (
                    "segcli.datamodules.multilabel_folder_data_module:MultilabelFolderDataModule"
                ),
                "PatternDataModule": "segcli.datamodules.pattern_data_module:PatternDataModule",
                "ShapesDataModule": "segcli.datamodules.shapes_data_module:ShapesDataModule",
            },
        ),
        Family(
            "listings",
            types=("Listing", "ListingFactory"),
            injected=("root",),
            table={"HuggingFace": "segcli.datasets.hugging_face:HuggingFace"},
        ),
        Family("readers", types=("MaskReader",)),
        Family(
            "optimizers",
            types=("OptimizerFactory",),
            injected=("params",),
            table={
                "AdamW": "segcli.optim.adamw:AdamW",
                "SGD": "segcli.optim.sgd:SGD",
            },
        ),
        Family(
            "schedules",
            types=("ScheduleFactory",),
            injected=("optimizer", "total_steps"),
            table={
                "Cosine": "segcli.optim.cosine:Cosine",
                "MultiStep": "segcli.optim.multi_step:MultiStep",
                "OneCycle": "segcli.optim.one_cycle:OneCycle",
                "Plateau": "segcli.optim.plateau:Plateau",
                "Poly": "segcli.optim.poly:Poly",
                "Step": "segcli.optim.step:Step",
            },
        ),
        Family(
            "parameter_groups",
            types=("ParameterGroups",),
            table={"ParameterGroups": "segcli.optim.parameter_groups:ParameterGroups"},
        ),
        Family("freezing", types=("Freezing",), table={"Freezing": "segcli.optim.freezing:Freezing"}),
        Family(
            "transforms",
            types=("BasicTransform", "BaseCompose", "TransformType", "TransformsSeqType"),
            table={"RandomScaledCrop": "segcli.transforms.random_scaled_crop:RandomScaledCrop"},
            packages=("albumentations",),
        ),
        Family(
            "callbacks",
            types=("Callback",),
            table={"EMA": "segcli.callbacks.ema:EMA", "SWA": "segcli.callbacks.swa:SWA"},
            packages=("pytorch_lightning.callbacks",),
        ),
        Family("loggers", types=("Logger",), packages=("pytorch_lightning.loggers",)),
    )
}


SECTIONS: Mapping[str, str] = {
    "trainer": "pytorch_lightning.trainer.trainer.Trainer",
    "model": "segcli.task.SegmentationTask",
    "checkpoint": "segcli.callbacks.best_checkpoint.BestCheckpoint",
    "last_checkpoint": "segcli.callbacks.last_checkpoint.LastCheckpoint",
    "pictures": "segcli.callbacks.pictures.Pictures",
    "inference": "segcli.inference.inference_settings.InferenceSettings",
    "predict": "segcli.inference.predict_settings.PredictSettings",
    "run": "segcli.runs.settings.RunSettings",
}
"""Top-level keys of an experiment whose arguments go to one fixed class."""

SHORT_FORMS: Mapping[str, str] = {
    "segcli.datamodules.folder_data_module.FolderDataModule": "segcli.datamodules.pattern_data_module.PatternDataModule"
}
"""Classes that are others with fewer arguments: experiments with either are the same."""


def whole_form(path: str) -> str:
    """Return the class of which another is the short form; others are their own."""
    return SHORT_FORMS.get(path, path)


LINKED: Mapping[str, frozenset[str]] = {SECTIONS["model"]: frozenset({"classes"})}
"""Arguments that the command line fills in: an experiment neither needs nor may state them."""


FAULTS: list[str] = []
"""What is wrong with the entry points of other packages, as they were last read; these were left out."""


@cache
def entries() -> Mapping[str, tuple["EntryPoint", ...]]:
    """Return the entry points of other packages by family."""
    found = list(entry_points())
    return {family: tuple(each for each in found if each.group == f"segcli.{family}") for family in FAMILIES}


def entry_points() -> Iterable["EntryPoint"]:
    """Return those of ours on the search path of modules; what is wrong with some is in :data:`FAULTS` then."""
    FAULTS.clear()
    return list(read_entry_points(sys.path, FAMILIES, FAULTS.append))


def plug_in_versions() -> dict[str, str]:
    """Return the packages that bring components, with their versions."""
    brought = (entry.dist for family in entries().values() for entry in family)
    return {dist.name: dist.version for dist in brought if dist}


def forget_entry_points() -> None:
    """Read the entry points anew when they are next asked for: the search path of modules is another."""
    for cached in (entries, claims, with_entry_points):
        cached.cache_clear()


def package_of(name: str, family: Family) -> str:
    """Return the package that brings a short name; all that claim it, with commas."""
    return ", ".join(dict.fromkeys(claims(family)[name].values()))


def clash(name: str, family: Family) -> str:
    """Return what is wrong with a short name that packages claim for different classes; nothing for any other name."""
    found = claims(family).get(name, {})
    if len(found) < 2:
        return ""
    who = " and by ".join(f"{package} ({target})" for target, package in found.items())
    return f"{family.name}: the name {name!r} is claimed by {who}; uninstall one, or use the full class path."


def names(family: str) -> Mapping[str, str]:
    """Return short name to ``"module:Class"`` of one family, entry points included.

    Args:
        family: Plural name, a key of :data:`FAMILIES`.
    """
    return with_entry_points(FAMILIES[family])


@cache
def with_entry_points(family: Family) -> Mapping[str, str]:
    """Return the table of a family with what other packages add, without names that stand for different classes."""
    return MappingProxyType({name: next(iter(found)) for name, found in claims(family).items() if len(found) == 1})


@cache
def claims(family: Family) -> Mapping[str, Mapping[str, str]]:
    """Return, for each short name of a family, every ``"module:Class"`` with the package that gives it that name."""
    found = {name: {target: "segcli"} for name, target in family.table.items()}
    for entry in entries().get(family.name, ()):
        package = entry.dist.name if entry.dist else "an unknown package"
        found.setdefault(entry.name, {}).setdefault(entry.value, package)
    return MappingProxyType(found)
