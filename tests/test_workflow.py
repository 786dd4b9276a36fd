"""The workflow that comments on pull requests runs commands that work, with only what it installs."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from segcli.cli.main import main

ROOT = Path(__file__).parent.parent
STEPS = yaml.safe_load((ROOT / ".github/workflows/experiments.yml").read_text())["jobs"]["diff"]["steps"]
SCRIPT = "\n".join(step.get("run", "") for step in STEPS)
HEAVY = ("torch", "torchvision", "pytorch_lightning", "timm", "albumentations", "numpy", "jsonargparse", "rich")


def test_its_command_works(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = [line for line in SCRIPT.splitlines() if "segcli diff" in line]
    command = line.partition(">")[0].replace("$BASE", "main")
    (repository / "experiments" / "base" / "data.yaml").write_text(
        "data: {class_path: ShapesDataModule, batch_size: 2}"
    )
    assert main(shlex.split(command)[3:]) == 0
    assert "| data | **data.batch_size** | 8 → 2 |" in capsys.readouterr().out


def test_it_installs_the_versions_that_the_package_asks_for() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    for requirement in re.findall(r'"([\w-]+[<>][^"]+)"', SCRIPT):
        assert f'"{requirement}"' in project


def test_comparing_imports_none_of_what_it_leaves_out(repository: Path) -> None:
    code = f"""
import sys
sys.modules.update(dict.fromkeys({HEAVY!r}))  # an import would raise
from segcli.cli.main import main
sys.exit(main(["diff", "--git", "main", "--format", "markdown"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
