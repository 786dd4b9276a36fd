import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.experiment.serve import Wanted, open_application
from segcli.export.export_checkpoint import Exported
from segcli.export.onnx_model import OnnxModel
from segcli.serve.access import Access
from segcli.serve.limits import Limits
from tests.export.conftest import exported, onnx_file, segmenter

__all__ = ["exported", "onnx_file", "segmenter"]


def _wanted(*paths: Path, examples: Path | None = None) -> Wanted:
    return Wanted(paths, Limits(), Access("127.0.0.1"), examples)


def test_checkpoints_are_opened_and_averaged(in_trained: Path) -> None:
    other = in_trained.with_name("other.ckpt")
    shutil.copy(in_trained, other)
    about = open_application(_wanted(in_trained, other)).about
    assert about["name"] == "best.ckpt, other.ckpt"
    assert list(about["sha256"]) == ["best.ckpt", "other.ckpt"]
    assert about["inference"] == {"tile": "auto"}
    assert about["confidence"] is True


def test_an_exported_file_is_opened(exported: Exported) -> None:
    about = open_application(_wanted(exported.path)).about
    assert about["name"] == exported.path.name
    assert about["confidence"] is True


def test_what_the_experiment_says_of_inference_is_followed(onnx_file: Path, exported: Exported) -> None:
    says = {"tile": 128, "min_area_px": 5}
    OnnxModel.describe(onnx_file, replace(exported.description, inference=says))
    assert open_application(_wanted(onnx_file)).about["inference"] == says


def test_a_file_without_probabilities_tells_no_confidence(onnx_file: Path, exported: Exported) -> None:
    OnnxModel.describe(onnx_file, replace(exported.description, outputs=["labels"]))
    about = open_application(_wanted(onnx_file)).about
    assert about["confidence"] is False
    assert about["inference"] == {}


def test_thresholds_of_a_file_are_kept(onnx_file: Path, exported: Exported) -> None:
    told = exported.description
    several = replace(told, task="multilabel", thresholds=[0.1, 0.2, 0.3, 0.4])
    OnnxModel.describe(onnx_file, several)
    about = open_application(_wanted(onnx_file)).about
    assert about["inference"]["threshold"] == dict(zip(told.classes, [0.1, 0.2, 0.3, 0.4], strict=True))


def test_mistakes_are_told(in_trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--examples got"):
        open_application(_wanted(in_trained, examples=tmp_path / "none"))
    damaged = tmp_path / "a.onnx"
    damaged.write_bytes(b"no model")
    with pytest.raises(ConfigError, match=r"a\.onnx"):
        open_application(_wanted(damaged))
