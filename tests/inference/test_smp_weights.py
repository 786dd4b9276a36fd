from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.cli.main import main
from segcli.decoders.base import Decoder
from segcli.decoders.fpn import FPN
from segcli.decoders.linknet import LinkNet
from segcli.decoders.unet import UNet
from segcli.features import FeatureSpec
from segcli.inference.checkpoint import CheckpointError
from segcli.inference.smp_weights import is_of_smp, renamed
from segcli.inference.start_weights import StartWeights
from segcli.inference.warm_start import warm_start
from segcli.segmenter import Segmenter

STORED = Path(__file__).with_name("smp_unet.txt")
UNET = {"channels": [8] * 5}


@pytest.fixture
def weights() -> dict[str, Tensor]:
    """Of ``Unet("tu-test_resnet", decoder_channels=(8, 8, 8, 8, 8), classes=2)``, by the names in a stored list."""
    torch.manual_seed(0)
    lines = [line.split() for line in STORED.read_text().splitlines()]
    return {
        name: torch.tensor(3) if "batches" in name else torch.rand([int(side) for side in shape.split("x")])
        for name, shape in lines
    }


def segmenter(decoder: type[Decoder] = UNet, num_outputs: int = 2, **arguments: object) -> Segmenter:
    body = TimmBackbone("test_resnet", pretrained=False)
    return Segmenter(body, decoder(body.features, **arguments), num_outputs).eval()


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
def test_a_file_of_theirs_is_a_model_of_ours(weights: dict[str, Tensor], suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"model{suffix}"
    save_file(weights, file) if suffix == ".safetensors" else torch.save(weights, file)
    model = segmenter(**UNET)

    told = str(warm_start(model, ("a", "b"), StartWeights.read(file)))

    assert told == (
        f"model.weights: {len(weights)} of {len(weights)} tensors are from {file} of segmentation-models-pytorch, "
        "classes as they are numbered there"
    )
    found = model.state_dict()
    pairs = {
        "encoder.model.layer3.0.conv2.weight": "backbone.model.layer3.0.conv2.weight",
        "decoder.blocks.1.conv2.1.running_var": "decoder.blocks.1.1.norm.running_var",
        "segmentation_head.0.weight": "classifier.weight",
    }
    for theirs, ours in pairs.items():
        torch.testing.assert_close(found[ours], weights[theirs], atol=0, rtol=0)


def test_other_classes_and_other_decoders_start_anew(weights: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(weights, tmp_path / "model.pt")

    found = warm_start(segmenter(num_outputs=3, **UNET), ("a", "b", "c"), StartWeights.read(tmp_path / "model.pt"))
    assert set(found.new) == {"classifier.weight", "classifier.bias"}
    assert "new are classifier.weight (2x8x3x3 there, 3x8x3x3 here)" in str(found)

    found = warm_start(
        segmenter(FPN, pyramid_channels=8, segmentation_channels=32),
        ("a", "b"),
        StartWeights.read(tmp_path / "model.pt"),
    )
    assert {name.partition(".")[0] for name in found.taken} == {"backbone"}
    assert "; left are decoder.blocks.0.conv1.0.weight, " in str(found)


def test_a_decoder_of_another_kind_is_not_taken_in_parts(weights: dict[str, Tensor]) -> None:
    own = segmenter(**UNET).state_dict()
    more = weights | {"decoder.center.out_conv.weight": torch.rand(8, 8, 3, 3)}  # as MAnet has it

    found = renamed(more, own, "UNet")

    assert {name.partition(".")[0] for name in found.weights} == {"backbone"}
    assert set(found.unknown) == {name for name in more if not name.startswith("encoder.")}


def test_a_bias_before_a_normalisation_is_taken_off_its_mean() -> None:
    decoder = LinkNet([FeatureSpec(8, 2), FeatureSpec(8, 4)], kernel_size=4)
    own = {f"decoder.{name}": value for name, value in decoder.state_dict().items()}
    theirs = "decoder.blocks.0.block.1"
    state = {f"{theirs}.0.bias": torch.tensor([1.0, 2.0]), f"{theirs}.1.running_mean": torch.tensor([5.0, 5.0])}

    found = renamed(state, own, "LinkNet")

    assert not found.unknown
    assert found.weights["decoder.steps.0.enlarge.1.running_mean"].tolist() == [4.0, 3.0]


def test_nothing_that_fits_is_an_error_that_says_what_was_found(weights: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(weights, tmp_path / "model.pt")
    body = TimmBackbone("test_vit", pretrained=False)
    model = Segmenter(body, FPN(body.features, 24, 96), num_outputs=2)
    found = (
        r"a model of segmentation-models-pytorch with encoder.model.conv1.0.weight, .* and 149 more, of which nothing"
    )
    with pytest.raises(CheckpointError, match=found):
        warm_start(model, ("a", "b"), StartWeights.read(tmp_path / "model.pt"))

    torch.save({"layer.weight": torch.rand(2)}, tmp_path / "other.pt")
    with pytest.raises(CheckpointError, match=r"of neither a run nor a model of .*, but layer.weight; name one"):
        warm_start(model, ("a", "b"), StartWeights.read(tmp_path / "other.pt"))
    assert not is_of_smp({"encoder.weight": torch.rand(2)})


def test_numbers_that_are_none_and_code_are_refused(weights: dict[str, Tensor], tmp_path: Path) -> None:
    weights["decoder.blocks.0.conv1.0.weight"][0] = torch.nan
    torch.save(weights, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match=r"NaN or infinite: decoder.blocks.0.conv1.0.weight"):
        warm_start(segmenter(**UNET), ("a", "b"), StartWeights.read(tmp_path / "model.pt"))

    torch.save(torch.nn.Conv2d(1, 1, 1), tmp_path / "whole.pt")
    with pytest.raises(CheckpointError, match="holds more than weights"):
        warm_start(segmenter(**UNET), ("a", "b"), StartWeights.read(tmp_path / "whole.pt"))

    (tmp_path / "cut.safetensors").write_bytes(b"1234")
    with pytest.raises(CheckpointError, match="damaged or cut off"):
        warm_start(segmenter(**UNET), ("a", "b"), StartWeights.read(tmp_path / "cut.safetensors"))


@pytest.mark.slow
def test_a_training_starts_from_it(
    weights: dict[str, Tensor], tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_file(weights, tmp_path / "model.safetensors")
    words = [f"--model.weights={tmp_path / 'model.safetensors'}", "--trainer.fast_dev_run=1"]
    decoder = "--model.decoder={class_path: UNet, channels: [8, 8, 8, 8, 8]}"

    assert main(["fit", "-c", str(tiny), decoder, *words]) == 0

    assert "tensors are from" in capsys.readouterr().err
