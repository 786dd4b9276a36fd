"""Nothing that a run leaves on disk holds the value of an environment variable, wherever an experiment takes it."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import segcli
from segcli.cli.main import main
from segcli.inference.checkpoint import CheckpointError
from segcli.segmenter import Segmenter
from segcli.sweeps.cell import Cell, Typed
from tests.conftest import working_directory

SECRET, RATE, DROPOUT, SIZE = "s3kr1t-value", "0.00123771", "0.1237719", "7"
VARIABLES = {"SECRET": SECRET, "RATE": RATE, "DROPOUT": DROPOUT, "SIZE": SIZE, "JOB": "j0b"}
EXPERIMENT = """
vars: {place: "data-${oc.env:SECRET}", rate: "${oc.env:RATE}"}
data:
  class_path: FolderDataModule
  root: "${vars.place}"
  mask_values: {0: back, 1: front}
  group: "{image}"
  batch_size: 8
  val_batch_size: "${oc.env:SIZE}"
model:
  backbone: {name: test_resnet.r160_in1k, pretrained: false}
  decoder: {class_path: FPN, pyramid_channels: 32, segmentation_channels: 64, dropout: "${oc.env:DROPOUT}"}
  optimizer: {lr: "${vars.rate}"}
  schedule: {warmup_steps: 2}
trainer:
  max_epochs: 2
  log_every_n_steps: 1
  callbacks:
  - {class_path: secret_parts.Reporter, token: "${oc.env:SECRET}", tags: [a, "x-${oc.env:SECRET}-y"]}
  logger:
  - {class_path: TensorBoardLogger, save_dir: logs}
  - {class_path: CSVLogger, save_dir: logs}
  - {class_path: secret_parts.Board, key: "Bearer ${oc.env:SECRET}"}
run: {name: "secrets-${oc.env:JOB}"}
pictures: {count: 2}
"""
PARTS = """
import pytorch_lightning as pl
from pytorch_lightning.loggers.logger import DummyLogger

class Reporter(pl.Callback):
    def __init__(self, token: str, tags: list[str]) -> None:
        self.token, self.tags = token, tags

class Board(DummyLogger):
    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
"""
RUN = Path("runs/secrets-j0b/1")
BEST, LAST = RUN / "checkpoints/best.ckpt", RUN / "checkpoints/last.ckpt"
PLACE = f"data-{SECRET}"


def _write(folder: Path) -> None:
    draw = np.random.default_rng(0)
    for split, count in {"train": 16, "val": 4, "test": 3, "predict": 2}.items():
        for kind, (shape, top) in {"images": ((32, 32, 3), 256), "labels": ((32, 32), 2)}.items():
            place = folder / PLACE / kind / split
            place.mkdir(parents=True)
            for number in range(count):
                values = draw.integers(0, top, shape, dtype=np.uint8)
                Image.fromarray(values).save(place / f"{number}.png")
    (folder / "secrets.yaml").write_text(EXPERIMENT)
    (folder / "secret_parts.py").write_text(PARTS)


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working directory after every verb that stores something; do not change it."""
    folder = tmp_path_factory.mktemp("secrets")
    _write(folder)
    with pytest.MonkeyPatch.context() as patch, working_directory(folder):
        for name, value in VARIABLES.items():
            patch.setenv(name, value)
        patch.syspath_prepend(str(folder))
        assert main(["fit", "-c", "secrets.yaml"]) == 0
        for verb in ("validate", "test", "predict"):
            assert main([verb, "--ckpt_path", str(BEST)]) == 0
        assert main(["rerun", str(RUN)]) == 0
        assert main(["compare", str(RUN), str(RUN.with_name("2")), "--html", "page.html"]) == 0
        assert main(["record", str(RUN), "--folder", "."]) == 0
        assert main(["flatten", "secrets.yaml", "--output", "flat.yaml"]) == 0
        Cell.of(Typed((Path("secrets.yaml"),)), (("model.optimizer.lr", "0.5"),)).freeze()
        yield folder


@pytest.fixture
def there(worked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it that may be changed, as the working directory, with the variables set."""
    shutil.copytree(worked, tmp_path / "there")
    monkeypatch.chdir(tmp_path / "there")
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "there"


def _contents(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, and of what is in it where it is an archive."""
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())


def _leaks(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file() and PLACE not in path.parts]
    words = [word.encode() for word in (SECRET, RATE.rstrip("1"), DROPOUT[:-1])]
    return [str(path) for path in files for content in _contents(path) if any(word in content for word in words)]


def test_no_file_holds_a_value(worked: Path) -> None:
    assert len([path for path in worked.rglob("*") if path.is_file()]) > 60
    assert _leaks(worked) == []


def test_what_is_stored_refers_to_the_variables(worked: Path) -> None:
    passport = json.loads((worked / RUN / "passport.json").read_text())
    assert sorted(passport["environment_variables"]) == sorted(VARIABLES)
    config = (worked / RUN / "config.yaml").read_text()
    for text in ("root: data-${oc.env:SECRET}", "lr: ${oc.env:RATE}", "token: ${oc.env:SECRET}", "name: secrets-j0b"):
        assert text in config
    assert "trainer.logger.2.key: null" in config
    entry = json.loads((worked / "results/secrets.json").read_text())
    assert entry["settings"]["model.optimizer.lr"].startswith("${oc.env:RATE} (")


def test_values_are_stored_where_that_is_asked_for(there: Path) -> None:
    shutil.rmtree("runs")
    assert main(["fit", "-c", "secrets.yaml", "--run.store_environment", "true", "--trainer.max_epochs", "1"]) == 0
    assert {Path(path).name for path in _leaks(there)} >= {"config.yaml", "composed.yaml", "best.ckpt", "last.ckpt"}
    assert "\nenvironment:" not in (RUN / "config.yaml").read_text()
    assert "environment_variables" in json.loads((RUN / "passport.json").read_text())


def test_another_value_is_named_and_never_printed(
    there: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DROPOUT", "0.4321")
    assert main(["validate", "--ckpt_path", str(BEST)]) == 0
    printed = capsys.readouterr()
    assert "warning: model.decoder.dropout: DROPOUT has another value than it had when" in printed.err
    assert main(["fit", "--ckpt_path", str(LAST), "--trainer.max_epochs", "3"]) == 2
    refused = capsys.readouterr().err
    assert "was begun with another experiment" in refused
    assert "model.decoder.dropout: ${oc.env:DROPOUT} (" in refused
    assert "with its environment variables as they were" in refused
    assert main(["rerun", str(RUN), "--dry-run"]) == 0
    (line,) = (each for each in capsys.readouterr().out.splitlines() if "(environment)" in each)
    assert line.strip().startswith("model.decoder.dropout  ${oc.env:DROPOUT} (")
    monkeypatch.setenv("DROPOUT", DROPOUT)
    assert main(["fit", "--ckpt_path", str(LAST), "--trainer.max_epochs", "3"]) == 0
    assert "warning" not in capsys.readouterr().err
    assert main(["diff", str(RUN), str(RUN.with_name("2"))]) == 0
    told = printed.out + printed.err + refused + capsys.readouterr().out
    assert not any(value in told for value in (DROPOUT, "0.4321", RATE))
    assert _leaks(there) == []


def test_a_missing_variable_is_one_error_and_can_be_given(
    there: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DROPOUT")
    assert main(["validate", "--ckpt_path", str(BEST)]) == 2
    told = capsys.readouterr().err
    assert told.count("error:") == 1
    assert "model.decoder.dropout: needs the environment variable DROPOUT, which is not set" in told
    given = ["--model.decoder.dropout", DROPOUT]
    assert main(["validate", "--ckpt_path", str(BEST), *given]) == 0
    assert main(["fit", "--ckpt_path", str(LAST), "--trainer.max_epochs", "3", *given]) == 0
    assert "dropout: ${oc.env:DROPOUT}" in (RUN / "config.yaml").read_text()
    assert main(["diff", str(RUN), str(RUN.with_name("2"))]) == 0
    with pytest.raises(CheckpointError, match=r"decoder\.dropout needs the environment variable DROPOUT"):
        Segmenter.from_checkpoint(BEST)


def test_whether_values_are_stored_may_change_when_a_run_is_resumed(there: Path) -> None:
    resume = ["fit", "--ckpt_path", str(LAST), "--run.store_environment"]
    assert main([*resume, "true", "--trainer.max_epochs", "3"]) == 0
    assert f"dropout: {DROPOUT}" in (RUN / "config.yaml").read_text()
    assert main([*resume, "false", "-c", "secrets.yaml", "--trainer.max_epochs", "4"]) == 0
    assert "dropout: ${oc.env:DROPOUT}" in (RUN / "config.yaml").read_text()


def test_the_model_of_a_checkpoint_reads_what_it_needs(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET")
    assert Segmenter.from_checkpoint(BEST).classes == ("back", "front")


def test_from_python_it_is_as_on_the_command_line(
    there: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = segcli.fit(checkpoint=LAST, overrides={"trainer.max_epochs": 3}, quiet=True)
    found = segcli.diff(run, RUN.with_name("2"))
    assert run.config["model"]["decoder"]["init_args"]["dropout"] == "${oc.env:DROPOUT}"
    monkeypatch.setenv("DROPOUT", "0.4321")
    with pytest.raises(segcli.ConfigError, match=r"model\.decoder\.dropout: \$\{oc\.env:DROPOUT\} \(") as caught:
        segcli.fit(checkpoint=LAST, overrides={"trainer.max_epochs": 4}, quiet=True)
    printed = capsys.readouterr()
    assert "warning: model.decoder.dropout: DROPOUT has another value than it had when" in printed.err
    assert printed.out == ""
    monkeypatch.delenv("DROPOUT")
    with pytest.raises(segcli.ConfigError, match=r"decoder\.dropout needs the environment variable DROPOUT"):
        run.load()
    shown = [repr(found), found._repr_html_(), found._repr_markdown_(), run._repr_html_(), str(caught.value)]
    assert not any(value in text for value in (SECRET, DROPOUT, "0.4321", RATE) for text in shown)
    assert not any(value in printed.err for value in (DROPOUT, "0.4321", RATE))  # messages may name paths
    assert _leaks(there) == []
