import os
from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.datamodules.shapes_data_module import ShapesDataModule
from segcli.experiment.arguments import RunArguments
from segcli.experiment.data import build_data


def test_data_are_built_without_model_and_weights(tiny: Path) -> None:
    tiny.write_text(tiny.read_text().replace("pretrained: false", "pretrained: true"))
    words = ["--data.train_size=9", "--seed_everything=17"]
    experiment, data = build_data(RunArguments("data", [tiny], words), "check")
    assert isinstance(data, ShapesDataModule)
    assert (data.lengths["train"], data.datasets) == (9, {})
    assert experiment.get("data.train_size") == 9
    assert os.environ["PL_GLOBAL_SEED"] == "17"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data.train_siz=9"], "did you mean 'train_size'"),
        (["--data.train_size=x"], "data.train_size"),
        (["--data.train_size=0"], "expected at least 1 picture each"),
        (["--data.train_transforms=[Normalise]"], "Normalize"),
    ],
)
def test_what_is_wrong_with_data_is_told(tiny: Path, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_data(RunArguments("data", [tiny], words), "check")


def test_without_an_experiment_it_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="data stats needs an experiment: python -m segcli data stats -c FILE"):
        build_data(RunArguments("data"), "stats")
