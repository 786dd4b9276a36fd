"""What is installed is whole: segcli works without its repository."""

import os
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_every_file_that_is_no_code_is_in_the_package() -> None:
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["segcli"]
    package = ROOT / "segcli"
    files = [
        path.relative_to(package) for path in package.rglob("*") if path.is_file() and "__pycache__" not in str(path)
    ]
    missing = [str(file) for file in files if file.suffix != ".py" and not any(fnmatch(str(file), p) for p in patterns)]
    assert not missing


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "segcli").rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").is_file()]


@pytest.mark.slow
def test_a_wheel_trains_the_quickstart_without_the_repository(tmp_path: Path) -> None:
    wheels, place, work = tmp_path / "wheels", tmp_path / "place", tmp_path / "work"
    work.mkdir()
    source = tmp_path / "source"
    shutil.copytree(ROOT / "segcli", source / "segcli", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(source)], check=True)
    (wheel,) = wheels.glob("segcli-*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(place), str(wheel)], check=True)
    environment = {**os.environ, "PYTHONPATH": str(place)}
    command = [sys.executable, "-P", "-m", "segcli", "fit", "-c", "segcli:quickstart", "--trainer.max_epochs", "1"]
    command += ["--data.train_size", "16", "--data.val_size", "8"]
    where = [sys.executable, "-P", "-c", "import segcli; print(segcli.__file__)"]
    found = subprocess.run(where, cwd=work, env=environment, check=True, capture_output=True, text=True)
    assert Path(found.stdout.strip()).is_relative_to(place)
    guide = [*command[:4], "guide", "resuming"]
    manual = subprocess.run(guide, cwd=work, env=environment, check=True, capture_output=True, text=True).stdout
    assert manual == (ROOT / "segcli/guide/resuming.md").read_text()
    subprocess.run(command, cwd=work, env=environment, check=True)
    assert (work / "runs/quickstart/1/checkpoints/best.ckpt").is_file()
