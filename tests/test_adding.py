"""What it takes to add a part, done literally in a copy of the tree, in which the checks then pass."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

DECODER = '''\
"""All levels, each projected by a 1x1 convolution."""

from collections.abc import Sequence

from torch import Tensor, nn

from segcli.decoders.base import Decoder
from segcli.features import FeatureSpec
from segcli.layers.resize import resize


class SumOfLevels(Decoder):
    """Project every level to one width, resize all to the finest, and add them.

    Args:
        features: Backbone pyramid, finest level first.
        width: Channels of the output.

    Raises:
        ValueError: If ``features`` is empty.
    """

    def __init__(self, features: Sequence[FeatureSpec], width: int = 32) -> None:
        super().__init__()
        if not features:
            raise ValueError("SumOfLevels got 0 feature levels, expected at least 1; check the backbone.")
        self.out_channels, self.out_stride = width, features[0].stride
        self.project = nn.ModuleList(nn.Conv2d(each.channels, width, 1) for each in features)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Map ``(B, C_i, H/s_i, W/s_i)`` levels to ``(B, width, H/s_0, W/s_0)``."""
        levels = [project(x) for project, x in zip(self.project, features, strict=True)]
        return sum((resize(x, like=levels[0]) for x in levels[1:]), start=levels[0])
'''
LOSS = '''\
"""Brier score (Brier, 1950), https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2."""

from torch import Tensor
from torch.nn import functional as F

from segcli.losses.base import Loss, sigmoid_mask
from segcli.sample import IGNORE_INDEX


class BrierLoss(Loss):
    """Average, over pixels, the squared error of the probabilities, 0 to ``weight`` times 2.

    Args:
        weight: Factor.
    """

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight

    def forward(self, logits: Tensor, mask: Tensor) -> Tensor:
        """Map ``(B, K, H, W)`` logits and a ``(B, H, W)`` or ``(B, K, H, W)`` integer mask to a scalar."""
        binary = sigmoid_mask(logits, mask)
        seen = (mask if binary is None else binary) != IGNORE_INDEX
        if binary is None:
            truth = F.one_hot(mask.where(seen, 0).long(), logits.shape[1]).movedim(-1, 1)
            error = (logits.float().softmax(1) - truth).square().sum(1)
        else:
            error = (logits.float().sigmoid() - binary.float()).square()
        return self.weight * error[seen].sum() / seen.sum().clamp(min=1)
'''
METRIC = '''\
"""Volume similarity (Taha and Hanbury, 2015), https://doi.org/10.1186/s12880-015-0068-x."""

import numpy as np

from segcli.metrics.base import Floats, ImageMetric
from segcli.metrics.evaluated import Evaluated


class VolumeSimilarity(ImageMetric):
    """Agreement of the areas of each class per image, 0 to 1, higher is better: ``val/volume_similarity``.

    It is made from the confusion counts and costs next to nothing.

    Args:
        name: Under which it is logged; null for ``volume_similarity``.
        group: Whether results have the score of every group of images (``data.group``) too.
    """

    name = "volume_similarity"
    class_name = "volume_similarity"
    higher_is_better = True
    title = "volume similarity"

    def __init__(self, name: str | None = None, group: bool = False) -> None:
        super().__init__(name, group)

    def rows(self, batch: Evaluated) -> Floats:
        """Return a weight of 1 and the similarity of each class that an image has, ``(B, K, 2)``."""
        _, truth, predicted = batch.counts
        both = truth + predicted
        similarity = 1 - np.abs(truth - predicted) / np.maximum(both, 1)
        return np.stack([both > 0, similarity * (both > 0)], axis=2, dtype=np.float64)
'''
VERB = '''\
"""Say hello: ``segcli hello``."""

from typing import TYPE_CHECKING

from segcli.cli.verb import Verb
from segcli.config.output import say

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed

VERB = Verb("hello", "Say hello.", ("",), (), ("",), "Prints one line.", most=0)


def run(typed: "Typed") -> int:
    """Say it."""
    say("hello")
    return 0
'''
VERB_TEST = """\
import pytest

from segcli.cli.main import main


def test_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hello"]) == 0
    assert capsys.readouterr().out == "hello\\n"
"""
ADDED = {
    "a decoder": (
        {"segcli/decoders/sum_of_levels.py": DECODER},
        {
            "segcli/registry.py": (
                '                "UNet": "segcli.decoders.unet:UNet",\n',
                '                "SumOfLevels": "segcli.decoders.sum_of_levels:SumOfLevels",\n',
            )
        },
    ),
    "a loss": (
        {"segcli/losses/brier_loss.py": LOSS},
        {
            "segcli/registry.py": (
                '                "WeightedSum": "segcli.losses.weighted_sum:WeightedSum",\n',
                '                "BrierLoss": "segcli.losses.brier_loss:BrierLoss",\n',
            )
        },
    ),
    "a metric": (
        {"segcli/metrics/volume_similarity.py": METRIC},
        {
            "segcli/registry.py": (
                '                "SurfaceDice": "segcli.metrics.surface_dice:SurfaceDice",\n',
                '                "VolumeSimilarity": "segcli.metrics.volume_similarity:VolumeSimilarity",\n',
            )
        },
    ),
    "a verb": (
        {"segcli/cli/hello.py": VERB, "tests/cli/test_hello.py": VERB_TEST},
        {
            "segcli/cli/verbs.py": (
                '    "show": "print an experiment as composed, with sources or all defaults",\n',
                '    "hello": "say hello",\n',
            )
        },
    ),
    "a column of compare": (
        {},
        {
            "segcli/comparison/cost_columns.py": (
                '    CostColumn("device", lambda cost: cost.device or MISSING, page_only=True),\n',
                '    CostColumn("seconds", lambda cost: _digits(cost.train_s)),\n',
            )
        },
    ),
}
"""New files with their text, and the one line that is added to a file, after a line of it."""
CHECKED = [
    *("tests/contracts/test_decoders.py", "tests/contracts/test_losses.py", "tests/contracts/test_signatures.py"),
    *("tests/contracts/test_metrics.py", "tests/test_score_spec.py"),
    *("tests/test_architecture.py", "tests/test_registry.py", "tests/test_packaging.py", "tests/test_program.py"),
    *("tests/cli/test_hello.py", "tests/cli/test_verb.py", "tests/cli/test_command_line.py", "tests/cli/test_main.py"),
    *("tests/comparison/page/test_summary.py", "tests/config/test_schema.py", "tests/cli/test_guide.py"),
]


@pytest.mark.slow
def test_a_part_is_added_by_one_file_and_one_line(tmp_path: Path) -> None:
    """The contract tests are the test of a decoder and of a loss; a verb has one of its own."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
    for folder in ("segcli", "tests", "experiments"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "Makefile"):
        shutil.copy(ROOT / name, tmp_path)
    for files, lines in ADDED.values():
        assert len([name for name in files if name.startswith("segcli/")]) + len(lines) <= 2
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        for name, (after, line) in lines.items():
            text = (tmp_path / name).read_text()
            assert text.count(after) == 1, (name, after)
            (tmp_path / name).write_text(text.replace(after, after + line))

    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    existing = [name for name in CHECKED if (tmp_path / name).is_file()]
    assert len(existing) == len(CHECKED), set(CHECKED) - set(existing)
    for command in (["ruff", "check", "."], ["mypy"], ["pytest", "-q", "-x", *CHECKED]):
        words = [sys.executable, "-m", *command]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    shown = subprocess.run(
        [sys.executable, "-m", "segcli", "list", "decoders", "SumOfLevels"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Channels of the output" in shown.stdout
