import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import timm
import torch

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.decoders.fpn import FPN
from segcli.segmenter import Segmenter

TINY_VIT = {"embed_dim": 32, "depth": 4, "num_heads": 2}
TINY_SWIN = {"embed_dim": 16, "depths": [1, 1, 2, 1], "num_heads": [1, 1, 2, 2]}
FAMILIES: dict[str, dict[str, Any]] = {
    "test_resnet": {},
    "test_efficientnet": {},
    "test_convnext": {},
    "test_mambaout": {},
    "test_byobnet": {},
    "test_nfnet": {},
    "test_vit": {},
    "mobilenetv3_small_050": {},
    "pvt_v2_b0": {},
    "hrnet_w18_small": {},
    "maxvit_rmlp_pico_rw_256": {},
    "swin_tiny_patch4_window7_224": TINY_SWIN,
    "swinv2_tiny_window8_256": TINY_SWIN,
    "eva02_tiny_patch14_224": TINY_VIT,
    "vit_small_patch14_dinov2": TINY_VIT,
    "vit_small_patch16_dinov3": TINY_VIT,
    "hiera_tiny_224": {"img_size": [128, 160], "embed_dim": 16, "num_heads": 1, "stages": [1, 1, 2, 1]},
}


def backbone(name: str = "test_resnet", **options: object) -> TimmBackbone:
    return TimmBackbone(name, **{"pretrained": False} | options)


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_takes_an_odd_size_through_the_segmenter(name: str) -> None:
    body = backbone(name, backbone_kwargs=FAMILIES[name])
    model = Segmenter(body, FPN(body.features, 16, 32), num_outputs=3).eval()
    seen: list[list[torch.Tensor]] = []
    model.decoder.register_forward_pre_hook(lambda module, args: seen.append(args[0]))

    with torch.inference_mode():
        logits = model(torch.zeros(1, 3, 97, 131, dtype=torch.uint8))

    height, width = (-(-size // body.size_multiple) * body.size_multiple for size in (97, 131))
    assert logits.shape == (1, 3, 97, 131)
    assert [tuple(x.shape[1:]) for x in seen[0]] == [
        (f.channels, height // f.stride, width // f.stride) for f in body.features
    ]


def test_a_plain_vit_gives_four_evenly_spaced_blocks() -> None:
    body = backbone("vit_tiny_patch16_224", backbone_kwargs={"embed_dim": 48})

    assert body.features == ((48, 16),) * 4
    assert body.indices == [2, 5, 8, 11]
    assert body.size_multiple == 16


@pytest.mark.parametrize("name", ["test_vit", "eva02_tiny_patch14_224"])  # whose norm is called norm, fc_norm
def test_levels_pass_the_final_norm_where_that_is_wanted(name: str) -> None:
    torch.manual_seed(0)
    plain = backbone(name, backbone_kwargs=FAMILIES[name]).eval()
    normed = backbone(name, backbone_kwargs=FAMILIES[name], normalise=True).eval()
    normed.load_state_dict(plain.state_dict(), strict=False)
    norm = normed.model.norm
    torch.nn.init.uniform_(norm.weight)
    image = torch.rand(2, 3, 56, 84)

    for raw, level in zip(plain(image), normed(image), strict=True):
        torch.testing.assert_close(level, norm(raw.movedim(1, -1)).movedim(-1, 1))
    assert not [name for name in plain.state_dict() if "norm" in name.split(".")]


def test_a_decoder_that_wants_the_final_norm_gets_it_unless_the_backbone_says_no() -> None:
    class Wants(FPN):
        wants_norm = True

    def names(body: TimmBackbone, decoder: type[FPN]) -> set[str]:
        model = Segmenter(body, decoder(body.features, 16, 32), num_outputs=2)
        return {name for name in model.state_dict() if name.startswith("backbone.model.norm.")}

    both = {"backbone.model.norm.weight", "backbone.model.norm.bias"}
    assert names(backbone("test_vit"), Wants) == both
    assert names(backbone("test_vit", normalise=True), FPN) == both
    assert names(backbone("test_vit", normalise=False), Wants) == set()
    assert names(backbone("test_vit"), FPN) == set()
    assert names(backbone("test_resnet"), Wants) == set()
    frozen = backbone("test_vit", frozen=True)
    names(frozen, Wants)
    assert not any(parameter.requires_grad for parameter in frozen.parameters())


def test_a_plain_vit_is_read_as_it_was_before_there_was_a_choice() -> None:
    """By a decoder that does not ask for the norm; numbers and names of weights are those of 0.4.0."""
    torch.manual_seed(0)
    body = backbone("test_vit")
    model = Segmenter(body, FPN(body.features, 8, 32), num_outputs=2).eval()
    image = torch.arange(3 * 40 * 56, dtype=torch.float32).view(1, 3, 40, 56) % 256
    with torch.inference_mode():
        found = model(image)[0, :, ::20, ::28].flatten()
    expected = [-4.100934, -5.595901, -5.369467, -5.715882, 1.017699, 3.094593, 3.165900, 0.803172]
    torch.testing.assert_close(found, torch.tensor(expected), rtol=1e-4, atol=1e-4)
    assert len(model.state_dict()) == 109


@pytest.mark.parametrize("name", ["test_resnet", "convmixer_768_32"])
def test_a_final_norm_that_is_not_there_is_an_error(name: str) -> None:
    with torch.device("meta"), pytest.raises(ValueError, match=rf"normalise true for {name}, expected a plain trans"):
        backbone(name, normalise=True)


def test_prefix_tokens_come_with_every_level() -> None:
    body = backbone("vit_small_patch14_reg4_dinov2", backbone_kwargs=TINY_VIT, out_indices=[1, 3]).eval()
    found = body.extract(torch.rand(2, 3, 28, 42))
    assert found.prefix is not None
    assert [tuple(tokens.shape) for tokens in found.prefix] == [(2, 5, 32)] * 2
    assert [tuple(level.shape) for level in found.levels] == [(2, 32, 2, 3)] * 2
    assert (found.size, found.tail) == ((28, 42), None)


def test_a_pyramid_has_no_prefix_tokens() -> None:
    assert backbone().extract(torch.rand(2, 3, 64, 64)).prefix is None


def test_levels_can_be_chosen_from_both_ends() -> None:
    assert [f.stride for f in backbone(out_indices=[1, -1]).features] == [4, 32]


@pytest.mark.parametrize("out_indices", [[], [5], [-6], [1, 1]])
def test_levels_that_are_not_there_are_an_error(out_indices: list[int]) -> None:
    with pytest.raises(ValueError, match=r"expected rising numbers from 0 to 4 \(strides 2, 4, 8, 16, 32\)"):
        backbone(out_indices=out_indices)


def test_output_stride_dilates() -> None:
    body = backbone(output_stride=16).eval()

    assert [f.stride for f in body.features] == [2, 4, 8, 16, 16]
    assert body(torch.zeros(1, 3, 64, 64))[-1].shape[-2:] == (4, 4)


@pytest.mark.parametrize(("option", "value"), [("in_channels", 0), ("drop_path_rate", 1.0), ("drop_path_rate", -0.1)])
def test_numbers_out_of_range_are_an_error(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"TimmBackbone got {option} {value}, expected"):
        backbone(**{option: value})


@pytest.mark.parametrize(("key", "own"), [("features_only", "out_indices"), ("checkpoint_path", "weights")])
def test_arguments_with_a_name_of_their_own_are_an_error(key: str, own: str) -> None:
    with pytest.raises(ValueError, match=rf"got {key} in backbone_kwargs.*set model.backbone.{own}"):
        backbone(backbone_kwargs={key: True})


def test_drop_path_reaches_the_model() -> None:
    kinds = {type(module).__name__ for module in backbone("test_convnext", drop_path_rate=0.5).modules()}

    assert "DropPath" in kinds


def test_a_window_wider_than_the_stride_shows_in_the_size_multiple() -> None:
    assert backbone("maxvit_rmlp_pico_rw_256").size_multiple == 256


def test_fixed_positions_ask_for_the_size_to_be_set() -> None:
    body = backbone("hiera_tiny_224", backbone_kwargs={"embed_dim": 16, "num_heads": 1, "stages": [1, 1, 1, 1]})

    with pytest.raises(ValueError, match=r"image of 96x160 pixels, expected 224x224.*\{img_size: \[96, 160\]\}"):
        body(torch.zeros(1, 3, 96, 160))


def test_a_fixed_size_need_be_no_multiple() -> None:
    """LeViT has positions for 224 pixels and a stride of 64."""
    body = backbone("levit_128s")
    model = Segmenter(body, FPN(body.features, 16, 32), num_outputs=3).eval()

    with torch.inference_mode():
        logits = [model(torch.zeros(1, 3, *size, dtype=torch.uint8)) for size in ((224, 224), (200, 210))]
        levels = body(torch.randn(1, 3, 224, 224))

    assert [tuple(each.shape) for each in logits] == [(1, 3, 224, 224), (1, 3, 200, 210)]
    assert [tuple(level.shape[2:]) for level in levels] == [(16, 16), (8, 8), (4, 4)]
    assert levels[0][..., :14, :14].abs().sum() > 0
    assert not levels[0][..., 14:, :].any()
    for height in (180, 230, 256):
        with pytest.raises(ValueError, match=f"image of {height}x224 pixels, expected 224x224"):
            model(torch.zeros(1, 3, height, 224, dtype=torch.uint8))


@pytest.mark.slow
def test_padding_to_windows_can_be_avoided() -> None:
    body = backbone("maxvit_rmlp_pico_rw_256")

    assert body.padding_remedy((120, 128)) == "; model.backbone.backbone_kwargs {img_size: [128, 128]} avoids that"


def test_normalisation_is_that_of_the_weights() -> None:
    assert backbone("test_resnet").mean == timm.get_pretrained_cfg("test_resnet").mean
    assert backbone("test_vit").mean == (0.5, 0.5, 0.5)


def test_other_channels_get_the_average_normalisation() -> None:
    body = backbone(in_channels=5)
    rgb = backbone()

    assert body.mean == pytest.approx((sum(rgb.mean) / 3,) * 5)
    assert body.std == pytest.approx((sum(rgb.std) / 3,) * 5)
    assert body(torch.zeros(2, 5, 32, 64))[0].shape == (2, 32, 16, 32)


def test_frozen_stays_in_evaluation_and_has_no_gradient() -> None:
    body = backbone(frozen=True)

    body.train()

    assert not any(module.training for module in body.modules())
    assert not any(parameter.requires_grad for parameter in body.parameters())
    before = {key: value.clone() for key, value in body.state_dict().items()}
    body(torch.randn(2, 3, 64, 64))
    torch.testing.assert_close(body.state_dict(), before)


def test_frozen_stays_in_evaluation_inside_a_model_that_trains() -> None:
    body = backbone(frozen=True)
    model = Segmenter(body, FPN(body.features), num_outputs=2)

    assert not model.eval().train().backbone.model.training
    assert model.decoder.training


def test_not_frozen_follows() -> None:
    body = backbone()

    assert body.training
    assert all(parameter.requires_grad for parameter in body.parameters())
    assert not body.eval().model.training


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("resnt50", "did you mean resnet50"),
        ("resnet18.nope", "no weights with the tag"),
        ("zzzzzz", r"timm.list_models\(\)"),
    ],
)
def test_an_unknown_name_gets_suggestions(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match=rf"TimmBackbone got .*{name}.*{hint}"):
        backbone(name)


def test_an_unreachable_hub_is_one_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(OSError, match=r"--model.backbone.weights FILE, .*--model.backbone.pretrained false") as caught:
        TimmBackbone("test_resnet")

    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_pretrained_weights_are_downloaded(served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    source = timm.create_model("test_resnet", pretrained=False)
    torch.save(source.state_dict(), tmp_path / "own.pth")
    place = {"url": f"{served}/own.pth", "hf_hub_id": None}

    body = TimmBackbone("test_resnet", backbone_kwargs={"pretrained_cfg_overlay": place})

    theirs, ours = source.state_dict(), body.model.state_dict()
    assert len(ours) > 50
    torch.testing.assert_close(ours, {key: theirs[key] for key in ours})
