from pathlib import Path

import pytest

from segcli.cli.known_keys import OTHER_NAMES, KnownKeys
from segcli.config.compose import compose
from segcli.config.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("max_epochs", ["trainer.max_epochs"]),
        ("batch-size", ["data.batch_size"]),
        ("decoder", ["model.decoder"]),
        ("Epochs", ["trainer.max_epochs"]),
        ("root", ["data.root", "run.root"]),
        ("nonsense", []),
    ],
)
def test_the_last_part_of_a_key_stands_for_it(name: str, keys: list[str]) -> None:
    assert sorted(KnownKeys([]).meant_by(name)) == keys


def test_keys_are_those_of_the_experiment_that_is_named(tiny: Path) -> None:
    assert KnownKeys(["-c", "tiny.yaml"]).meant_by("train_size") == ["data.train_size"]
    assert KnownKeys(["--config=tiny.yaml"]).meant_by("train_size") == ["data.train_size"]
    assert KnownKeys([]).meant_by("train_size") == []


def test_what_holds_true_or_false_is_a_switch(tiny: Path) -> None:
    keys = KnownKeys(["tiny.yaml"])
    assert keys.is_switch("model.backbone.init_args.pretrained")
    assert not keys.is_switch("trainer.max_epochs")


@pytest.mark.parametrize("key", sorted(set(OTHER_NAMES.values())))
def test_keys_that_other_names_stand_for_exist(key: str) -> None:
    """Else the composer would say so."""
    for value in ("1", "x", "UNet", "CrossEntropyLoss", "AdamW", "Poly", "true"):
        try:
            compose(
                [], ["--data", "FolderDataModule", "--data.root", "x", "--data.classes", "[a, b]", f"--{key}={value}"]
            )
        except ConfigError:
            continue
        return
    pytest.fail(f"{key} takes nothing")
