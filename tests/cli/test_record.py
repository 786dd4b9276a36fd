import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.cli.main import main
from segcli.ledger.table import BEGIN, END
from tests.run_folders import write_run
from tests.runs_of_experiments import write_run_of

Capture = pytest.CaptureFixture[str]
A, RESULT, PAGE = "experiments/a.yaml", Path("experiments/results/a.json"), Path("experiments/README.md")


@pytest.fixture
def run(repository: Path) -> Path:
    return write_run_of(repository / "runs/a/1", A)


def content(path: Path = RESULT) -> dict[str, Any]:
    return json.loads(path.read_text())


def widen() -> None:
    file = Path("experiments/base/data.yaml")
    file.write_text(file.read_text().replace("batch_size: 8", "batch_size: 16"))


def test_one_run(run: Path, capsys: Capture) -> None:
    assert main(["record", "runs/a/1"]) == 0
    assert content()["experiment"] == [A]
    assert capsys.readouterr().out.splitlines() == [
        f"{RESULT}  val mIoU {content()['val']['mIoU']['mean']:.3f} (1 seed)",
        f"{PAGE}  written: 1 result",
    ]
    assert [line.split(" | ")[0] for line in PAGE.read_text().splitlines() if line.startswith("| `")] == [
        "| `a`",
        "| `b`",
        "| `c`",
    ]
    assert main(["record", "--check"]) == 0


def test_a_folder_of_runs_stands_for_all(run: Path, repository: Path, capsys: Capture) -> None:
    for seed in (1, 2):
        write_run_of(repository / f"runs/a/{seed + 1}", A, seed=seed)
    assert main(["record", "runs/a"]) == 0
    assert [each["seed"] for each in content()["runs"]] == [0, 1, 2]
    assert "(3 seeds)" in capsys.readouterr().out
    assert "(3 seeds)" in PAGE.read_text()


def test_recording_again_replaces(run: Path, repository: Path) -> None:
    assert main(["record", "runs/a/1"]) == 0
    before = RESULT.read_bytes()
    assert main(["record", "runs/a/1"]) == 0
    assert RESULT.read_bytes() == before
    widen()
    write_run_of(repository / "runs/a/2", A, quality=0.9)
    assert main(["record", "runs/a/2"]) == 0
    assert content()["settings"]["data.batch_size"] == 16
    assert not list(Path("experiments/results").glob(".*"))


def test_another_experiment_needs_a_name_of_its_own(run: Path, repository: Path, capsys: Capture) -> None:
    assert main(["record", "runs/a/1"]) == 0
    before = RESULT.read_bytes()
    write_run_of(repository / "runs/a/2", A, ["--model.decoder", "UNet"])
    assert main(["record", "runs/a/2"]) == 2
    assert (
        "experiments/results/a.json holds the result of another experiment, python -m segcli fit -c experiments/a.yaml"
        in capsys.readouterr().err
    )
    assert RESULT.read_bytes() == before
    assert main(["record", "runs/a/2", "--name", "a_unet"]) == 0
    assert content(RESULT.with_name("a_unet.json"))["overrides"] == ["--model.decoder", "UNet"]
    assert "`python -m segcli fit -c experiments/a.yaml --model.decoder UNet`" in PAGE.read_text()


def test_an_experiment_that_changed_since_is_refused_or_marked(run: Path, capsys: Capture) -> None:
    widen()
    assert main(["record", "runs/a/1"]) == 2
    message = "experiments/a.yaml is not what runs/a/1 trained: data.batch_size 8 → 16; train it again, or record it"
    assert message in capsys.readouterr().err
    assert not RESULT.exists()
    assert not PAGE.exists()
    assert main(["record", "runs/a/1", "--force"]) == 0
    assert "stale: experiments/a.yaml is not what runs/a/1 trained" in capsys.readouterr().err
    assert "| **stale**: data.batch_size 8 → 16 |" in PAGE.read_text()


def test_an_experiment_that_does_not_compose_any_more_is_refused_or_marked(run: Path, capsys: Capture) -> None:
    file = Path(A)
    file.write_text(file.read_text().replace("FPN", "FPM"))
    assert main(["record", "runs/a/1"]) == 2
    assert "does not compose any more: model.decoder: unknown name 'FPM'" in capsys.readouterr().err
    assert main(["record", "runs/a/1", "--force"]) == 0
    assert "**stale**: does not compose: model.decoder: unknown name 'FPM'" in PAGE.read_text()


def test_a_page_without_a_place_keeps_its_text_and_the_result_is_kept(run: Path, capsys: Capture) -> None:
    PAGE.write_text("# Mine\n")
    assert main(["record", "runs/a/1"]) == 0
    out = capsys.readouterr().out
    assert "has no place for the results; add these two lines" in out
    assert f"{BEGIN}\n{END}\n" in out
    assert PAGE.read_text() == "# Mine\n"
    assert RESULT.is_file()
    assert main(["record", "--check"]) == 2
    PAGE.write_text(f"# Mine\n{BEGIN}\n{END}\n")
    assert main(["record", "--table"]) == 0
    assert "| `a` | First. |" in PAGE.read_text()


def test_check_tells_what_is_outdated_and_writes_nothing(run: Path, capsys: Capture) -> None:
    assert main(["record", "runs/a/1"]) == 0
    widen()
    before = PAGE.read_bytes()
    capsys.readouterr()
    assert main(["record", "--check"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("experiments/README.md is not what experiments and results give; write it anew")
    assert out.count("\n-| `a`") == 1
    assert "**stale**: data.batch_size 8 → 16" in out
    assert PAGE.read_bytes() == before
    assert main(["record", "--table"]) == 0
    assert main(["record", "--check"]) == 0


def test_another_folder(repository: Path) -> None:
    Path("mine.yaml").write_text("# Mine.\ndata: ShapesDataModule\n")
    Path("experiments").rename("others")
    write_run_of(repository / "runs/mine/1", "mine.yaml")
    assert main(["record", "runs/mine/1", "--folder", "."]) == 0
    assert content(Path("results/mine.json"))["experiment"] == ["mine.yaml"]
    assert "| `mine` | Mine. |" in Path("README.md").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "record needs the folder of a run"),
        (["runs/a/2"], "no folder runs/a/2 (did you mean 'runs/a/"),
        (["experiments"], "no run in experiments"),
        (["runs/a/1", "--name", "x/y"], "--name got 'x/y', expected a file name without folders"),
        (["runs/a/1", "--name", ""], "--name got ''"),
        (["runs/a/1", "--name", ".x"], "--name got '.x'"),
        (["runs/a/1", "--folder", "nowhere"], "no folder nowhere"),
        (["runs/a/1", "--check"], "--table and --check take no runs"),
        (["runs/a/1", "--tabel"], "no option --tabel (did you mean '--table'?)"),
        (["runs/a"], "runs/a/9 did not finish (failed)"),
    ],
)
def test_mistakes_are_explained_and_nothing_is_written(
    run: Path, repository: Path, capsys: Capture, words: list[str], message: str
) -> None:
    write_run(repository / "runs/a/9", status="failed")
    assert main(["record", *words]) == 2
    assert message in capsys.readouterr().err
    assert not RESULT.parent.exists()


def test_table_without_results_and_a_place_says_what_to_add(repository: Path, capsys: Capture) -> None:
    PAGE.write_text("# Mine\n")
    assert main(["record", "--check"]) == 0
    assert main(["record", "--table"]) == 2
    assert f"add these two lines:\n{BEGIN}\n{END}" in capsys.readouterr().err


def test_a_damaged_result_is_named(run: Path, capsys: Capture) -> None:
    RESULT.parent.mkdir()
    RESULT.write_text("{")
    for words in (["--check"], ["runs/a/1"]):
        assert main(["record", *words]) == 2
        assert "experiments/results/a.json cannot be read" in capsys.readouterr().err


def test_a_change_names_the_results_that_it_makes_stale(
    git: Callable[..., str], run: Path, repository: Path, capsys: Capture
) -> None:
    write_run_of(repository / "runs/c/1", "experiments/c.yaml")
    assert main(["record", "runs/a/1"]) == 0
    assert main(["record", "runs/c/1"]) == 0
    git("add", "-A")
    git("commit", "--quiet", "-m", "Results")
    capsys.readouterr()
    assert main(["diff", "--git", "main"]) == 0
    assert "stale" not in capsys.readouterr().out
    widen()
    line = f"recorded results that are now stale: a ({content()['val']['mIoU']['mean']:.3f})"
    assert main(["diff", "--git", "main"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == line
    assert main(["diff", "--git", "main", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"- {line}"
    assert main(["diff", "--git", "main", "--format", "json"]) == 0
    mean = content()["val"]["mIoU"]["mean"]
    expected = {"name": "a", "experiment": A, "val_mIoU": mean, "reason": "data.batch_size 8 → 16"}
    assert json.loads(capsys.readouterr().out)["stale_results"] == [expected]
    assert main(["diff", "--git", "main", "experiments/c.yaml"]) == 0
    assert "stale" not in capsys.readouterr().out


def test_what_fit_wrote_is_current(in_trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real run, whose config went through LightningCLI, has the hash of its experiment as composed."""
    trained = Path.cwd()
    monkeypatch.chdir(tmp_path)
    Path("tiny.yaml").write_text((trained / "tiny.yaml").read_text())
    assert main(["record", str(trained / "runs" / "tiny" / "1"), "--folder", "."]) == 0
    (row,) = [line for line in Path("README.md").read_text().splitlines() if line.startswith("| `tiny`")]
    assert row.endswith("| current |")
    assert str(trained) not in Path("results/tiny.json").read_text()


@pytest.mark.parametrize("module", ["segcli.cli.record", "segcli.cli.diff"])
def test_torch_is_not_imported(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('torch', 'scipy', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
