import json
from pathlib import Path

import pytest
import torch

from segcli.backbones.timm_backbone import TimmBackbone
from segcli.cli.main import main
from segcli.decoders.fpn import FPN
from segcli.decoders.unet import UNet
from segcli.inference.checkpoint import CheckpointError, experiment_in, load_checkpoint
from segcli.inference.start_weights import StartWeights
from segcli.inference.warm_start import warm_start
from segcli.runs.stored_run import StoredRun
from segcli.runs.surroundings import file_hash
from segcli.segmenter import Segmenter

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def checkpoint(trained: Path) -> Path:
    return trained / "checkpoints" / "best.ckpt"


def like(checkpoint: Path, num_outputs: int | None = None) -> tuple[Segmenter, tuple[str, ...]]:
    """A new model of the same structure, other numbers, and the classes."""
    old = Segmenter.from_checkpoint(checkpoint)
    new = Segmenter.from_checkpoint(checkpoint)
    for value in new.state_dict().values():
        value.zero_()
    if num_outputs is not None:
        new.classifier = torch.nn.Conv2d(old.decoder.out_channels, num_outputs, 1)
    return new, old.classes


def test_a_model_of_the_same_structure_takes_all_but_how_images_are_read(checkpoint: Path) -> None:
    model, classes = like(checkpoint)
    found = warm_start(model, classes, StartWeights.read(checkpoint))
    expected = Segmenter.from_checkpoint(checkpoint).state_dict()
    assert {name for name, value in model.state_dict().items() if not torch.equal(value, expected[name])} == {
        "scale",
        "shift",
    }
    assert not found.new
    assert str(found) == f"model.weights: {len(found.taken)} of {len(found.taken)} tensors are from {checkpoint}"


def test_other_classes_have_a_new_classifier(checkpoint: Path) -> None:
    model, classes = like(checkpoint, num_outputs=9)
    bound = ("classifier.weight", "classifier.bias")
    found = warm_start(model, ("a",) * 9, StartWeights.read(checkpoint))
    assert set(found.new) == {"classifier.weight", "classifier.bias"}
    assert f"new are classifier.weight ({len(classes)}x" in str(found)

    model, classes = like(checkpoint)
    found = warm_start(model, classes[::-1], StartWeights.read(checkpoint), bound)  # as many, in another order
    assert found.new == dict.fromkeys(bound, "of other classes")
    assert not model.classifier.weight.any()


def test_another_decoder_takes_the_backbone_alone(checkpoint: Path) -> None:
    body = TimmBackbone("test_resnet", pretrained=False)
    model = Segmenter(body, UNet(body.features), num_outputs=2)
    found = warm_start(model, (), StartWeights.read(checkpoint))
    assert {name.partition(".")[0] for name in found.taken} == {"backbone"}
    assert "decoder" in {name.partition(".")[0] for name in found.new}
    assert " more" in str(found)


def test_nothing_that_fits_is_an_error(checkpoint: Path) -> None:
    body = TimmBackbone("test_vit", pretrained=False)
    model = Segmenter(body, FPN(body.features, 24, 96), num_outputs=2)
    with pytest.raises(CheckpointError, match=r"model.weights got .*best.ckpt, of which nothing fits the model: backb"):
        warm_start(model, (), StartWeights.read(checkpoint))


def test_a_training_starts_from_a_run(checkpoint: Path, tiny: Path, capsys: Capture) -> None:
    pretrained = ["--model.backbone.pretrained", "true"]  # of which no file is to be had
    words = ["--model.weights", str(checkpoint), "--model.optimizer.lr", "0", "--trainer.max_epochs", "1"]
    assert main(["fit", "-c", str(tiny), *words, *pretrained]) == 0
    assert "tensors are from" in capsys.readouterr().err

    run = Path("runs/tiny/1")
    passport = json.loads((run / "passport.json").read_text())
    assert passport["started_from"]["sha256"] == file_hash(checkpoint)
    assert passport["started_from"]["new"] == []
    assert StoredRun.load(run).weights_at_start == (file_hash(checkpoint),)
    before, after = (load_checkpoint(path)["state_dict"] for path in (checkpoint, run / "checkpoints" / "best.ckpt"))
    parameters = [name for name in before if name.endswith(("weight", "bias"))]
    assert all(torch.equal(before[name], after[name]) for name in parameters)
    assert experiment_in(load_checkpoint(run / "checkpoints" / "best.ckpt"))[0]["model"]["weights"] == str(checkpoint)
    assert main(["validate", "--ckpt_path", str(run / "checkpoints" / "best.ckpt")]) == 0


def test_weights_that_do_not_fit_are_one_error(checkpoint: Path, tiny: Path, capsys: Capture) -> None:
    assert main(["fit", "-c", str(tiny), "--model.weights", "none.ckpt"]) == 2
    assert "error: model.weights: no checkpoint" in capsys.readouterr().err
