"""Runs that are interrupted and resumed must end as if nothing had happened."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from segcli.cli.main import main
from segcli.runs.run_folder import RunFolder
from segcli.runs.stored_passport import FINISHED, passport_of
from tests.conftest import TINY, working_directory
from tests.distributed.launch import lightning
from tests.forked import Fork, fork

ROOT = Path(__file__).parent.parent
LONGER = """
extends: tiny.yaml
data:
  train_size: 52
  val_size: 12
  val_batch_size: 4
  train_transforms: [HorizontalFlip, {class_path: RandomBrightnessContrast, p: 0.5}]
trainer: {max_epochs: 3, log_every_n_steps: 2, callbacks: [{class_path: tests.fate.Fate}]}
last_checkpoint: {every_n_steps: 4}
"""
STOPPING = "{class_path: EarlyStopping, monitor: val/mIoU, mode: max, patience: 1, min_delta: 0.5}"
VARIANTS = {
    "plain": "",
    "workers": "data: {num_workers: 2}",
    "unvalidated": "trainer: {limit_val_batches: 0}\ncheckpoint: {monitor: null}",
    "every_second": "trainer: {check_val_every_n_epoch: 2}",
    "twice_an_epoch": "trainer: {val_check_interval: 0.5}",
    "by_steps": "trainer: {max_steps: 15, max_epochs: -1}",
    "accumulating": "trainer: {accumulate_grad_batches: 4}",
    "plateau": "model: {schedule: {class_path: Plateau, patience: 0}}",
    "one_cycle": "model: {optimizer: {class_path: SGD, lr: 0.1}, schedule: {class_path: OneCycle, warmup_steps: 0}}",
    "mixed": "trainer: {precision: bf16-mixed}",
    "ema": "extends: [longer.yaml, 'segcli:ema']",
    "two_devices": "data: {batch_size: 4}\ntrainer: {accelerator: cpu, devices: 2, strategy: ddp}",
    "stopping": f"trainer: {{callbacks+: [{STOPPING}]}}",
    "swa": "extends: [longer.yaml, 'segcli:swa']",
}
FATES = ("batch_end:4:SIGTERM", "validation_batch:2:SIGTERM", "saving:4:SIGKILL")


def _write(folder: Path, name: str, text: str) -> None:
    (folder / "tiny.yaml").write_text(TINY)
    (folder / "longer.yaml").write_text(LONGER)
    (folder / f"{name}.yaml").write_text(text if "extends" in text else f"extends: longer.yaml\n{text}\n")


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, f"{path}/{key}")
    elif isinstance(value, list | tuple):
        for index, child in enumerate(value):
            yield from _leaves(child, f"{path}/{index}")
    else:
        yield path, value


def _differences(one: Path, other: Path) -> list[str]:
    """Return what differs between two run folders: states to the bit, metrics to the last digit, names of files."""
    found = []
    for checkpoint in sorted(path.name for path in (one / "checkpoints").iterdir()):
        states = (torch.load(run / "checkpoints" / checkpoint, weights_only=True) for run in (one, other))
        first, second = (dict(_leaves(state)) for state in states)
        for key in first | second:
            # paths; counts of validation batches, one of which was begun twice; what Lightning does not bring back;
            # seconds
            others = ("path", "best_k_models", "val_loop.batch_progress", "current_score", "callbacks/Timing")
            if any(other in key for other in others):
                continue
            a, b = first.get(key), second.get(key)
            same = torch.equal(a, b) if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) else a == b
            found += [] if same else [f"{checkpoint}{key}"]
    names = [{str(p.relative_to(r)) for p in r.rglob("*") if "events.out" not in p.name} for r in (one, other)]
    found += sorted(names[0] ^ names[1])
    texts = ("metrics.csv", "config.yaml", "val_scores.json", "val_images.npz", "splits.json", "worst/worst.json")
    texts += ("predictions/epoch_003.png",)
    steps = [[line.split(",")[:2] for line in (run / "timing.csv").read_text().splitlines()] for run in (one, other)]
    found += [] if steps[0] == steps[1] else [f"timing.csv: {steps}"]
    return found + [
        name for name in texts if name in names[0] and (one / name).read_bytes() != (other / name).read_bytes()
    ]


def _fit(folder: Path, name: str, *words: str, fate: str | None = None) -> subprocess.CompletedProcess[str]:
    """Train in a process that may be killed; where there are two, Lightning starts the second as a new interpreter."""
    variables = {"FATE": fate} if fate else {}
    if name == "two_devices":
        return lightning(["fit", "-c", f"{name}.yaml", *words], folder, PYTHONPATH=ROOT, **variables)
    return fork(["fit", "-c", f"{name}.yaml", *words], folder, **variables)


@pytest.fixture
def undisturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run of ``plain.yaml`` in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FATE", raising=False)
    _write(tmp_path, "plain", "")
    assert main(["fit", "-c", "plain.yaml"]) == 0
    return tmp_path / "runs" / "plain" / "1"


def test_a_run_that_is_told_to_stop_goes_on_to_the_same_end(
    undisturbed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = undisturbed.parent / "2"
    monkeypatch.setenv("FATE", "batch_end:4:SIGTERM")  # in the middle of the first epoch
    assert main(["fit", "-c", "plain.yaml"]) == 128 + signal.SIGTERM
    err = capsys.readouterr().err
    assert "stopped by SIGTERM after step 4" in err
    assert "--ckpt_path runs/plain/2/checkpoints/last.ckpt" in err
    assert json.loads((run / "passport.json").read_text())["status"] == "interrupted"

    monkeypatch.setenv("FATE", "validation_batch:2:SIGINT")
    assert main(["fit", "--ckpt_path", "runs/plain/2/checkpoints/last.ckpt"]) == 128 + signal.SIGINT
    assert "resuming runs/plain/2 after step 4" in capsys.readouterr().err

    monkeypatch.setenv("FATE", "validation_end:2:SIGTERM")
    assert main(["fit", "-c", "plain.yaml", "--ckpt_path", "last"]) == 128 + signal.SIGTERM
    monkeypatch.delenv("FATE")
    assert main(["fit", "-c", "plain.yaml", "--ckpt_path", "last"]) == 0
    assert "(best)" in capsys.readouterr().out
    assert _differences(undisturbed, run) == []
    passport = json.loads((run / "passport.json").read_text())
    assert passport["status"] == "finished"
    assert [entry["global_step"] for entry in passport["continued"]] == [4, 6, 12]
    assert sorted(path.name for path in undisturbed.parent.iterdir()) == ["1", "2"]


@pytest.mark.parametrize(
    ("variant", "epochs"),
    [("by_steps", 1), ("stopping", 2)],  # no epoch is skipped; what was about to end early does
)
def test_a_run_stopped_at_the_end_of_an_epoch_goes_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str, epochs: int
) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path, "x", VARIANTS[variant])
    assert main(["fit", "-c", "x.yaml"]) == 0
    monkeypatch.setenv("FATE", f"epoch_end:{epochs}:SIGTERM")
    assert main(["fit", "-c", "x.yaml"]) == 128 + signal.SIGTERM
    monkeypatch.delenv("FATE")
    assert main(["fit", "-c", "x.yaml", "--ckpt_path", "last"]) == 0
    assert _differences(tmp_path / "runs/x/1", tmp_path / "runs/x/2") == []


def test_more_steps_resume_within_the_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path, "steps", VARIANTS["by_steps"])
    assert main(["fit", "-c", "steps.yaml"]) == 0
    assert main(["fit", "-c", "steps.yaml", "--trainer.max_steps", "9", "--model.schedule", "null"]) == 0
    assert main(["fit", "-c", "steps.yaml", "--model.schedule", "null"]) == 0
    last = "runs/steps/2/checkpoints/last.ckpt"
    assert main(["fit", "--ckpt_path", last, "--trainer.max_steps", "15"]) == 0
    whole, longer = tmp_path / "runs/steps/3", tmp_path / "runs/steps/2"
    differs = {key.rpartition("/")[2].partition(":")[0] for key in _differences(whole, longer)}
    assert differs == {"_batches_that_stepped", "metrics_rows", "timing.csv", "metrics.csv"}
    rows = [(run / "metrics.csv").read_text().splitlines() for run in (whole, longer)]
    assert rows[0] == [row for row in rows[1] if not row.startswith("2,,9,")]  # its first end was validated, too


def test_a_signal_to_all_processes_spares_the_loaders(tmp_path: Path) -> None:
    _write(tmp_path, "loaders", "data: {num_workers: 2}\ntrainer: {max_epochs: 500}")
    training = Fork(["fit", "-c", "loaders.yaml"], tmp_path, dict(os.environ), is_alone=True)
    while training.is_at_work() and not (tmp_path / "runs/loaders/1/predictions/epoch_002.png").is_file():
        time.sleep(0.05)
    os.killpg(training.pid, signal.SIGTERM)
    done = training.finish()
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert "stopped by SIGTERM after step" in done.stderr


def test_a_killed_run_is_free_though_its_loaders_still_live(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert run.acquire()
    loader = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
    loader.start()
    try:
        run.release()  # as a kill does
        end = time.monotonic() + 30
        while not (is_free := RunFolder(tmp_path).acquire()) and time.monotonic() < end:
            time.sleep(0.05)  # the loader may not have come to life yet
        assert is_free
    finally:
        loader.kill()
        loader.join()


def test_a_killed_run_goes_on_to_the_same_end(tmp_path: Path) -> None:
    _write(tmp_path, "plain", "")
    assert _fit(tmp_path, "plain").returncode == 0  # with as many threads as the others
    root, undisturbed, run = tmp_path, tmp_path / "runs/plain/1", tmp_path / "runs/plain/2"
    assert _fit(root, "plain", fate="batch_start:4:SIGKILL").returncode == -signal.SIGKILL  # before any checkpoint
    begun = json.loads((run / "passport.json").read_text())["started"]
    again = _fit(root, "plain", "--ckpt_path", "last", fate="saving:3:SIGKILL")
    assert again.returncode == -signal.SIGKILL
    assert "from its beginning" in again.stderr
    assert _fit(root, "plain", "--ckpt_path", "last").returncode == 0
    assert _differences(undisturbed, run) == []
    assert json.loads((run / "passport.json").read_text())["started"] == begun


@pytest.mark.slow
@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "plain"])
def test_every_way_of_training_survives(tmp_path: Path, variant: str) -> None:
    _write(tmp_path, variant, VARIANTS[variant])
    first = _fit(tmp_path, variant)
    assert first.returncode == 0, first.stderr
    runs = tmp_path / "runs" / variant
    for number, fate in enumerate(FATES, start=2):
        _fit(tmp_path, variant, fate=fate)
        run = runs / str(number)
        if json.loads((run / "passport.json").read_text())["status"] != "finished":  # the hook may never be reached
            last = _fit(tmp_path, variant, "--ckpt_path", "last")
            assert last.returncode == 0, last.stderr
        assert _differences(runs / "1", run) == [], fate


@pytest.mark.slow
def test_processes_stop_together_though_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path, "two_devices", VARIANTS["two_devices"])
    assert _fit(tmp_path, "two_devices").returncode == 0
    monkeypatch.setenv("FATE_RANK", "1")
    stopped = _fit(tmp_path, "two_devices", fate="batch_end:3:SIGTERM")
    assert stopped.returncode == 128 + signal.SIGTERM
    assert stopped.stderr.count("stopped by SIGTERM after step 3") == 1
    assert _fit(tmp_path, "two_devices", "--ckpt_path", "last").returncode == 0
    assert _differences(tmp_path / "runs/two_devices/1", tmp_path / "runs/two_devices/2") == []
    assert sorted(path.name for path in (tmp_path / "runs/two_devices").iterdir()) == ["1", "2"]


def _wait_for_checkpoints(process: Fork, file: Path, count: int) -> None:
    """Wait until a run has written a checkpoint so many times, however fast the machine is, or has ended."""
    written = {_written(file)}
    while process.is_at_work() and len(written) <= count:
        time.sleep(0.005)
        written.add(_written(file))


def _written(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0


@pytest.mark.slow
def test_kills_at_random_moments_change_nothing(tmp_path: Path) -> None:
    _write(tmp_path, "plain", "trainer: {max_epochs: 12}\nlast_checkpoint: {every_n_steps: 3}")
    started = time.monotonic()
    assert _fit(tmp_path, "plain").returncode == 0
    duration_s, dice, kills = time.monotonic() - started, random.Random(0), 0
    second = tmp_path / "runs" / "plain" / "2"
    for _ in range(40):
        words = ["--ckpt_path", "last"] if second.exists() else []
        process = Fork(["fit", "-c", "plain.yaml", *words], tmp_path, dict(os.environ))
        _wait_for_checkpoints(process, second / "checkpoints" / "last.ckpt", dice.choice((0, 1, 1, 2)))
        time.sleep(duration_s * dice.uniform(0, 0.05))
        if not process.is_at_work():
            done = process.finish()
            assert done.returncode == 0, done.stderr
            break
        process.kill()
        process.finish()
        kills += 1
        status = passport_of(RunFolder(second)).get("status")
        if status == FINISHED:  # killed while it was leaving
            break
        if status is None:
            shutil.rmtree(second, ignore_errors=True)
    assert kills >= 3
    with working_directory(tmp_path):
        assert _differences(Path("runs/plain/1"), Path("runs/plain/2")) == []
