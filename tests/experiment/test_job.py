from pathlib import Path

import pytest

from segcli.cli.command_line import read
from segcli.cli.verbs import declared
from segcli.config.compose import Experiment
from segcli.config.errors import ConfigError
from segcli.experiment.job import compose_for


def _composed(verb: str, words: list[str]) -> Experiment:
    return compose_for(read(declared(verb), words).arguments)


@pytest.mark.parametrize(
    ("verb", "words", "message"),
    [
        ("fit", [], "fit needs an experiment: -c FILE"),
        ("fit", ["-c", "tny.yaml"], r"no file tny.yaml \(did you mean 'tiny.yaml'\?\)"),
        ("predict", ["-c", "tiny.yaml"], "predict needs a checkpoint"),
        ("test", ["--ckpt_path", "x.ckpt"], "no checkpoint x.ckpt"),
        ("fit", ["-c", "tiny"], r"no file tiny \(did you mean 'tiny.yaml'\?\)"),
    ],
)
def test_what_is_missing_is_named(tiny: Path, verb: str, words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        _composed(verb, (words))


def test_a_folder_is_no_checkpoint_but_those_in_it_are_named(in_trained: Path) -> None:
    for folder in (in_trained.parents[1], in_trained.parent):
        with pytest.raises(ConfigError, match=r"is a folder; --ckpt_path takes a file\n  options: .*best.ckpt, .*last"):
            _composed("test", ["--ckpt_path", str(folder)])


def test_a_checkpoint_s_experiment_is_not_overruled_by_defaults(in_trained: Path) -> None:
    experiment = _composed("test", (["--ckpt_path", str(in_trained), "--data.batch_size", "3"]))
    assert experiment.get("model.decoder.pyramid_channels") == 32
    assert experiment.get("data.batch_size") == 3
    assert experiment.get("trainer.max_epochs") == 2


@pytest.mark.parametrize("word", ["--data.split_seed", "--data.test_fraction=0.2"])
def test_another_split_than_the_checkpoint_s_is_refused(in_trained: Path, word: str) -> None:
    with pytest.raises(ConfigError, match="that the checkpoint was trained on"):
        _composed("test", (["--ckpt_path", str(in_trained), word, *([] if "=" in word else ["1"])]))
