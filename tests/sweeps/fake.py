"""A runner that writes what a training would, at once: for tests of what starts trainings."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

from segcli.cli.command_line import read
from segcli.cli.fit import VERB as FIT
from segcli.config.compose import compose
from segcli.config.dumper import dump
from segcli.config.resolve import resolve
from segcli.runs.run_folder import RunFolder
from segcli.runs.stop_signals import StopSignals
from segcli.sweeps.cell_trainer import CellTrainer
from segcli.sweeps.child import Launch, Runner, Watch
from segcli.sweeps.curve import Objective

EXPERIMENT = (
    "data: ShapesDataModule\nmodel: {backbone: {name: resnet18, pretrained: false}}\ntrainer: {max_epochs: 3}\n"
)
Values = Callable[[dict[str, object]], list[float]]


def write_experiment(folder: Path) -> Path:
    """Write an experiment; its path is relative to the working directory, which is the folder."""
    (folder / "exp.yaml").write_text(EXPERIMENT)
    return Path("exp.yaml")


def seed_curve(config: dict[str, object]) -> list[float]:
    """Return validations that tell the seed."""
    return [0.1, float(str(config["seed_everything"])) / 10, 0.05]


class FakeTraining:
    """Play runs, and remember their command lines.

    Args:
        values: val/mIoU of every validation, from the resolved experiment.
        fates: How the n-th call ends, from 0: ``finished`` unless named, ``failed``, ``killed`` after a checkpoint,
            ``killed early`` before one, ``refused`` before there is a folder, or anything that is called.
    """

    def __init__(self, values: Values = seed_curve, fates: dict[int, object] | None = None) -> None:
        self.values, self.fates = values, fates or {}
        self.calls: list[list[str]] = []
        self.stop = StopSignals()

    def __call__(self, launch: Launch, watch: Watch) -> int:
        fate = self.fates.get(len(self.calls), "finished")
        self.calls.append(launch.words)
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        log = launch.log.open("a")
        with log:
            log.write(f"$ python -m segcli {' '.join(launch.words)}\nepoch 1\n")
            if callable(fate):
                fate = fate()
            if fate == "refused":
                log.write("error: no images\n  --> exp.yaml:1\n")
                return 2
            if fate == "failed":
                log.write("Traceback\nRuntimeError: it broke\n")
        return self._train(launch.words, watch, str(fate))

    def _train(self, words: list[str], watch: Watch, fate: str) -> int:
        run, config = _begin(words)
        if fate != "killed early":
            run.checkpoints.mkdir(exist_ok=True)
            run.last_checkpoint.write_text("")
        (run.path / "metrics.csv").write_text("epoch,step,train/loss,val/mIoU\n0,1,0.5,\n")
        for index, value in enumerate(self.values(config)):
            with (run.path / "metrics.csv").open("a") as file:
                file.write(f"{index},{index},,{value}\n")
            if watch():
                _end(run, "interrupted")
                return 128 + signal.SIGTERM
        (run.path / "timing.csv").write_text("epoch,step,train_s,elapsed_s\n1,1,60,90\n3,3,180,240\n")
        status, code = {"finished": ("finished", 0), "failed": ("failed", 1), "stopped": ("interrupted", 143)}.get(
            fate, ("running", -9)
        )
        _end(run, status)
        return code


def _begin(words: list[str]) -> tuple[RunFolder, dict[str, object]]:
    typed = read(FIT, words[1:]).arguments
    command = ["segcli", *words]
    if typed.checkpoint is not None:
        run = RunFolder.of_checkpoint(typed.checkpoint)
        assert run is not None
        passport = json.loads((run.path / "passport.json").read_text())
        (run.path / "passport.json").write_text(json.dumps({**passport, "continued": [{"command": command}]}))
        return run, resolve(compose([run.config])).plain()
    experiment = compose(typed.files, typed.overrides)
    name = experiment.get("run.name") or typed.files[0].stem
    run = RunFolder.create(Path(experiment.get("run.root") or "runs") / name)
    config = resolve(experiment).plain()
    (run.path / "config.yaml").write_text(dump({"defaults": "none", **config}))
    (run.path / "passport.json").write_text(json.dumps({"status": "starting", "command": command}))
    return run, config


def _end(run: RunFolder, status: str) -> None:
    path = run.path / "passport.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "status": status}))
    run.release()  # as the end of its process does


def trainer(runner: Runner, told: list[str] | None = None) -> CellTrainer:
    """Return a trainer that judges by val/mIoU."""
    return CellTrainer(runner, Objective("val/mIoU", True), (told if told is not None else []).append)
