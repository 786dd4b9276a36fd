from pathlib import Path

import pytest

from segcli.config.errors import ConfigError
from segcli.ledger.settings import differences, essential, portable, settings_now, settings_of
from segcli.runs.identity import experiment_hash
from tests.run_folders import CONFIG

A = [Path("experiments/a.yaml")]


def test_settings_are_what_the_hash_is_of() -> None:
    found = settings_of(CONFIG)
    assert experiment_hash(found) == experiment_hash(CONFIG)
    assert "seed_everything" not in found
    assert not [key for key in found if key.startswith("run.")]
    assert settings_of(found) == found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/home/ann/data/ids.txt", "ids.txt"),
        ("/home/ann smith/ids.txt", "ids.txt"),
        (r"C:\Users\ann\ids.txt", "ids.txt"),
        ("~/ids.txt", "ids.txt"),
        ("--data.ids=/home/ann/ids.txt", "--data.ids=ids.txt"),
        ("{root: /home/ann/x, other: [/a/b, 1]}", "{root: x, other: [b, 1]}"),
        ("data/ids.txt", "data/ids.txt"),
        ("https://example.org/x", "https://example.org/x"),
        ("right / (truth + predicted)", "right / (truth + predicted)"),
        (3, 3),
        ({"a": ["/x/y"]}, {"a": ["y"]}),
    ],
)
def test_absolute_paths_lose_all_but_their_last_part(value: object, expected: object) -> None:
    assert portable(value) == expected


def test_differences_name_keys_and_short_values() -> None:
    before = {"data.batch_size": 8, "data.x": [1] * 30, "a": 1, "gone": 2, "same": None}
    after = {"data.batch_size": 16, "data.x": [2] * 30, "a": None, "new": "b", "same": None}
    assert differences(before, after) == [
        "a 1 → null",
        "data.batch_size 8 → 16",
        "data.x",
        "gone 2 → not set",
        "new not set → b",
    ]


def test_of_another_class_the_class_alone_is_named(repository: Path) -> None:
    fpn, unet = (settings_now([Path(f"experiments/{name}.yaml")], []) for name in ("a", "b"))
    assert differences(fpn, unet) == ["model.decoder FPN → UNet"]
    none = settings_now(A, ["--model.schedule", "null"])
    assert differences(fpn, none) == ["model.schedule Poly → null"]
    assert differences(none, fpn) == ["model.schedule null → Poly"]


def test_overrides_that_cannot_change_the_result_are_left_out(repository: Path) -> None:
    typed = ["--seed_everything", "3", "--data.batch_size=8", "--model.decoder", "UNet", "--data.num_workers", "0"]
    assert essential(A, [*typed, "--run.name", "x"]) == ["--model.decoder", "UNet"]
    assert essential(A, ["--data.batch_size", "4", "--data.batch_size=16"]) == ["--data.batch_size=16"]
    assert essential(A, []) == []


def test_overrides_with_absolute_paths_stay_valid_without(repository: Path) -> None:
    found = essential(A, ["--model.backbone.weights", "/home/ann/w.safetensors"])
    assert found == ["--model.backbone.weights", "w.safetensors"]
    assert settings_now(A, found) == settings_now(A, ["--model.backbone.weights=/elsewhere/w.safetensors"])


def test_overrides_of_what_does_not_compose_are_all_kept(repository: Path) -> None:
    words = ["--seed_everything", "3", "--model.decodr", "UNet"]
    assert essential(A, words) == words
    with pytest.raises(ConfigError, match="decodr"):
        settings_now(A, words)
