import os
import resource
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from segcli.callbacks.current_batch import CurrentBatch
from segcli.cli.main import main
from segcli.experiment.errors import out_of_memory
from segcli.experiment.errors.out_of_memory import explain, is_out_of_memory, memory_bytes, remedies
from segcli.losses.base import Loss
from segcli.losses.cross_entropy_loss import CrossEntropyLoss
from segcli.losses.dense_criterion import DenseCriterion
from segcli.losses.dice_loss import DiceLoss
from segcli.losses.lovasz_loss import LovaszLoss
from segcli.losses.weighted_sum import WeightedSum

LOSS = """
import numpy as np, torch
from segcli.losses.base import Loss
class Hungry(Loss):
    def __init__(self, kind: str = "torch", after: int = 0) -> None:
        super().__init__()
        self.kind, self.left = kind, after
    def forward(self, logits, mask):
        self.left -= 1
        if self.left < 0 and self.kind == "torch":
            torch.empty(2**45, dtype=torch.float32)
        if self.left < 0 and self.kind == "numpy":
            np.empty(2**45)
        if self.left < 0 and self.kind == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total ...")
        return logits.square().mean()
"""


def trainer(device: str = "cpu", checkpointing: bool = False, **others: Any) -> Any:  # noqa: ANN401  (stands for Lightning's)
    model = SimpleNamespace(segmenter=SimpleNamespace(backbone=SimpleNamespace(gradient_checkpointing=checkpointing)))
    known = {"precision": "32-true", "accumulate_grad_batches": 1, "lightning_module": model}
    strategy = SimpleNamespace(root_device=torch.device(device))
    return SimpleNamespace(**{**known, "strategy": strategy, "datamodule": SimpleNamespace(workers=4), **others})


def batch(stage: str = "train", *shape: int) -> CurrentBatch:
    current = CurrentBatch()
    current.stage, current.shape = stage, shape or (16, 3, 512, 512)
    return current


TRANSFORM = """
import albumentations as A, cv2, numpy as np
class Hungry(A.ImageOnlyTransform):
    def __init__(self, kind: str = "numpy", p: float = 1.0) -> None:
        super().__init__(p=p)
        self.kind = kind
    def apply(self, img, **params):
        return cv2.resize(img, (2**30, 2**30)) if self.kind == "opencv" else np.empty(2**45)
"""


@pytest.fixture
def hungry(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tiny.parent / "hungry_loss.py").write_text(LOSS)
    monkeypatch.syspath_prepend(tiny.parent)
    monkeypatch.delitem(sys.modules, "hungry_loss", raising=False)
    return tiny


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("torch", "131072.0 GiB"), ("numpy", "256. TiB"), ("cuda", "2.50 GiB")],
)
def test_training_says_what_did_not_fit_and_what_to_lower(
    hungry: Path, capsys: pytest.CaptureFixture[str], kind: str, asked: str
) -> None:
    words = ["--model.loss=hungry_loss.Hungry", f"--model.loss.kind={kind}", "--trainer.accumulate_grad_batches=2"]

    assert main(["fit", "-c", str(hungry), *words]) == 2

    told = capsys.readouterr().err
    assert "error: out of memory on the CPU (" in told
    assert "in training: a batch of 8x3x32x32 (images x channels x height x width) in precision 32-true, " in told
    assert f"which asked for {asked} more" in told
    assert "--data.batch_size 4 --trainer.accumulate_grad_batches 4 " in told
    assert "--model.backbone.gradient_checkpointing true" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (CrossEntropyLoss(), "same gradient of the loss (batch norms see smaller batches)"),
        (DiceLoss(per_image=True), "same gradient of the loss (batch norms see smaller batches)"),
        (WeightedSum([CrossEntropyLoss(), DiceLoss()]), "but another gradient: DiceLoss would be of smaller batches"),
        (LovaszLoss(), "but another gradient: LovaszLoss would be of smaller batches, then averaged"),
    ],
)
def test_accumulation_is_not_said_to_be_the_same_where_it_is_not(loss: Loss, told: str) -> None:
    model = SimpleNamespace(criterion=DenseCriterion(loss))

    first = next(remedies(trainer(lightning_module=model), batch()))

    assert first.startswith(
        "--data.batch_size 8 --trainer.accumulate_grad_batches 2   as many images per optimizer step"
    )
    assert told in first


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        (CrossEntropyLoss(), "same scores"),
        (DiceLoss(), "same scores"),
        (WeightedSum([CrossEntropyLoss(), LovaszLoss()]), "same scores, but another loss: LovaszLoss would be of"),
    ],
)
def test_smaller_batches_of_a_validation_are_not_said_to_be_the_same_where_the_loss_is_not(
    loss: Loss, told: str
) -> None:
    model = SimpleNamespace(criterion=DenseCriterion(loss))
    of_validation = batch("validate", 6, 3, 32, 32)

    first = next(remedies(trainer(lightning_module=model), of_validation))

    assert first.startswith("--data.val_batch_size 3   fewer images at once, ")
    assert ("another" in first) == ("another" in told)
    assert told in first


@pytest.mark.parametrize("kind", ["numpy", "opencv"])
@pytest.mark.parametrize(("workers", "told"), [(0, "out of memory on the CPU"), (1, "a loader process ran out")])
def test_memory_that_a_transform_lacked_is_explained(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: str, workers: int, told: str
) -> None:
    (tiny.parent / "hungry_transform.py").write_text(TRANSFORM)
    monkeypatch.syspath_prepend(tiny.parent)
    monkeypatch.delitem(sys.modules, "hungry_transform", raising=False)
    transforms = f"[{{class_path: hungry_transform.Hungry, kind: {kind}}}]"

    assert main(["fit", "-c", str(tiny), f"--data.num_workers={workers}", f"--data.train_transforms={transforms}"]) == 2

    error = capsys.readouterr().err
    assert told in error
    assert "a transform failed" not in error
    assert ("--data.num_workers" in error) == (workers > 0)


def test_validation_lowers_its_own_batch_size(hungry: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", "-c", str(hungry), "--model.loss=hungry_loss.Hungry", "--model.loss.after=3"]) == 2

    told = capsys.readouterr().err
    assert "in validation: a batch of 6x3x32x32" in told
    assert "--data.val_batch_size 3 " in told
    assert "data.batch_size" not in told


def test_the_traceback_is_kept_where_it_is_asked_for(hungry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGCLI_TRACEBACK", "1")

    with pytest.raises(RuntimeError, match="allocate"):
        main(["fit", "-c", str(hungry), "--model.loss=hungry_loss.Hungry"])


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 GiB"), True),
        (MemoryError(), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_errors_of_memory_are_told_from_others(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected
    assert (explain(error, trainer(), batch()) is not None) is expected


def test_real_errors_of_numpy_and_torch_are_recognised() -> None:
    with pytest.raises(MemoryError) as of_numpy:
        np.empty(2**45)
    with pytest.raises(RuntimeError) as of_torch:
        torch.empty(2**45)

    assert is_out_of_memory(of_numpy.value)
    assert is_out_of_memory(of_torch.value)


def _is_recognised_with_little_memory() -> bool:
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**28,) * 2)
    try:
        torch.ones(2**28)
    except Exception as error:
        return is_out_of_memory(error)
    return False


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="needs Linux")
def test_a_process_with_little_memory_is_recognised() -> None:
    """In a copy of this one: a limit cannot be taken back."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            code = 0 if _is_recognised_with_little_memory() else 1
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("DataLoader worker (pid 12) is killed by signal: Killed. ", "signal Killed"),
        ("DataLoader worker (pid(s) 12, 13) exited unexpectedly", "or ended unexpectedly"),
        ("DataLoader worker (pid 12) is killed by signal: Bus error. It is possible that", "--shm-size"),
    ],
)
def test_a_loader_process_that_ended_is_explained(message: str, told: str) -> None:
    problem = explain(RuntimeError(message), trainer(), batch())

    assert problem is not None
    assert told in str(problem)
    assert "--data.num_workers 2" in str(problem)


def test_memory_that_a_loader_process_lacked_is_not_blamed_on_the_model() -> None:
    problem = explain(MemoryError("Caught MemoryError in DataLoader worker process 0."), trainer(), batch())

    assert problem is not None
    assert "loader process ran out of memory" in str(problem)


def test_what_is_low_already_is_not_proposed() -> None:
    low = trainer("cuda", checkpointing=True, precision="bf16-mixed")

    assert list(remedies(low, batch("train", 1, 3, 64, 64))) == [
        "smaller crops in data.train_transforms, as in segcli:augment with --vars.crop 256"
    ]
    assert list(remedies(low, batch("predict", 1, 3, 64, 64))) == [
        "smaller images in data.val_transforms, or on disk; one image at a time is the least"
    ]


@pytest.mark.parametrize("workers", [0, 4])
def test_loader_processes_are_proposed_to_resumely_where_there_are_some(workers: int) -> None:
    lines = list(remedies(trainer(datamodule=SimpleNamespace(workers=workers)), batch()))

    assert any("--data.num_workers 0" in line for line in lines) == (workers > 0)


def test_the_memory_of_a_container_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cpu, limit = torch.device("cpu"), tmp_path / "memory.max"
    monkeypatch.setattr(out_of_memory, "_CGROUP_LIMIT", limit)
    physical = memory_bytes(cpu)
    assert physical is not None

    limit.write_text("max\n")
    assert memory_bytes(cpu) == physical
    limit.write_text("1048576\n")
    assert memory_bytes(cpu) == 2**20
    assert memory_bytes(torch.device("meta")) is None
