import pytest
import torch

from segcli.backbones.timm_model import intermediates, prune, sizes, sketch


def test_a_sketch_takes_no_memory_and_any_size_where_it_can() -> None:
    swin = sketch("swin_tiny_patch4_window7_224", {"in_chans": 4})
    resnet = sketch("test_resnet", {})

    assert all(parameter.is_meta for parameter in swin.model.parameters())
    assert swin.options["strict_img_size"] is False
    assert resnet.options == {}
    assert [tuple(level) for level in resnet.levels] == [(32, 2), (32, 4), (48, 8), (192, 16), (96, 32)]


def test_what_the_user_says_of_sizes_goes_first() -> None:
    assert sketch("test_vit", {"dynamic_img_size": False}).options["dynamic_img_size"] is False


def test_pruned_models_keep_what_their_levels_need_and_nothing_else() -> None:
    model = sketch("test_vit", {}).model
    count = len(list(model.parameters()))

    prune(model, [0, 1])

    assert len(list(model.parameters())) < count
    image = torch.empty(1, 3, 32, 48, device="meta")
    assert [tuple(x.shape) for x in intermediates(model, image, [0, 1])] == [(1, 64, 2, 3)] * 2


@pytest.mark.parametrize(
    ("name", "stride", "nominal", "expected"),
    [
        ("test_resnet", 32, 160, (32, None)),
        ("maxvit_rmlp_pico_rw_256", 32, (256, 256), (256, None)),
        ("hiera_tiny_224", 32, [224, 224], (32, (224, 224))),
    ],
)
def test_sizes_are_tried_out(
    name: str, stride: int, nominal: int | list[int], expected: tuple[int, tuple[int, int] | None]
) -> None:
    assert sizes(sketch(name, {}).model, [0, 1, 2, 3], 3, stride, nominal) == expected
