"""What ``show`` prints is what ``fit`` gets, what config.yaml stores, and what that composes to."""

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import yaml

from segcli.cli.main import main
from segcli.config.compose import compose
from segcli.config.dumper import dump_standalone
from segcli.config.keys import is_path
from segcli.config.node import Source, from_plain
from segcli.experiment.lightning_cli import SegmentationCLI
from segcli.experiment.typed_values import drop_unstated

Capture = pytest.CaptureFixture[str]
KEYS = ["run.name", "run.root", "checkpoint.dirpath", "model.backbone.weights", "trainer.callbacks.0.filename"]
TEXTS = ["null", "~", "#3", "&a", "[x]", "- x", "001", "{a: b}", "'q'", "77950e8", "${x}", "", " a "]


def _flags(text: str) -> list[str]:
    literal = json.dumps(text) if text == "null" else text.replace("${", r"\${")
    return [f"--{key}={yaml_quoted(literal) if text == chr(39) + 'q' + chr(39) else literal}" for key in KEYS]


def yaml_quoted(text: str) -> str:
    return json.dumps(text)


def _meant(key: str, text: str) -> str:
    """Return what a text means at a key: where a path stands, ``~`` is the home folder."""
    return str(Path.home()) if text == "~" and is_path(key) else text


def _at(tree: Any, key: str) -> object:  # noqa: ANN401  (nested dicts and lists)
    for part in key.split("."):
        inner = tree["init_args"] if isinstance(tree, dict) and part not in tree and "init_args" in tree else tree
        tree = inner[int(part)] if isinstance(inner, list) else inner[part]
    return tree


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_stays_as_it_is_from_the_flag_to_the_saved_config(tiny: Path, capsys: Capture, text: str) -> None:
    callback = "{class_path: ModelCheckpoint, monitor: val/loss}"
    tiny.write_text(tiny.read_text().replace("trainer: {", f"trainer: {{callbacks: [{callback}], "))
    assert main(["show", "tiny.yaml", *_flags(text), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {_at(printed, key) for key in KEYS} == {text}
    cli = SegmentationCLI(compose([tiny], _flags(text)).expanded())
    meant = {key: _meant(key, text) for key in KEYS}
    assert {key: _at(cli.config.as_dict(), key) for key in KEYS} == meant
    resolved = cli.resolved()
    assert {key: _at(resolved, key) for key in KEYS} == meant
    saved = Path("config.yaml")
    saved.write_text(dump_standalone(from_plain(resolved, Source("x"))))
    assert {key: compose([saved]).get(key) for key in KEYS} == meant
    assert SegmentationCLI(compose([saved]).expanded()).resolved() == resolved


@pytest.mark.parametrize(("text", "value"), [("'002'", "002"), ("2", 2), ("'2'", "2")])
def test_a_text_is_kept_where_a_number_may_stand_as_well(tiny: Path, text: str, value: object) -> None:
    assert (
        SegmentationCLI(compose([tiny], ["--trainer.devices", text]).expanded()).resolved()["trainer"]["devices"]
        == value
    )


def test_mappings_of_texts_are_kept(tiny: Path) -> None:
    tiny.write_text(
        tiny.read_text().replace("ShapesDataModule", "FolderDataModule").split("  train_size")[0]
        + "  root: 001\n  mask_values: {0: 001, 1: no, 2: 'null'}\nmodel: {backbone: test_resnet.r160_in1k}\n"
    )
    text = tiny.read_text().replace("backbone: test_resnet.r160_in1k", "backbone: {name: test_resnet.r160_in1k}")
    tiny.write_text(text)
    arguments = SegmentationCLI(compose([tiny]).expanded()).resolved()["data"]["init_args"]
    assert (arguments["root"], list(arguments["mask_values"].values())) == ("001", ["001", "no", "null"])


def test_a_run_keeps_a_reference_that_was_meant_literally(tiny: Path) -> None:
    """Its config.yaml composes to what ran, where the text in it looks like an interpolation."""
    words = ["--trainer.max_epochs", "1", "--pictures.count", "0", "--run.root", r"out\${x}"]
    assert main(["fit", "-c", "tiny.yaml", *words]) == 0
    for name in ("config.yaml", "composed.yaml"):
        saved = Path("out${x}/tiny/1") / name
        assert compose([saved]).get("run.root") == "out${x}"
        assert yaml.safe_load(saved.read_text())["run"]["root"] == r"out\${x}"


def test_what_a_parent_would_take_is_not_said_for_it() -> None:
    kappa = "torchmetrics.classification.MulticlassCohenKappa"
    stated = {"class_path": kappa, "init_args": {"num_classes": 3, "sync_on_compute": False}}
    parsed = {"class_path": kappa, "init_args": {**stated["init_args"], "weights": None, "compute_on_cpu": False}}
    other = {"class_path": "segcli.metrics.hd95.HD95", "init_args": {"name": None}}
    values = {"model": {"metrics": [parsed, other]}}

    drop_unstated(values, {"model": {"metrics": [stated, {"class_path": other["class_path"]}]}})

    kept = {"num_classes": 3, "sync_on_compute": False, "weights": None}
    assert values == {"model": {"metrics": [{"class_path": kappa, "init_args": kept}, other]}}


def test_a_whole_number_stays_one_in_whatever_order_its_types_are_tried(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One batch is not all of them; typing takes the two orders for one, so that imports of before decide."""
    annotations = inspect.unwrap(pl.Trainer.__init__).__annotations__
    monkeypatch.setitem(annotations, "limit_train_batches", float | int | None)
    monkeypatch.setitem(annotations, "limit_val_batches", float | int | None)
    words = ["--trainer.limit_train_batches", "1", "--trainer.limit_val_batches", "0.5"]
    cli = SegmentationCLI(compose([tiny], words).expanded())
    assert repr(cli.resolved()["trainer"]["limit_train_batches"]) == "1"
    assert repr(cli.resolved()["trainer"]["limit_val_batches"]) == "0.5"
    assert repr(cli.config.as_dict()["trainer"]["limit_train_batches"]) == "1"
