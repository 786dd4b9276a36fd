"""Run folders of experiment files, without training: their config is what the files compose to."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from segcli.config.compose import compose
from segcli.config.resolve import resolve
from segcli.runs.identity import config_hash, experiment_hash
from tests.run_folders import write_run
from tests.run_folders import write_test as write_test_of


def write_run_of(
    path: Path, file: str, overrides: Sequence[str] = (), seed: int = 0, quality: float = 0.8, **passport: object
) -> Path:
    """Write the folder of a run that ``fit -c FILE --seed_everything SEED OVERRIDES`` could have left.

    Args:
        path: The folder.
        file: Experiment file.
        overrides: As typed.
        seed: Of the run.
        quality: Share of pixels that are right, 0 to 1.
        passport: Entries of ``passport.json`` to be replaced.
    """
    write_run(path, seed=seed, quality=quality)
    words = ["--seed_everything", str(seed), *overrides]
    config = {"defaults": "none", **resolve(compose([Path(file)], words)).plain()}
    (path / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    entries = {
        "command": ["segcli", "fit", "-c", file, *words],
        "experiment": [file],
        "overrides": words,
        "config_hash": config_hash(config),
        "experiment_hash": experiment_hash(config),
        "versions": {"python": "3.11.7", "torch": "2.15.0"},
        "git": {"commit": "5e7a000d1c290942b49c1efc0ecb891174a2e449", "branch": "main", "changed": []},
        "hardware": {"processor": "A", "cores": 2, "memory_bytes": 2**34},
    }
    change_passport(path, **{**entries, **passport})
    return path


def change_passport(path: Path, **entries: object) -> None:
    """Replace entries of a run's passport; None removes one."""
    file = path / "passport.json"
    found: dict[str, Any] = {**json.loads(file.read_text()), **entries}
    file.write_text(json.dumps({key: value for key, value in found.items() if value is not None}))


def write_test(
    run: Path, number: int = 1, mean_iou: float = 0.6, checkpoint: str = "best.ckpt", **config: object
) -> Path:
    """Write the folder of a test of a run.

    Args:
        run: Folder of the run.
        number: Of the test.
        mean_iou: Its mIoU.
        checkpoint: Name of what was tested.
        config: Values of the section ``data`` that the test had.
    """
    command = ["segcli", "test", "--ckpt_path", f"{run}/checkpoints/{checkpoint}"]
    folder = write_test_of(run, number, mean_iou, command=command)
    if config:
        tree = yaml.safe_load((folder / "config.yaml").read_text())
        tree["data"]["init_args"].update(config)
        (folder / "config.yaml").write_text(yaml.safe_dump(tree))
    return folder
