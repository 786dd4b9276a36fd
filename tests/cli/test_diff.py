import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import segcli
from segcli.cli.main import main
from tests.comparison.drawn import run_on_one_truth

Capture = pytest.CaptureFixture[str]
Git = Callable[..., str]


@pytest.fixture
def own_package(git: Git, tmp_path: Path) -> Path:
    """A repository that holds the package itself, as this one does, with one experiment."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(segcli.__file__).parent, tmp_path / "segcli", ignore=ignored)
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "a.yaml").write_text("extends: segcli:augment\ndata: ShapesDataModule\n")
    git("add", "-A")
    git("commit", "--quiet", "-m", "Start")
    return tmp_path


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def outside(folder: Path, *words: str) -> tuple[int, str]:
    """Run the package that lies in a folder, in a process of its own."""
    command = [sys.executable, "-m", "segcli", *words]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(folder)}
    )
    return done.returncode, done.stdout + done.stderr


def test_two_files(repository: Path, capsys: Capture) -> None:
    assert main(["diff", "experiments/a.yaml", "experiments/b.yaml"]) == 0
    assert capsys.readouterr().out == "architecture\n  model.decoder  FPN → UNet  experiments/b.yaml:3\n"


def test_exit_codes_are_those_of_git(repository: Path, capsys: Capture) -> None:
    same, other = ["experiments/a.yaml"] * 2, ["experiments/a.yaml", "experiments/b.yaml"]
    assert main(["diff", *same, "--exit-code"]) == 0
    assert capsys.readouterr().out == "no difference\n"
    assert main(["diff", *other, "--exit-code"]) == 1
    assert main(["diff", "--git", "main", "--exit-code"]) == 0
    edit(repository / "experiments" / "a.yaml", "FPN", "UNet")
    assert main(["diff", "--git", "main", "--exit-code"]) == 1


def test_a_revision_is_composed_with_its_own_parents(repository: Path, capsys: Capture) -> None:
    edit(repository / "experiments" / "base" / "data.yaml", "batch_size: 8", "batch_size: 16")
    assert main(["diff", "main:experiments/a.yaml"]) == 0
    assert capsys.readouterr().out == (
        "data\n  data.batch_size  8 → 16  experiments/base/data.yaml:1\neffective batch 8 → 16\n"
    )


def test_hidden_keys_are_named_and_shown_where_asked(repository: Path, capsys: Capture) -> None:
    (repository / "d.yaml").write_text("extends: experiments/a.yaml\nrun: {root: elsewhere}\n")
    assert main(["diff", "experiments/a.yaml", "d.yaml", "--exit-code"]) == 0
    assert "not shown: run.root" in capsys.readouterr().out
    assert main(["diff", "experiments/a.yaml", "d.yaml", "--all", "--exit-code"]) == 1
    assert "run.root  runs → elsewhere" in capsys.readouterr().out


def test_all_experiments_with_a_revision(repository: Path, capsys: Capture) -> None:
    edit(repository / "experiments" / "base" / "data.yaml", "batch_size: 8", "batch_size: 16")
    edit(repository / "experiments" / "b.yaml", "UNet", "FPN")
    assert main(["diff", "--git", "main"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "2 experiments change since main",
        "architecture",
        "  model.decoder  UNet → FPN  experiments/b.yaml:3  b",
        "data",
        "  data.batch_size  8 → 16  through experiments/base/data.yaml:1  a, b",
        "effective batch 8 → 16: a, b",
        "unchanged: c",
    ]
    assert main(["diff", "--git", "main", "--format", "markdown"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("### 2 experiments change since main\n")
    assert "| data | **data.batch_size** | 8 → 16 | through experiments/base/data.yaml:1 | a, b |" in out


def test_json(repository: Path, capsys: Capture) -> None:
    assert main(["diff", "experiments/a.yaml", "experiments/b.yaml", "--format", "json"]) == 0
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert (change["key"], change["new_source"]) == ("model.decoder", "experiments/b.yaml:3")
    edit(repository / "experiments" / "c.yaml", "n: 3", "n: 4")
    assert main(["diff", "--git", "main", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["effects"][0]["experiments"] == ["experiments/c.yaml"]
    assert found["unchanged"] == ["experiments/a.yaml", "experiments/b.yaml"]


def test_a_default_that_changed_in_code_shows(own_package: Path) -> None:
    edit(own_package / "segcli" / "decoders" / "fpn.py", "pyramid_channels: int = 256", "pyramid_channels: int = 96")
    rc, out = outside(own_package, "diff", "--git", "main", "--exit-code")
    assert "model.decoder.pyramid_channels  256 → 96" in out
    assert "default of FPN, segcli/decoders/fpn.py:" in out
    assert "code changed, results may differ: segcli/decoders/fpn.py (used by a)" in out
    assert rc == 1


def test_presets_defaults_and_names_are_those_of_the_revision(own_package: Path) -> None:
    edit(own_package / "segcli" / "defaults.yaml", "max_epochs: 50", "max_epochs: 70")
    edit(own_package / "segcli" / "presets" / "augment.yaml", "crop: 256", "crop: 128")
    edit(own_package / "segcli" / "registry.py", '"ShapesDataModule":', '"Shapes":')
    edit(own_package / "experiments" / "a.yaml", "ShapesDataModule", "Shapes")
    rc, out = outside(own_package, "diff", "--git", "main")
    assert rc == 0, out
    assert "trainer.max_epochs" in out
    assert "50 → 70" in out
    assert "data.train_transforms[RandomScaledCrop].size" in out
    assert "256 → 128" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["experiments/a.yaml"], "diff needs two experiments"),
        (["experiments/a.yaml", "experiments/bb.yaml"], "no file experiments/bb.yaml (did you mean"),
        (["main:experiments/bb.yaml", "experiments/a.yaml"], "no file experiments/bb.yaml at main (did you mean"),
        (["mian:experiments/a.yaml", "experiments/a.yaml"], "git knows no revision 'mian'"),
        (["--git", "mian"], "git knows no revision 'mian'"),
        (["--git", "main", "experiments/x.yaml"], "no file experiments/x.yaml, nor at main"),
        (["--git", "main", "--composed"], "--composed is for two experiments"),
        (["--git"], "--git needs a value"),
    ],
)
def test_mistakes_are_explained(repository: Path, capsys: Capture, words: list[str], message: str) -> None:
    assert main(["diff", *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("words", [["diff", "--git", "main"], ["why", "experiments/a.yaml", "model.decoder"]])
def test_a_class_whose_source_cannot_be_read_is_compared_by_its_name(own_package: Path, words: list[str]) -> None:
    edit(own_package / "segcli" / "decoders" / "fpn.py", "class FPN", "clas FPN")
    rc, out = outside(own_package, *words)
    assert rc == 0, out
    assert "Traceback" not in out


def runs_of(folder: Path, **second: object) -> list[str]:
    """Write two runs on the same images, of experiments that name a true backbone and no made-up arguments."""
    model = {"decoder": {"class_path": "segcli.decoders.fpn.FPN", "init_args": {"dropout": 0.2}}}
    paths = [
        run_on_one_truth(folder / "1", 1, 0.8, config={"model": model}),
        run_on_one_truth(folder / "2", 2, 0.85, decoder="UNet", **second),
    ]
    return [str(path) for path in paths]


def test_of_two_runs_the_scores_are_compared_as_well(tmp_path: Path, capsys: Capture) -> None:
    runs = runs_of(tmp_path / "x")

    assert main(["diff", *runs]) == 0
    out = capsys.readouterr().out
    assert "model.decoder  FPN" in out
    assert "scores, after - before\n  val/mIoU            +0." in out
    assert out.endswith(
        "one run each: the noise between seeds is unknown, and intervals are of the images only\n"
        "note: 2 of 2 runs are of segcli 0.4.0, which kept no hashes: a changed file would go unnoticed\n"
    )
    assert main(["diff", *runs, "--format", "json"]) == 0
    deltas = json.loads(capsys.readouterr().out)["deltas"]
    assert [one["subject"] for one in deltas["by_class"]] == ["background", "circle", "square"]
    assert main(["diff", *runs, "--format", "markdown"]) == 0
    assert "| val/mIoU | +0." in capsys.readouterr().out


def test_of_runs_that_cannot_be_compared_it_says_why(tmp_path: Path, capsys: Capture) -> None:
    first, second = runs_of(tmp_path / "x", content="beef")
    assert main(["diff", first, second]) == 0
    assert "no scores to compare: different images of val (content)" in capsys.readouterr().out
    (Path(second) / "passport.json").unlink()
    assert main(["diff", first, second]) == 0
    assert capsys.readouterr().out.endswith("has no passport.json\n")
    assert main(["diff", first, f"{second}/config.yaml"]) == 0
    assert "scores" not in capsys.readouterr().out
