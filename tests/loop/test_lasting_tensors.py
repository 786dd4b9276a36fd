from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.fcn import FCN
from segcli.loop.lasting_tensors import lasting_tensors
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.optim.adamw import AdamW
from segcli.task import SegmentationTask

SMALL = {"img_size": 64, "embed_dim": 12, "depth": 2}
OTHERS = ("levit_128s", "efficientformerv2_s0", "tiny_vit_5m_224", "swinv2_tiny_window8_256")
"""Families that keep tensors in evaluation, and one that makes them before."""


def task(name: str, **options: object) -> SegmentationTask:
    backbone = TimmBackbone(name, pretrained=False, backbone_kwargs=options)
    built = SegmentationTask(backbone, partial(FCN, width=4), CrossEntropyLoss(), AdamW, ("a", "b", "c"))
    built.configure_model()
    return built


def kept(value: object) -> Iterator[torch.Tensor]:
    """Tensors that a module holds in whatever form."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from kept(each)


def of_inference(model: nn.Module) -> list[str]:
    return [name for name, part in model.named_modules() for each in kept(vars(part)) if each.is_inference()]


def test_it_leaves_inference_mode_without_gradients_and_nothing_else() -> None:
    weight = torch.ones(1, requires_grad=True)
    with torch.inference_mode():
        with lasting_tensors():
            made = 2 * weight
        assert torch.is_inference_mode_enabled()
    assert not made.is_inference()
    assert not made.requires_grad
    with lasting_tensors():
        assert (2 * weight).requires_grad


def test_a_model_that_keeps_tensors_of_an_evaluation_trains_after_it() -> None:
    model = task("convit_tiny", **SMALL)
    image = torch.zeros(1, 3, 64, 64, dtype=torch.uint8)

    model.eval()
    with torch.inference_mode():
        model(image)
        model.prediction(image)
    model.train()
    model(image).sum().backward()

    assert not of_inference(model)


def test_it_trains_after_a_prediction() -> None:
    model = task("convit_tiny", **SMALL)
    assert model.segmenter is not None

    model.segmenter.predict(np.zeros((64, 64, 3), np.uint8))

    assert not of_inference(model)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_no_family_keeps_tensors_that_no_gradient_can_pass(name: str) -> None:
    model = task(name)
    side = 256 if "256" in name else 224
    model.eval()
    with torch.inference_mode():
        model(torch.zeros(1, 3, side, side, dtype=torch.uint8))
    assert not of_inference(model)
