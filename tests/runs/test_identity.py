import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from segcli.config.compose import compose
from segcli.config.resolve import resolve
from segcli.runs.identity import config_hash, differing_keys, experiment_hash, identity

CONFIG: dict[str, Any] = {
    "seed_everything": 1,
    "model": {"decoder": {"class_path": "a.FPN", "init_args": {"width": 2.0, "weights": "w/x.pt"}}},
    "data": {"class_path": "b.Data", "init_args": {"root": "data", "num_workers": 2, "image_dir": "a/image"}},
    "run": {"root": "runs", "name": "x"},
    "trainer": {"logger": True, "max_epochs": 3},
}
STATED = {
    *("seed_everything", "model.decoder.class_path", "model.decoder.width", "model.decoder.weights"),
    *("data.class_path", "data.root", "data.image_dir", "trainer.max_epochs"),
}


def _with(*path: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(CONFIG)
    node = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return changed


def test_keys_are_plain_and_what_says_where_is_left_out() -> None:
    found = identity(CONFIG)
    assert not [key for key in found if key.startswith(("run.", "trainer.logger", "data.num_workers"))]
    assert {key: value for key, value in found.items() if key in STATED} == {
        "seed_everything": 1,
        "model.decoder.class_path": "a.FPN",
        "model.decoder.width": 2,
        "model.decoder.weights": "x.pt",
        "data.class_path": "b.Data",
        "data.root": "data",
        "data.image_dir": "image",
        "trainer.max_epochs": 3,
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("run", "name"), "y"),
        (("trainer", "logger"), False),
        (("data", "init_args", "num_workers"), 0),
        (("data", "init_args", "root"), "/elsewhere/data"),
        (("model", "decoder", "init_args", "width"), 2),
        (("model", "decoder", "init_args", "weights"), "other/x.pt"),
    ],
)
def test_the_same_experiment_elsewhere(path: tuple[str, ...], value: object) -> None:
    assert config_hash(_with(*path, value=value)) == config_hash(CONFIG)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("trainer", "max_epochs"), 4),
        (("model", "decoder", "class_path"), "a.UNet"),
        (("model", "decoder", "init_args", "width"), True),
        (("model", "decoder", "init_args", "weights"), None),
        (("model", "decoder", "init_args", "weights"), "w/y.pt"),
        (("data", "init_args", "root"), "/elsewhere"),
    ],
)
def test_another_experiment(path: tuple[str, ...], value: object) -> None:
    assert experiment_hash(_with(*path, value=value)) != experiment_hash(CONFIG)


def test_the_seed_is_of_the_run_not_of_the_experiment() -> None:
    other = _with("seed_everything", value=2)
    assert config_hash(other) != config_hash(CONFIG)
    assert experiment_hash(other) == experiment_hash(CONFIG)


def test_composing_alone_gives_the_hash_of_the_run(in_trained: Path) -> None:
    """Without torch: what sweeps and ledgers rely on."""
    written = yaml.safe_load(Path("runs/tiny/1/config.yaml").read_text())
    assert config_hash(resolve(compose([Path("tiny.yaml")])).plain()) == config_hash(written)
    assert config_hash(resolve(compose([Path("runs/tiny/1/config.yaml")])).plain()) == config_hash(written)


def test_keys_that_differ_are_told_by_meaning() -> None:
    before, after = {"a": 1, "b": 2, "c": 0.5}, {"b": 2, "a": True, "d": 0}
    assert differing_keys(before, after) == ["a", "c", "d"]


@pytest.mark.parametrize(
    "texts",
    [
        (
            "trainer: {callbacks: [pytorch_lightning.callbacks.timer.Timer]}",
            "trainer: {callbacks: {class_path: Timer}}",
        ),
        ("trainer: {callbacks: []}", "trainer: {}"),
    ],
)
def test_two_ways_to_write_one_experiment_have_one_hash(texts: tuple[str, str], tmp_path: Path) -> None:
    hashes = set()
    for text in texts:
        (tmp_path / "x.yaml").write_text(f"data: ShapesDataModule\n{text}\n")
        hashes.add(config_hash(resolve(compose([tmp_path / "x.yaml"])).plain()))
    assert len(hashes) == 1


def test_metrics_are_part_of_an_experiment_only_where_it_names_some() -> None:
    before = identity(CONFIG)
    hd95, ece = ({"class_path": f"segcli.metrics.{path}", "init_args": {}} for path in ("hd95.HD95", "x.ECE"))
    named = [_with("model", "metrics", value=value) for value in ([hd95], [hd95, ece], [ece, hd95])]

    assert not [key for key in before if "metrics" in key]
    for value in (None, []):
        assert experiment_hash(_with("model", "metrics", value=value)) == experiment_hash(CONFIG)
    hashes = [experiment_hash(config) for config in (CONFIG, *named)]
    assert len(set(hashes)) == 3
    assert hashes[2] == hashes[3]
