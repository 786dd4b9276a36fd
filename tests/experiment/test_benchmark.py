import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from segcli.benchmark.benchmark import Wanted
from segcli.benchmark.variant import Variant
from segcli.config.errors import ConfigError
from segcli.experiment import benchmark as module
from segcli.experiment.arguments import RunArguments
from segcli.experiment.benchmark import Benchmark, benchmark
from segcli.experiment.export import export
from segcli.program import PROGRAM
from segcli.runs.benchmarks import newest_benchmark
from segcli.runs.surroundings import file_hash

WANTED = Wanted(batch=2, rounds=2, memory=False)


def _benchmark(
    checkpoint: Path,
    *overrides: str,
    files: Sequence[Path] = (),
    size: tuple[int, int] | None = None,
    compiled: bool = False,
    device: str = "cpu",
    output: Path | None = None,
) -> Benchmark:
    arguments = RunArguments("benchmark", [], list(overrides), checkpoint, ["--ckpt_path", str(checkpoint)])
    return benchmark(arguments, files, WANTED, size, compiled, device, output)


@pytest.fixture(scope="module")
def exported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of ONNX for 32x32 pixels; do not change it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(trained.parents[2])
        checkpoint = trained.relative_to(Path.cwd()) / "checkpoints/best.ckpt"
        wanted = {"format": "onnx", "size": (32, 32), "images": 0}
        arguments = RunArguments("export", [], [], checkpoint)
        return export(arguments, wanted, tmp_path_factory.mktemp("exported") / "new").path


@pytest.fixture
def onnx(exported: Path, in_trained: Path) -> Path:
    """A copy of it where the run has it."""
    path = in_trained.parents[1] / "export/1" / exported.name
    path.parent.mkdir(parents=True)
    shutil.copy(exported, path)
    return path


def _names(found: Benchmark) -> list[str]:
    return [each.variant.name for each in found.results]


def test_the_files_of_the_run_are_taken_and_the_result_lies_beside_them(in_trained: Path, onnx: Path) -> None:
    wanted = {"format": "torch", "size": (32, 32), "images": 0}
    graph = export(RunArguments("export", [], [], in_trained), wanted, None).path
    shutil.copy(onnx, onnx.with_name("model.rejected.onnx"))
    found = _benchmark(in_trained)
    assert _names(found) == ["eager fp32", "eager bf16", "ONNX Runtime fp32", "torch.export fp32"]
    assert [each.variant.choice.path for each in found.results[2:]] == [onnx, graph]
    assert found.folder == Path("runs/tiny/1/benchmark/1")
    told = json.loads((found.folder / "benchmark.json").read_text())
    assert told == json.loads(json.dumps(found.record()))
    assert (told["size"], told["batch"], told["rounds"], told["threads"]) == ([32, 32], 2, 2, 1)
    assert told["command"] == f"{PROGRAM} benchmark --ckpt_path {in_trained}"
    assert told["images"] == "6 images of the validation split"
    assert {"torch", "segcli", "onnxruntime"} <= set(told["versions"])
    assert max(each["labels_differing"] for each in told["variants"][2:]) < 0.001
    assert (found.folder / "benchmark.png").read_bytes().startswith(b"\x89PNG")
    assert _benchmark(in_trained, files=[onnx]).folder.name == "2"
    assert newest_benchmark(Path("runs/tiny/1"), file_hash(in_trained)) is not None


def test_files_of_the_run_that_do_not_do_are_left_out_and_named(in_trained: Path, onnx: Path) -> None:
    damaged = onnx.parents[1] / "2/model.onnx"
    damaged.parent.mkdir()
    damaged.write_bytes(b"damaged")
    found = _benchmark(in_trained, size=(40, 50))
    assert _names(found) == ["eager fp32", "eager bf16"]
    first, second = found.about["notes"]
    assert "cannot be opened as ONNX" in first
    assert f"{onnx} left out: " in second
    assert "32x32 only" in second
    assert "cut or filled up with mirrored content" in found.about["images"]
    with pytest.raises(ConfigError, match="32x32 only"):
        _benchmark(in_trained, size=(40, 50), files=[onnx])


def test_a_file_of_another_checkpoint_is_shown_as_such(in_trained: Path, onnx: Path) -> None:
    rejected = onnx.rename(onnx.with_name("model.rejected.onnx"))
    other = in_trained.with_name("other.ckpt")
    content = torch.load(in_trained, weights_only=False)
    state = content["state_dict"]
    for key in state:
        if "classifier" in key:
            state[key] = -state[key]
    torch.save(content, other)
    found = _benchmark(other, files=[rejected])
    assert found.results[2].differing > 0.1
    assert found.results[2].notes == (
        "rejected at export: it does not predict what its model does",
        "exported from another checkpoint",
    )
    assert _benchmark(in_trained, files=[rejected]).results[2].notes[1:] == ()


def test_a_file_of_other_classes_is_refused(in_trained: Path, onnx: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = module.open_variant

    def other(*arguments: object) -> Variant:
        found = opened(*arguments)  # type: ignore[arg-type]
        if found.choice.path == onnx:
            found.predictor.classes = ("a", "b")
        return found

    monkeypatch.setattr(module, "open_variant", other)
    with pytest.raises(ConfigError, match=r"model\.onnx has other classes than .*best\.ckpt: they do not compare"):
        _benchmark(in_trained, files=[onnx])
    assert not Path("runs/tiny/1/benchmark").exists()
    left_out = _benchmark(in_trained)
    assert _names(left_out) == ["eager fp32", "eager bf16"]
    assert "other classes" in left_out.about["notes"][0]


@pytest.mark.parametrize(
    ("name", "message"),
    [("model.onnx", "no file model.onnx"), ("best.ckpt", r"best\.ckpt is no exported model by its name, expected one")],
)
def test_a_file_that_is_none_is_told(in_trained: Path, name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _benchmark(in_trained, files=[Path(name)])
    assert not Path("runs/tiny/1/benchmark").exists()


def test_without_data_pixels_are_random_and_it_says_so(in_trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise module.DataError("there is no folder data/val.\nLook elsewhere.")

    monkeypatch.setattr(module, "samples", none)
    found = _benchmark(in_trained, size=(48, 40))
    assert found.about["images"] == "random pixels, since there is no folder data/val"
    assert found.about["size"] == [48, 40]


def test_a_checkpoint_outside_of_its_run_needs_an_output(in_trained: Path) -> None:
    shutil.copy(in_trained, "moved.ckpt")
    with pytest.raises(ConfigError, match="give --output FOLDER"):
        _benchmark(Path("moved.ckpt"))
    found = _benchmark(Path("moved.ckpt"), output=Path("speed"))
    assert sorted(path.name for path in Path("speed").iterdir()) == ["benchmark.json", "benchmark.png"]
    assert found.folder.resolve() == Path("speed").resolve()


def test_what_torch_cannot_compile_is_told(in_trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.Module, "compile", lambda each: each.register_forward_pre_hook(_no_compiler))
    with pytest.raises(ConfigError, match=r"torch\.compile fails: no C\+\+ compiler; leave out --compile"):
        _benchmark(in_trained, compiled=True)


def _no_compiler(*_: object) -> None:
    raise RuntimeError("no C++ compiler\nand much more")


def test_compiling_has_a_row_and_says_how_long_it_took(in_trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.Module, "compile", lambda each: None)
    found = _benchmark(in_trained, compiled=True)
    assert _names(found) == ["eager fp32", "eager bf16", "compiled fp32"]
    assert "the first prediction, which compiles, took 0 s" in found.results[2].notes[0]


def test_a_gpu_that_is_not_there_is_told(in_trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="--device got cuda, but torch finds no GPU here"):
        _benchmark(in_trained, device="cuda")


def test_threads_of_torch_are_as_before(in_trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_to: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    _benchmark(in_trained)
    assert set_to == [1, torch.get_num_threads()]


def test_openvino_that_computes_in_float32_anyway_is_timed_once(
    in_trained: Path, onnx: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = module.open_variant
    monkeypatch.setattr(
        module, "choices_of_file", lambda path: [module.Choice("onnx", path), module.Choice("openvino-default", path)]
    )
    monkeypatch.setattr(
        module,
        "open_variant",
        lambda choice, *rest: replace(
            opened(module.Choice("onnx", choice.path) if choice.form == "openvino-default" else choice, *rest),
            choice=choice,
        ),
    )
    found = _benchmark(in_trained, files=[onnx])
    assert len(found.results) == 3
    assert "OpenVINO computes in float32 on this processor by default, timed once" in found.about["notes"][0]
