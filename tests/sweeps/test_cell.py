from pathlib import Path

import pytest
import yaml

from segcli.config.compose import compose
from segcli.config.errors import ConfigError
from segcli.config.resolve import resolve
from segcli.runs.identity import config_hash
from segcli.sweeps.cell import Cell, Typed, compose_cells
from segcli.sweeps.grid import combinations


def _cells(file: Path, *words: str, **variations: list[str]) -> list[Cell]:
    keys = {key.replace("__", "."): values for key, values in variations.items()}
    return compose_cells(Typed((file,), words), combinations(keys))


def test_a_cell_is_what_fit_would_compose(experiment: Path) -> None:
    cell = _cells(experiment, "--trainer.max_epochs", "2", model__decoder=["UNet"])[0]
    words, is_frozen = cell.words()
    assert words == ["fit", "-c", "exp.yaml", "--trainer.max_epochs", "2", "--model.decoder", "UNet"]
    assert not is_frozen
    assert cell.hash == config_hash(resolve(compose([experiment], words[3:])).plain())
    assert cell.parent == Path("runs/exp")
    assert cell.label == "model.decoder=UNet"
    assert (cell.monitor, cell.objective and cell.objective.direction) == ("val/mIoU", "maximize")


def test_mistakes_of_all_cells_are_told_once(experiment: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _cells(experiment, "--trainer.max_epoch", "2", model__decoder=["UNetz", "FPN"], seed_everything=["1", "x"])
    keys = [problem.key for problem in caught.value.problems]
    assert sorted(keys) == ["model.decoder", "seed_everything", "trainer.max_epoch"]


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("data.num_workers", ["0", "1"], "say where a run lies"),
        ("model.decoder", ["FPN", "segcli.decoders.fpn.FPN"], "are the same experiment; leave one out"),
    ],
)
def test_cells_that_would_be_one_run_are_refused(experiment: Path, key: str, values: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        compose_cells(Typed((experiment,)), combinations({"seed_everything": ["1", "2"], key: values}))
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("key", ["model.weights", "model.backbone.weights"])
def test_checkpoints_of_one_name_are_those_of_other_runs(experiment: Path, key: str) -> None:
    files = [f"runs/{name}/1/checkpoints/best.ckpt" for name in "ab"]
    cells = compose_cells(Typed((experiment,)), combinations({key: files}))
    assert [cell.identity[key] for cell in cells] == files


def test_a_seed_that_is_drawn_is_refused(experiment: Path) -> None:
    with pytest.raises(ConfigError, match="a sweep needs a number"):
        _cells(experiment, seed_everything=["true"])


def test_an_edit_does_not_change_a_cell(experiment: Path) -> None:
    experiment.write_text(experiment.read_text() + "run: {root: elsewhere, name: 'a/${vars.n}'}\nvars: {n: b}\n")
    cell = _cells(experiment, model__decoder=["UNet"])[0]
    cell.freeze()
    experiment.write_text(experiment.read_text().replace("max_epochs: 3", "max_epochs: 4"))
    words, is_frozen = cell.words()
    assert is_frozen
    frozen = compose([Path(words[2])], words[3:])
    assert config_hash(resolve(frozen).plain()) == cell.hash
    assert (frozen.get("run.root"), frozen.get("run.name")) == ("elsewhere", "a/b")
    assert yaml.safe_load(Path(words[2]).read_text())["defaults"] == "none"
    experiment.write_text("model: {")
    assert cell.words() == (words, True)


def test_an_edit_of_where_runs_lie_is_followed(experiment: Path) -> None:
    cell = _cells(experiment, seed_everything=["1"])[0]
    experiment.write_text(
        experiment.read_text().replace("ShapesDataModule", "{class_path: ShapesDataModule, num_workers: 2}")
    )
    assert not cell.words()[1]


def test_a_folder_that_cannot_be_written_is_told(experiment: Path) -> None:
    cell = _cells(experiment, seed_everything=["1"])[0]
    Path("runs").write_text("a file")
    with pytest.raises(ConfigError, match="cannot write to runs/exp/sweep"):
        cell.freeze()
