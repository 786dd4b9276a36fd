"""The workflow that comments on pull requests runs commands that work, with only what it installs."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from segcli.cli.main import main

ROOT = Path(__file__).parent.parent
STEPS = yaml.safe_load((ROOT / ".github/workflows/experiments.yml").read_text())["jobs"]["diff"]["steps"]
SCRIPT = "\n".join(step.get("run", "") for step in STEPS)
HEAVY = (
    "click",
    "torch",
    "torchvision",
    "pytorch_lightning",
    "timm",
    "albumentations",
    "numpy",
    "jsonargparse",
    "rich",
)


def test_its_command_works(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = [line for line in SCRIPT.splitlines() if "segcli diff" in line]
    command = line.partition(">")[0].replace("$BASE", "main")
    (repository / "experiments" / "base" / "data.yaml").write_text(
        "data: {class_path: ShapesDataModule, batch_size: 2}"
    )
    assert main(shlex.split(command)[3:]) == 0
    assert "| data | **data.batch_size** | 8 → 2 |" in capsys.readouterr().out


def test_it_installs_versions_that_the_package_asks_for_and_no_others() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [Requirement(text) for text in (*project["project"]["dependencies"], *project["build-system"]["requires"])]
    ranges = {each.name: each.specifier for each in wanted}
    lines = [shlex.split(line) for line in SCRIPT.splitlines() if "pip install" in line]
    named = [word for line in lines for word in line[2:] if not word.startswith("-") and word != "."]
    assert len(named) >= 7
    for text in named:
        name, _, version = text.partition("==")
        assert version, f"{name} has no fixed version"
        assert version in ranges.get(name, SpecifierSet()), f"{text} is not {ranges[name]}"
    assert all("--no-build-isolation" in line for line in lines if "." in line)  # else pip takes a setuptools by itself


def test_it_runs_fixed_code_of_others_and_trusts_no_experiment() -> None:
    actions = [step["uses"] for step in STEPS if "uses" in step]
    assert actions
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in actions), actions
    (checkout,) = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert checkout["with"]["persist-credentials"] is False
    assert re.search(r"segcli diff .*--trusted-only", SCRIPT)
    assert "${{" not in SCRIPT.replace("${{ github.event.number }}", "")  # a name of a branch would run as shell


def test_comparing_imports_none_of_what_it_leaves_out(repository: Path) -> None:
    code = f"""
import sys
sys.modules.update(dict.fromkeys({HEAVY!r}))  # an import would raise
from segcli.cli.main import main
sys.exit(main(["diff", "--git", "main", "--format", "markdown"]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
