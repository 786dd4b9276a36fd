"""What an experiment with ``model.weights`` begins with: weights of a run, of its own backbone, and new ones."""

from pathlib import Path

import pytest
import timm
import torch
from torch import Tensor

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.parts import PartError
from segcli.experiment.quiet import quiet
from segcli.inference.checkpoint import CHECKPOINT_KEY, load_checkpoint
from segcli.runs.run_folder import RunFolder
from segcli.runs.stored_run import StoredRun
from segcli.runs.surroundings import file_hash
from segcli.task import SegmentationTask

Capture = pytest.CaptureFixture[str]
OTHER = "test_convnext"


@pytest.fixture
def checkpoint(trained: Path) -> Path:
    return trained / "checkpoints" / "best.ckpt"


@pytest.fixture
def pretrained(tmp_path: Path) -> dict[str, Path]:
    """Files of weights of two backbones, by name."""
    files = {}
    for name in ("test_resnet", OTHER):
        torch.manual_seed(7)
        files[name] = tmp_path / f"{name}.pt"
        torch.save(timm.create_model(name).state_dict(), files[name])
    return files


def built(file: Path, checkpoint: Path | None, *words: str) -> SegmentationTask:
    quiet()
    torch.manual_seed(0)
    start = ["--model.weights", str(checkpoint)] if checkpoint is not None else []
    cli = SegmentationCLI(compose([file], [*start, *words]).expanded())
    cli.build(RunFolder(file.parent / "run"), [])
    cli.model.configure_model()
    return cli.model


def state(task: SegmentationTask) -> dict[str, Tensor]:
    assert task.segmenter is not None
    return task.segmenter.state_dict()


def weights_in(checkpoint: Path) -> dict[str, Tensor]:
    return {name.removeprefix("segmenter."): value for name, value in load_checkpoint(checkpoint)["state_dict"].items()}


def backbone_words(name: str, file: Path) -> list[str]:
    return ["--model.backbone.name", name, "--model.backbone.weights", str(file)]


def test_another_backbone_has_its_own_pretraining(tiny: Path, checkpoint: Path, pretrained: dict[str, Path]) -> None:
    task = built(tiny, checkpoint, *backbone_words(OTHER, pretrained[OTHER]))

    found, own, theirs = state(task), torch.load(pretrained[OTHER], weights_only=True), weights_in(checkpoint)
    names = [name for name, _ in task.backbone.model.named_parameters()]
    assert all(torch.equal(found[f"backbone.model.{name}"], own[name]) for name in names)
    taken = [name for name in found if name in theirs and name.startswith(("decoder.", "classifier."))]
    same = [name for name in taken if torch.equal(found[name], theirs[name])]
    assert "classifier.weight" in same
    assert f" are from model.backbone.weights {pretrained[OTHER]}: backbone." in str(task.builder.warm_start)


def test_a_stem_for_other_channels_is_the_adapted_one(
    tiny: Path, checkpoint: Path, pretrained: dict[str, Path]
) -> None:
    words = [*backbone_words("test_resnet", pretrained["test_resnet"]), "--model.backbone.in_channels", "1"]
    task = built(tiny, checkpoint, *words)

    found, own, theirs = state(task), torch.load(pretrained["test_resnet"], weights_only=True), weights_in(checkpoint)
    stem = next(name for name, value in own.items() if value.ndim == 4)
    torch.testing.assert_close(found[f"backbone.model.{stem}"], own[stem].sum(1, keepdim=True))
    others = [name for name, _ in task.backbone.named_parameters() if name != f"model.{stem}"]
    assert others
    assert all(torch.equal(found[f"backbone.{name}"], theirs[f"backbone.{name}"]) for name in others)
    assert "; 1 of the backbone's " in str(task.builder.warm_start)


def test_a_whole_backbone_reads_nothing_of_its_own(tiny: Path, checkpoint: Path) -> None:
    own = backbone_words("test_resnet", Path("none.pt"))
    words = ["--model.decoder", "UNet", "--model.backbone.pretrained", "true", *own]
    task = built(tiny, checkpoint, *words)

    assert task.builder.warm_start is not None
    assert ", the backbone's among them; new are decoder." in str(task.builder.warm_start)
    with pytest.raises(Exception, match=r"weights got none\.pt, expected a file"):
        built(tiny, checkpoint, *words, "--model.backbone.in_channels", "1")


def test_as_many_classes_of_other_names_leave_all_that_knows_them_new(tiny: Path, tmp_path: Path) -> None:
    words = ["--model.decoder", "{class_path: OCRNet, levels: 2, width: 8, key_width: 8}"]
    task = built(tiny, None, *words)
    of_others, experiment = tmp_path / "others.ckpt", {"config": {}, "classes": ["a", "b", "c", "d"]}
    weights = {f"segmenter.{name}": torch.zeros_like(value) for name, value in state(task).items()}
    content = {"state_dict": weights, "pytorch-lightning_version": "2.5", CHECKPOINT_KEY: experiment}
    torch.save(content, of_others)

    start = built(tiny, of_others, *words).builder.warm_start
    assert start is not None
    names = [f"decoder.{part}.{kind}" for part in ("classifier", "coarse.1") for kind in ("weight", "bias")]
    assert dict(start.new) == dict.fromkeys(names, "of other classes")

    experiment["classes"] = list(task.classes)
    torch.save(content, of_others)
    start = built(tiny, of_others, *words).builder.warm_start
    assert start is not None
    assert not start.new


def test_a_random_backbone_is_called_so_and_is_that_of_the_seed(tiny: Path, checkpoint: Path) -> None:
    words = ["--model.backbone.name", OTHER, "--model.backbone.pretrained", "false"]
    one, other = built(tiny, checkpoint, *words), built(tiny, checkpoint, *words)

    assert "of the backbone's " in str(one.builder.warm_start)
    assert " are random: backbone." in str(one.builder.warm_start)
    assert all(torch.equal(value, state(other)[name]) for name, value in state(one).items())


def test_the_passport_knows_both_that_a_run_began_with(
    tiny: Path, checkpoint: Path, pretrained: dict[str, Path], capsys: Capture
) -> None:
    words = ["--model.weights", str(checkpoint), "--trainer.max_epochs", "1"]
    assert main(["fit", "-c", str(tiny), *words, *backbone_words(OTHER, pretrained[OTHER])]) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("model.weights: ")]
    assert len(told) == 1
    assert f"are from model.backbone.weights {pretrained[OTHER]}" in told[0]

    run = StoredRun.load(Path("runs/tiny/1"))
    backbone = run.passport["weights"]["backbone"]
    assert run.weights_at_start == (backbone, file_hash(checkpoint))


def test_nothing_that_fits_is_told_before_data_are_read(tiny: Path, checkpoint: Path) -> None:
    with pytest.raises(PartError, match="of which nothing fits the model: backbone") as caught:
        built(tiny, checkpoint, "--model.backbone.name", "test_vit", "--model.decoder", "MaskTransformer")
    assert caught.value.key == "model.weights"


@pytest.mark.parametrize(
    ("content", "message"), [(None, "no checkpoint x.ckpt"), (b"nothing", "cannot read checkpoint x.ckpt")]
)
def test_a_file_that_is_none_is_told_with_its_line_before_anything_is_made(
    tiny: Path, content: bytes | None, message: str, capsys: Capture
) -> None:
    tiny.write_text(tiny.read_text().replace("model:", "model:\n  weights: x.ckpt", 1))
    if content is not None:
        Path("x.ckpt").write_bytes(content)
    line = next(i for i, text in enumerate(tiny.read_text().splitlines(), start=1) if "x.ckpt" in text)
    for verb in (["check", "tiny.yaml"], ["fit", "-c", "tiny.yaml"]):
        assert main(verb) == 2
        told = "".join(capsys.readouterr())
        assert f"model.weights: {message}" in told
        assert f"tiny.yaml:{line}" in told
    assert not Path("runs").exists()


def test_a_state_leaves_nothing_to_weights_and_says_so_once(copied: Path, capsys: Capture) -> None:
    state_file = copied / "checkpoints" / "last.ckpt"
    words = ["--ckpt_path", str(state_file), "--trainer.max_epochs", "3", "--model.weights", "none.ckpt"]
    assert main(["fit", "-c", str(copied / "config.yaml"), "--run.name", "more", *words]) == 0
    assert capsys.readouterr().err.count("without model.weights: it brings all weights") == 1
