from pathlib import Path

import pytest
import torch

from segcli.inference.checkpoint import CHECKPOINT_KEY, CheckpointError
from segcli.inference.start_weights import StartWeights, some


def test_a_run_has_classes_and_the_names_of_a_segmenter(tmp_path: Path) -> None:
    file, weight = tmp_path / "best.ckpt", torch.ones(2)
    experiment = {"config": {}, "classes": ["a", "b"]}
    state = {"segmenter.backbone.weight": weight, "loss.weight": weight}
    torch.save({"state_dict": state, "pytorch-lightning_version": "2.5", CHECKPOINT_KEY: experiment}, file)

    found = StartWeights.read(file)

    assert (found.path, found.classes, list(found.state)) == (file, ("a", "b"), ["backbone.weight"])
    assert found.named({}, "FPN").weights == found.state
    assert "tensor" not in repr(found)


def test_a_published_model_has_no_classes_and_other_names(tmp_path: Path) -> None:
    names = ("encoder.model.conv1.weight", "decoder.x.weight", "segmentation_head.0.weight")
    torch.save({name: torch.ones(2) for name in names}, tmp_path / "model.pt")

    found = StartWeights.read(tmp_path / "model.pt")

    assert (found.classes, tuple(found.state)) == (None, names)
    own = {"backbone.model.conv1.weight": torch.zeros(2)}
    assert found.named(own, "FPN").weights.keys() == own.keys()


@pytest.mark.parametrize("content", [{}, {"weight": torch.ones(1)}, [1]])
def test_other_files_are_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match=r"holds weights of neither a run nor|is no checkpoint of a run"):
        StartWeights.read(tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match=r"no checkpoint .*none\.ckpt"):
        StartWeights.read(tmp_path / "none.ckpt")


def test_a_few_names_stand_for_many() -> None:
    assert [some(list(names)) for names in ("", "abc", "abcde")] == ["nothing", "a, b, c", "a, b, c and 2 more"]
