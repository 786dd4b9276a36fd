"""Models that predict more than one map, from the command line to a checkpoint's prediction."""

from pathlib import Path

import numpy as np
import pytest
import torch

from segcli.cli.main import main
from segcli.segmenter import Segmenter

OWN = """
import torch
from torch import Tensor, nn

from segcli.decoders.base import DecoderFactory, Head, build_decoder
from segcli.decoders.classified import classifier_of
from segcli.features import Features
from segcli.losses.criterion import Criterion
from segcli.losses.mean_loss import MeanLoss
from segcli.prediction import DensePrediction


class Refined(Head):
    def __init__(self, features, num_outputs: int, base: DecoderFactory, steps: int = 1) -> None:
        super().__init__()
        self.base = build_decoder(base, features, num_outputs)
        self.classifier = classifier_of(self.base, num_outputs)
        self.refine = nn.Conv2d(num_outputs + 3, num_outputs, 3, padding=1)
        self.register_buffer("progress", torch.tensor(0.0), persistent=False)
        self.seen = []

    def forward(self, features: Features) -> DensePrediction:
        self.seen.append(self.progress.item())
        coarse = DensePrediction(self.classifier(self.base(features.levels)), features.size)
        both = torch.cat([coarse.logits(features.size), features.image], dim=1)
        return DensePrediction(self.refine(both), features.size, [coarse] if self.training else [])


class Halves(nn.Module, Criterion):
    names = averages = ("pixels",)

    def sums(self, prediction, mask):
        logits = [each.logits(tuple(mask.shape[-2:])) for each in (prediction, *prediction.extra)]
        ce = [nn.functional.cross_entropy(z, mask.long(), reduction="sum") for z in logits]
        return [(torch.stack(ce).mean(), torch.tensor(mask.numel()))]

    def values(self, sums):
        return [total / count for total, count in sums]

    def combine(self, values):
        return values[0]

    def weigh(self, mask, channels):
        return [torch.tensor(mask.numel())]
"""
IMAGE = np.zeros((41, 57, 3), np.uint8)


@pytest.fixture
def own(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tiny.parent / "own_head.py").write_text(OWN)
    monkeypatch.syspath_prepend(tiny.parent)
    return tiny


def test_auxiliary_decoders_train_and_are_left_out_of_what_predicts(tiny: Path) -> None:
    words = [
        "--model.auxiliary=[FCN, {class_path: FCN, level: -2, width: 8}]",
        "--model.extra_loss_weight=[0.4, 0.2]",
    ]

    assert main(["fit", "-c", str(tiny), *words, "--trainer.max_epochs=1"]) == 0

    checkpoint = tiny.parent / "runs/tiny/1/checkpoints/last.ckpt"
    state = torch.load(checkpoint, weights_only=True)["state_dict"]
    assert {name.split(".")[2] for name in state if name.startswith("segmenter.auxiliary.")} == {"0", "1"}
    assert Segmenter.from_checkpoint(checkpoint).predict(IMAGE).shape == (41, 57)
    assert main(["validate", "--ckpt_path", str(checkpoint)]) == 0


def test_a_head_of_edges_trains_beside_a_decoder_with_weights_that_follow_from_the_data(tiny: Path) -> None:
    words = [
        "--model.auxiliary=[{class_path: EdgeHead, width: 8}]",
        "--model.loss={class_path: EdgeLoss, loss: {class_path: CrossEntropyLoss, class_weights: enet}}",
    ]

    assert main(["fit", "-c", str(tiny), *words, "--trainer.max_epochs=1"]) == 0

    run = tiny.parent / "runs/tiny/1"
    head, *_ = (run / "metrics.csv").read_text().splitlines()
    assert "train/loss_edges" in head.split(",")
    assert "val/loss_edges" not in head
    assert "enet" in (run / "passport.json").read_text()
    assert main(["validate", "--ckpt_path", str(run / "checkpoints/last.ckpt")]) == 0


@pytest.mark.parametrize(
    "words", [["--model.extra_loss_weight=0.5"], ["--model.loss=own_head.Halves"]], ids=["a loss", "a criterion"]
)
def test_a_head_of_ones_own_around_a_decoder_trains_and_predicts(own: Path, words: list[str]) -> None:
    head = "--model.decoder={class_path: own_head.Refined, base: FPN}"

    assert main(["fit", "-c", str(own), head, *words, "--trainer.max_epochs=1"]) == 0

    segmenter = Segmenter.from_checkpoint(own.parent / "runs/tiny/1/checkpoints/last.ckpt")
    assert segmenter.predict(IMAGE).shape == (41, 57)


def test_heads_around_decoders_train_and_predict(tiny: Path) -> None:
    supervised = "{class_path: DeepSupervision, base: {class_path: UNet, channels: [8, 8, 8, 8, 8, 8]}}"
    head = f"{{class_path: PointRend, points: 32, base: {{class_path: SimplePyramid, width: 8, base: {supervised}}}}}"
    words = [f"--model.decoder={head}", "--model.extra_loss_weight=0.4"]

    assert main(["fit", "-c", str(tiny), *words, "--trainer.max_epochs=1"]) == 0

    checkpoint = tiny.parent / "runs/tiny/1/checkpoints/last.ckpt"
    assert Segmenter.from_checkpoint(checkpoint).predict(IMAGE).shape == (41, 57)


@pytest.mark.parametrize(
    ("decoder", "message"),
    [
        ("DPT", "got features without a class token"),
        ("{class_path: DeepSupervision, base: FPN}", "got FPN as base, expected a decoder with stages"),
        ("{class_path: DySample, base: UNet}", "scale 4, expected a number above 1 that divides 1"),
        (
            "{class_path: PointRend, base: {class_path: Mask2Former, layers: 1, pixel_layers: 1}}",
            "got Mask2Former as base, which predicts masks of queries",
        ),
        (
            "{class_path: PointRend, base: {class_path: FPN, segmentation_channels: 33}}",
            "FPN got segmentation_channels",
        ),
    ],
)
def test_a_combination_that_cannot_work_is_told_by_check_with_key_and_line(
    tiny: Path, decoder: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tiny.parent / "bad.yaml").write_text(f"extends: tiny.yaml\nmodel:\n  decoder: {decoder}\n")

    assert main(["check", "bad.yaml", "--build"]) == 2

    told = capsys.readouterr().out
    assert "error: model.decoder: " in told
    assert message in told
    assert "--> bad.yaml:3" in told


def test_a_head_that_needs_weights_for_its_predictions_says_so_before_it_trains(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "--model.decoder={class_path: own_head.Refined, base: FPN}"

    assert main(["fit", "-c", str(own), head]) == 2

    assert "error: model.decoder: training has extra predictions" in (told := capsys.readouterr().err)
    assert "set model.extra_loss_weight" in told
    assert "Traceback" not in told
