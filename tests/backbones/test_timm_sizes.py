from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from segcli.backbones.timm_model import prune, sketch
from segcli.backbones.timm_sizes import NeedsValuesError, Taken, built_for, size_remedy, sizes
from segcli.features import FeatureSpec

FOUR = [0, 1, 2, 3]


def taken(name: str, indices: list[int] = FOUR, **options: object) -> tuple[nn.Module, Taken, dict[str, Any]]:
    found = sketch(name, options)
    prune(found.model, indices)
    return found.model, Taken(name, indices, [found.levels[i] for i in indices], 3), found.options


@pytest.mark.parametrize(
    ("name", "nominal", "expected"),
    [
        ("test_resnet", (160, 160), (16, None)),
        ("maxvit_rmlp_pico_rw_256", (256, 256), (256, None)),
        ("hiera_tiny_224", (224, 224), (32, (224, 224))),
    ],
)
def test_sizes_are_tried_out(name: str, nominal: tuple[int, int], expected: tuple[int, tuple[int, int] | None]) -> None:
    model, what, _ = taken(name)
    assert sizes(model, what, nominal) == expected


def test_the_one_size_may_be_any() -> None:
    """Even one of those by which it is told whether there is only one."""
    model, what, _ = taken("hiera_tiny_224", img_size=(96, 160))
    assert sizes(model, what, (96, 160)) == (32, (96, 160))


class Levels(nn.Module):
    """Answers with levels as asked for."""

    def __init__(self, *levels: Callable[[Tensor], Tensor], channels: int = 3) -> None:
        super().__init__()
        self.levels, self.weight = levels, nn.Parameter(torch.zeros(channels, device="meta"))

    def forward_intermediates(self, image: Tensor, **_options: object) -> list[Tensor]:
        return [level(image + self.weight.view(1, -1, 1, 1)) for level in self.levels]


def quarter(image: Tensor) -> Tensor:
    return image[..., ::4, ::4]


def unpadded(image: Tensor) -> Tensor:
    return image[..., 3::4, 3::4][..., :-1, :-1]


def wide(image: Tensor) -> Tensor:
    return quarter(image).repeat(1, 2, 1, 1)


def valued(image: Tensor) -> Tensor:
    return image * float(image.sum())


@pytest.mark.parametrize("wrong", [unpadded, wide])
def test_levels_that_are_not_what_they_promise_are_refused(wrong: Callable[[Tensor], Tensor]) -> None:
    what = Taken("some", [2, 5], [FeatureSpec(3, 4)] * 2, 3)
    with pytest.raises(
        ValueError, match=r"'some', whose levels .* of 12x20 pixels, level 5 is .* not 3x5 \(stride 4\)"
    ) as e:
        sizes(Levels(quarter, wrong), what, (224, 224))
    assert "model.backbone.out_indices [2], or choose another model" in str(e.value)
    with pytest.raises(ValueError, match=r"level 2 .*\); choose another model"):
        sizes(Levels(wrong, wrong), what, (224, 224))


def test_channels_that_no_image_can_have_are_told() -> None:
    with pytest.raises(
        ValueError, match=r"in_channels 5 for some, which takes 3 channels only; set .*in_channels to 3"
    ):
        sizes(Levels(quarter), Taken("some", [0], [FeatureSpec(3, 4)], 5), (224, 224))


def test_a_model_that_takes_no_image_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"'some', which gives no features, not even of images of 224x224 pixels.*: Attempting to"
    ):
        sizes(Levels(quarter, channels=7), Taken("some", [0], [FeatureSpec(3, 4)], 3), (224, 224))


def test_a_model_that_looks_at_values_cannot_be_tried_without() -> None:
    with pytest.raises(NeedsValuesError, match="some looks at values"):
        sizes(Levels(valued), Taken("some", [0], [FeatureSpec(3, 1)], 3), (224, 224))


@pytest.mark.parametrize("name", ["convit_tiny", "nest_tiny", "hiera_tiny_224", "levit_128s", "test_vit_relpos"])
@pytest.mark.parametrize("size", [(96, 160), (256, 256)])
def test_a_remedy_is_one_that_works(name: str, size: tuple[int, int]) -> None:
    model, what, options = taken(name, [0, 1, 2])
    only = sizes(model, what, (224, 224) if name != "test_vit_relpos" else (160, 160)).only
    assert only is not None
    said = size_remedy(what, options, False, size, only)
    works = {"convit_tiny": size[0] == size[1], "nest_tiny": size[0] == size[1]}.get(name, True)
    assert (f"{{img_size: [{size[0]}, {size[1]}]}}" in said) is works
    assert f"crop or resize all images to {only[0]}x{only[1]}" in said
    if works:
        again, _, _ = taken(name, [0, 1, 2], img_size=size)
        sizes(again, what, size)


@pytest.mark.parametrize(("name", "fit"), [("levit_128s", False), ("test_vit_relpos", True)])
def test_a_remedy_that_weights_do_not_survive_says_so(name: str, fit: bool) -> None:
    _, what, options = taken(name, [0, 1, 2])
    said = size_remedy(what, options, True, (256, 256), (224, 224))
    assert ("model.backbone.pretrained to false: its weights do not fit then" in said) is not fit


@pytest.mark.slow
def test_windows_can_be_built_for_a_size() -> None:
    _, what, options = taken("maxvit_rmlp_pico_rw_256")
    assert built_for(what, options, (128, 128)) is not None
    assert built_for(what, options, (100, 100)) is None
