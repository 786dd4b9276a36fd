from functools import partial
from pathlib import Path

import pytest
import torch

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.fcn import FCN
from segcli.decoders.fpn import FPN
from segcli.inference.checkpoint import CheckpointError
from segcli.inference.start_weights import StartWeights
from segcli.loop.model_builder import ModelBuilder
from segcli.segmenter import Segmenter, SegmenterSettings


def builder(classes: tuple[str, ...], weights: Path | None = None) -> ModelBuilder:
    backbone = TimmBackbone("test_resnet.r160_in1k", pretrained=False)
    decoders = (partial(FPN, pyramid_channels=16, segmentation_channels=32), partial(FCN, level=-1, width=8))
    settings = SegmenterSettings("multiclass")
    return ModelBuilder(backbone, decoders, classes, len(classes), settings, str(weights) if weights else None)


def test_the_first_decoder_predicts_and_the_others_are_auxiliary() -> None:
    built = builder(("a", "b", "c"))
    segmenter = built.build()
    assert isinstance(segmenter.decoder, FPN)
    assert len(segmenter.auxiliary) == 1
    assert segmenter(torch.zeros(1, 3, 32, 64)).shape == (1, 3, 32, 64)
    assert built.warm_start is None


def test_weights_that_were_read_are_taken_before_those_of_the_file_and_once(trained: Path) -> None:
    checkpoint = trained / "checkpoints" / "best.ckpt"
    classes = Segmenter.from_checkpoint(checkpoint).classes
    built = builder(classes, Path("none.ckpt"))
    built.start = StartWeights.read(checkpoint)

    built.build()

    assert built.warm_start is not None
    assert built.warm_start.path == checkpoint
    assert any(name.startswith("auxiliary.") for name in built.warm_start.new)
    assert built.start is None
    with pytest.raises(CheckpointError, match=r"none\.ckpt"):
        built.build()
