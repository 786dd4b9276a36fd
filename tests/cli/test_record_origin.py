from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.cli.record_origin import origin_of
from segcli.config.errors import ConfigError
from segcli.config.files import PACKAGE
from segcli.runs.stored_run import StoredRun
from tests.runs_of_experiments import change_passport, write_run_of

A = "experiments/a.yaml"
FOLDER = Path("experiments")


def run_of(repository: Path, *overrides: str, **passport: object) -> StoredRun:
    return StoredRun.load(write_run_of(repository / "runs/a/1", A, overrides, **passport))


def test_files_and_overrides_are_those_of_the_passport(repository: Path) -> None:
    origin = origin_of(run_of(repository, "--model.decoder", "UNet", seed=3), FOLDER)
    assert (origin.files, origin.overrides) == ((Path(A),), ("--model.decoder", "UNet"))


def test_a_passport_without_them_has_the_command(repository: Path) -> None:
    run = run_of(repository, "--model.decoder", "UNet")
    change_passport(run.path, experiment=None, overrides=None)
    origin = origin_of(StoredRun.load(run.path), FOLDER)
    assert (origin.files, origin.overrides) == ((Path(A),), ("--model.decoder", "UNet"))


def test_several_files_are_kept_in_order_and_below_the_working_directory(repository: Path) -> None:
    (repository / "mine.yaml").write_text("model: {decoder: UNet}\n")
    run = run_of(repository, experiment=[str(repository / A), "mine.yaml"])
    assert origin_of(run, FOLDER).files == (Path(A), Path("mine.yaml"))


@pytest.mark.parametrize(
    ("passport", "message"),
    [
        ({"command": ["segcli", "fit", "-c", A, "--ckpt_path", "x.ckpt"]}, "runs/a/1 began from the state in x.ckpt"),
        ({"experiment": []}, "was trained without an experiment file"),
        ({"experiment": ["experiments/old.yaml"]}, "trained from experiments/old.yaml, which is not there any more"),
        ({"experiment": [__file__]}, "a result names a file below it: train one that extends this"),
        (
            {"experiment": [str(PACKAGE / "presets" / "quickstart.yaml")]},
            "from segcli:quickstart, .*: train experiments/quickstart.yaml with the line extends: segcli:quickstart",
        ),
        ({"experiment": [".gitignore"]}, r"does not lie in experiments; name the folder .* --folder DIR"),
    ],
)
def test_runs_that_no_experiment_file_tells_of_are_refused(
    repository: Path, passport: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        origin_of(run_of(repository, **passport), FOLDER)


def test_what_is_to_be_done_with_a_preset_can_be_done(repository: Path) -> None:
    file = "experiments/quickstart.yaml"
    (repository / file).write_text("extends: segcli:quickstart\n")
    write_run_of(repository / "runs/quickstart/1", file)
    assert main(["record", "runs/quickstart/1"]) == 0
    assert (repository / "experiments/results/quickstart.json").is_file()
