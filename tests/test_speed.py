"""Compiled, in 16 bits, with checkpointed gradients: the same model, weights and rules."""

import math
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
import torch._dynamo.testing
from pytorch_lightning.plugins import MixedPrecision
from torch import nn

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.quiet import quiet
from segcli.runs.run_folder import RunFolder
from segcli.segmenter import Segmenter
from segcli.task import SegmentationTask

COMPILED = ["--model.compile=true", "--trainer.fast_dev_run=2"]


def built(file: Path, *overrides: str) -> SegmentationCLI:
    quiet()
    cli = SegmentationCLI(compose([file], ["--trainer.logger=false", *overrides]).expanded())
    cli.build(RunFolder(file.parent), [])
    return cli


@pytest.fixture
def compiles(monkeypatch: pytest.MonkeyPatch) -> list[nn.Module]:
    """Compile with a backend that needs no compiler; return what was compiled."""
    found: list[nn.Module] = []
    original = nn.Module.compile

    def compile_eagerly(self: nn.Module, **_: Any) -> None:  # noqa: ANN401  (as torch declares it)
        found.append(self)
        original(self, backend="eager")

    monkeypatch.setattr(nn.Module, "compile", compile_eagerly)
    torch._dynamo.reset()
    return found


@pytest.mark.filterwarnings("ignore")  # torch's own, of its tracer
def test_a_compiled_model_trains_and_its_checkpoint_is_any_model_s(tiny: Path, compiles: list[nn.Module]) -> None:
    assert main(["fit", "-c", "tiny.yaml", "--model.compile=true", "--trainer.max_epochs=1"]) == 0
    best = Path("runs/tiny/1/checkpoints/best.ckpt")
    plain = built(tiny).model
    plain.configure_model()

    state = torch.load(best, weights_only=True)["state_dict"]

    assert [type(module) for module in compiles] == [Segmenter]
    assert state.keys() == plain.state_dict().keys()
    assert main(["validate", "--ckpt_path", str(best), "--model.compile=false"]) == 0
    assert Segmenter.from_checkpoint(best)(torch.zeros(1, 3, 33, 40)).shape == (1, 4, 33, 40)


def test_it_is_off_unless_asked_for(tiny: Path, compiles: list[nn.Module]) -> None:
    built(tiny).model.configure_model()

    assert not compiles


@pytest.mark.filterwarnings("ignore")
def test_a_compiler_that_is_missing_is_one_error(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_compiler(graph: object, inputs: object) -> None:
        raise RuntimeError("No working C++ compiler found")

    original = nn.Module.compile
    monkeypatch.setattr(nn.Module, "compile", lambda self: original(self, backend=no_compiler))
    torch._dynamo.reset()

    assert main(["fit", "-c", "tiny.yaml", *COMPILED]) == 2

    told = capsys.readouterr().err
    assert "error: model.compile: the model was not compiled: there is no C++ compiler" in told
    assert "or switch it off" in told


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_images_of_many_sizes_compile_few_times(tiny: Path) -> None:
    counter = torch._dynamo.testing.CompileCounterWithBackend("aot_eager")
    torch._dynamo.reset()
    model = built(tiny).model
    model.configure_model()
    assert model.segmenter is not None
    plain = [model.segmenter.eval()(torch.ones(1, 3, *size)) for size in ((64, 64), (97, 131), (80, 120), (130, 70))]
    model.segmenter.compile(backend=counter)

    again = [model.segmenter(torch.ones(1, 3, *logits.shape[-2:])) for logits in plain]

    torch.testing.assert_close(again, plain, rtol=1e-3, atol=1e-4)
    assert counter.frame_count <= 3


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_compiler_of_this_machine_compiles(tiny: Path) -> None:
    torch._dynamo.reset()
    assert main(["fit", "-c", "tiny.yaml", *COMPILED]) == 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "words",
    [
        ["--model.decoder={class_path: FPN, pyramid_channels: 16, segmentation_channels: 32}"],
        ["--model.decoder={class_path: PointRend, base: {class_path: FCN, width: 8}}", "--model.extra_loss_weight=1.0"],
        [
            "--model.backbone={name: test_vit, tail_blocks: 1}",
            "--model.decoder={class_path: EoMT, queries: 6}",
            "--model.loss={class_path: MaskClassificationLoss, points: 64}",
        ],
    ],
    ids=["map", "points", "masks"],
)
def test_predictions_of_every_kind_are_compiled_without_a_break(
    tiny: Path, words: list[str], compiles: list[nn.Module]
) -> None:
    torch._dynamo.utils.counters.clear()

    assert main(["fit", "-c", "tiny.yaml", *words, *COMPILED]) == 0

    assert len(compiles) == 1
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] > 0
    assert not torch._dynamo.utils.counters["graph_break"]


class ScaledOnCpu(MixedPrecision):
    """16-bit floats with a loss scale, which Lightning replaces by bfloat16 on a CPU."""

    def __init__(self) -> None:
        super().__init__("16-mixed", "cpu", torch.amp.GradScaler("cpu"))


@pytest.mark.parametrize("groups", ["null", "{class_path: ParameterGroups, backbone_lr_factor: 0.1}"])
def test_16_bit_trains_with_fused_steps_and_clipped_gradients(tiny: Path, groups: str) -> None:
    words = [f"--trainer.plugins=[{__name__}.ScaledOnCpu]", "--trainer.gradient_clip_val=0.5"]
    words += ["--data.batch_size=2", "--data.train_size=12", "--data.val_size=2"]  # a CPU is slow with such floats
    cli = built(tiny, *words, f"--model.parameter_groups={groups}", "--trainer.max_epochs=1")
    before: dict[str, torch.Tensor] = {}
    model: SegmentationTask = cli.model
    model.configure_model()
    before |= {name: parameter.detach().clone() for name, parameter in model.named_parameters()}

    cli.trainer.fit(model, datamodule=cli.datamodule)

    (optimizer,) = cli.trainer.optimizers
    assert isinstance(cli.trainer.precision_plugin, ScaledOnCpu)
    assert all(group["fused"] for group in optimizer.param_groups)
    assert math.isfinite(cli.trainer.callback_metrics["train/loss"])
    assert any(not torch.equal(parameter, before[name]) for name, parameter in model.named_parameters())


def test_the_preset_trains_where_there_is_no_16_bit_device(tiny: Path) -> None:
    tiny.write_text("extends: segcli:fp16\n" + tiny.read_text())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*fp16 is not supported on CPU.*")  # bfloat16 takes its place
        assert main(["fit", "-c", "tiny.yaml", "--trainer.fast_dev_run=2", "--trainer.gradient_clip_val=1.0"]) == 0


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_checkpointed_gradients_train_to_the_same_weights(tiny: Path, precision: str) -> None:
    words = ["--trainer.max_epochs=1", f"--trainer.precision={precision}"]
    states = []
    for on in ("false", "true"):
        cli = built(tiny, *words, f"--model.backbone.gradient_checkpointing={on}")
        torch.manual_seed(0)
        cli.trainer.fit(cli.model, datamodule=cli.datamodule)
        states.append(cli.model.state_dict())

    torch.testing.assert_close(states[1], states[0], rtol=0, atol=0)
