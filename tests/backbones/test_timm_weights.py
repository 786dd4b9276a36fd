from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.backbones.timm_weights import read_weights


@pytest.fixture
def state() -> dict[str, Tensor]:
    return timm.create_model("test_resnet", pretrained=False).state_dict()


def load(path: Path, name: str = "test_resnet", **options: object) -> dict[str, Tensor]:
    """Weights of a backbone built with a file; ``pretrained`` is left at true, the file goes first."""
    return TimmBackbone(name, weights=str(path), **options).model.state_dict()


@pytest.mark.parametrize("nest", [None, "state_dict", "model"])
def test_a_torch_file_plain_or_nested(nest: str | None, state: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save({nest: state, "epoch": 3} if nest else state, tmp_path / "w.pth")

    ours = load(tmp_path / "w.pth")

    assert len(ours) > 50
    torch.testing.assert_close(ours, {key: state[key] for key in ours})


def test_a_safetensors_file(state: dict[str, Tensor], tmp_path: Path) -> None:
    save_file(state, tmp_path / "w.safetensors")

    ours = load(tmp_path / "w.safetensors")

    torch.testing.assert_close(ours["conv1.0.weight"], state["conv1.0.weight"])


@pytest.mark.parametrize("channels", [1, 4, 6])
def test_the_first_convolution_is_adapted_to_other_channels(
    channels: int, state: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save(state, tmp_path / "w.pt")
    theirs = state["conv1.0.weight"]

    ours = load(tmp_path / "w.pt", in_channels=channels)["conv1.0.weight"]

    same = torch.rand(1, 1, 3, 3)  # an image whose channels are equal gives the same values, whatever their number
    if channels % 3 == 0 or channels == 1:
        torch.testing.assert_close((ours * same).sum((1, 2, 3)), (theirs * same).sum((1, 2, 3)))
    assert ours.shape[1] == channels


def test_the_classifier_may_be_there_or_not(state: dict[str, Tensor], tmp_path: Path) -> None:
    headless = {key: value for key, value in state.items() if not key.startswith("fc.")}
    torch.save(headless, tmp_path / "without.pth")
    torch.save(headless | {"fc.weight": torch.zeros(7, 5)}, tmp_path / "other.pth")

    torch.testing.assert_close(load(tmp_path / "without.pth"), load(tmp_path / "other.pth"))


def test_files_without_batch_counters_load(state: dict[str, Tensor], tmp_path: Path) -> None:
    old = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    torch.save(old, tmp_path / "w.pth")

    assert load(tmp_path / "w.pth")["bn1.num_batches_tracked"] == 0


def test_the_authors_format_is_converted_as_timm_does(tmp_path: Path) -> None:
    options = {"embed_dim": 16, "depths": [1, 1, 2, 1], "num_heads": [1, 1, 2, 2]}
    state = timm.create_model("swin_tiny_patch4_window7_224", pretrained=False, **options).state_dict()
    original = {}
    for key, value in state.items():  # the authors number the layer before the downsampling, timm the one after
        parts = key.split(".")
        if "downsample" in parts:
            parts[1] = str(int(parts[1]) - 1)
        original[".".join(parts).replace("head.fc.", "head.")] = value
    original["layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(49, 49)
    torch.save({"model": original}, tmp_path / "w.pth")

    ours = load(tmp_path / "w.pth", "swin_tiny_patch4_window7_224", backbone_kwargs=options)

    torch.testing.assert_close(ours, {key: state[key] for key in ours})


@pytest.mark.parametrize("name", ["test_vit", "eva02_tiny_patch14_224"])  # whose norm is called norm, fc_norm
def test_a_final_norm_that_the_file_lacks_is_told_where_it_is_used(name: str, tmp_path: Path) -> None:
    options = {"embed_dim": 12, "depth": 2, "num_heads": 1}
    state = timm.create_model(name, pretrained=False, **options).state_dict()
    torch.save(state, tmp_path / "whole.pth")
    norms = [key for key in state if key.startswith(("norm.", "fc_norm."))]
    torch.save({key: value for key, value in state.items() if key not in norms}, tmp_path / "part.pth")

    def note(file: str, normalise: bool | None) -> str:
        body = TimmBackbone(name, weights=str(tmp_path / file), backbone_kwargs=options, normalise=normalise)
        before = body.weights_note
        body.use_final_norm()
        return f"{before}|{body.weights_note}"

    told = f"note: model.backbone.weights: {tmp_path / 'part.pth'} lacks {', '.join(norms)}, which start as"
    assert note("whole.pth", normalise=True) == "|"
    assert note("part.pth", normalise=False) == "|"
    assert note("part.pth", normalise=None).startswith(f"|{told}")
    assert note("part.pth", normalise=True).startswith(told)


def test_keys_that_do_not_fit_are_named(state: dict[str, Tensor], tmp_path: Path) -> None:
    del state["bn1.weight"]
    state["encoder.extra"] = torch.zeros(1)
    torch.save(state, tmp_path / "w.pth")

    with pytest.raises(ValueError, match=r"1 unknown \(encoder.extra\), 1 missing \(bn1.weight\)"):
        load(tmp_path / "w.pth")


def test_shapes_that_do_not_fit_are_shown(state: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(state | {"bn1.bias": torch.zeros(99)}, tmp_path / "w.pth")

    with pytest.raises(ValueError, match=r"1 of another shape \(bn1.bias \(99,\) instead of \(32,\)\)"):
        load(tmp_path / "w.pth")


def test_another_models_weights_are_an_error_that_stays_short(state: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(state, tmp_path / "w.pth")

    with pytest.raises(
        ValueError, match=r"expected weights of test_vit; 0 of its \d+ tensors fit; .* missing \(cls_token, "
    ) as caught:
        load(tmp_path / "w.pth", "test_vit")

    assert len(str(caught.value)) < 700


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none.pth, expected a file; check the path"):
        load(tmp_path / "none.pth")


@pytest.mark.parametrize("content", [[1, 2], {"weight": "text"}, {"state_dict": {"epoch": 1}}])
def test_a_file_without_tensors_is_an_error(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "w.pth")

    with pytest.raises(ValueError, match="expected names and tensors"):
        read_weights(tmp_path / "w.pth")


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_a_damaged_file_is_an_error(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"not tensors at all")

    with pytest.raises(ValueError, match=r"expected .safetensors or a state dict from torch.save; it cannot be read"):
        read_weights(tmp_path / name)


def test_a_file_that_was_cut_off_is_an_error(state: dict[str, Tensor], tmp_path: Path) -> None:
    torch.save(state, tmp_path / "w.pth")
    save_file(state, tmp_path / "w.safetensors")
    for file in (tmp_path / "w.pth", tmp_path / "w.safetensors"):
        file.write_bytes(file.read_bytes()[:-500])
        with pytest.raises(ValueError, match=r"cannot be read as one .* cut off .* copy or download it again"):
            read_weights(file)


@pytest.mark.parametrize("is_zipped", [True, False])
def test_a_file_with_code_is_refused(is_zipped: bool, tmp_path: Path) -> None:
    content = {"state_dict": Path("x")}
    torch.save(content, tmp_path / "w.pth", _use_new_zipfile_serialization=is_zipped)

    with pytest.raises(
        ValueError, match="other objects than tensors; to read them could run code" if is_zipped else "cannot be read"
    ):
        read_weights(tmp_path / "w.pth")
