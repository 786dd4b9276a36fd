import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

import segcli
from segcli.config.check import DATA
from segcli.config.compose import compose
from segcli.config.files import Files
from segcli.config.library import installed
from segcli.config.loader import load_file
from segcli.config.node import MappingNode, Node, SequenceNode
from segcli.config.schema import experiment_schema
from segcli.registry import FAMILIES

PACKAGE = Path(segcli.__file__).parent
EXPERIMENTS = PACKAGE.parent / "experiments"
BASE = "data: ShapesDataModule\n"

WRONG = [
    BASE + "modle: {}",
    BASE + "trainer: {max_epoch: 3}",
    BASE + "trainer: {max_epochs: three}",
    BASE + "trainer: {default_root_dir: here}",
    BASE + "trainer: {strategy: {class_path: DDPStrategy}}",
    BASE + "trainer: {callbacks: [{class_path: EarlyStoping, monitor: val/loss}]}",
    BASE + "trainer: {callbacks: [{class_path: EarlyStopping, monitor: val/loss, paitence: 3}]}",
    BASE + "trainer: {callbacks+: {class_path: EarlyStopping, monitor: [3]}}",
    BASE + "trainer: {logger: [{class_path: CSVLogger, save_dir: x, nam: y}]}",
    BASE + "trainer: {logger: 3}",
    BASE + "trainer+: [3]",
    BASE + "checkpoint: {save_top: 3}",
    BASE + "run: {name: [2024]}",
    BASE + "run: {class_path: RunSettings}",
    BASE + "pictures: []",
    BASE + "seed_everything: x",
    BASE + "seed_everything: null",
    BASE + "model: 3",
    BASE + "model: null",
    BASE + "model: {decoder: 3}",
    BASE + "model: {decoder: true}",
    BASE + "model: {decoder: null}",
    BASE + "model: {decoder: [FPN]}",
    BASE + "model: {decoder+: FPN}",
    BASE + "model: {decoder: {class_path: FPN, pyramid_chanels: 3}}",
    BASE + "model: {decoder: {class_path: FPN, init_args: {pyramid_chanels: 3}}}",
    BASE + "model: {decoder: {class_path: FPN, init_args: {class_path: FPN}}}",
    BASE + "model: {decoder: {class_path: FPN, init_args: [1]}}",
    BASE + "model: {decoder: {class_path: FPN, features: []}}",
    BASE + "model: {decoder: {class_path: segcli.decoders.fpn.FPN, features: []}}",
    BASE + "model: {decoder: {class_path: segcli.decoders.fpn:FPN, pyramid_channels: x}}",
    BASE + "model: {decoder: {class_path: 3}}",
    BASE + "model: {decoder: {features: []}}",
    BASE + "model: {decoder: {pyramid_chanels: 3}}",
    BASE + "model: {decoder: {lr: 3}}",
    BASE + "model: {classes: [a]}",
    BASE + "model: {task: multilable}",
    BASE + "model: {mean: 0.5}",
    BASE + "model: {mean: [a]}",
    BASE + "model: {mean+: a}",
    BASE + "model: {value_range: [0.0]}",
    BASE + "model: {channels_last: 1}",
    BASE + "model: {backbone: {pretrained: maybe}}",
    BASE + "model: {backbone: resnet5O}",
    BASE + "model: {backbone: {class_path: resnet50}}",
    BASE + "model: {decoder: resnet50}",
    BASE + "model: {optimizer: null}",
    BASE + "model: {optimizer: {lr: abc}}",
    BASE + "model: {optimizer: {lr: null}}",
    BASE + "model: {optimizer: {params: []}}",
    BASE + "model: {loss: DiceLos}",
    BASE + "model: {loss: UNet}",
    BASE + "model: {loss: {class_path: UNet}}",
    BASE + "model: {loss: {class_path: WeightedSum, terms: [CrossEntropyLoss, {class_path: DiceLoss, smoth: 1}]}}",
    BASE + "model: {loss: {class_path: WeightedSum, terms: [DiceLos]}}",
    BASE + "model: {loss: {class_path: WeightedSum, terms: [{smooth: 1}]}}",
    BASE + "model: {loss: {class_path: WeightedSum, terms: null}}",
    "data:",
    "data: 5",
    "data: [ShapesDataModule]",
    "data: ShapesDataModul",
    "data: {class_path: FolderDataModule, root: here, mask_values: {0: [road]}}",
    "data: {class_path: ShapesDataModule, train_transforms: [HorizontalFlp]}",
    "data: {class_path: ShapesDataModule, train_transforms: [{class_path: OneOf, transforms: [VerticalFlp]}]}",
    "data: {class_path: ShapesDataModule, train_transforms: [{class_path: albumentations.Affine, scal: 2}]}",
    "data: {class_path: ShapesDataModule, train_transforms: [{p: 0.5}]}",
    BASE + "defaults: nothing",
    BASE + "extends: segcli:augmnt",
    BASE + "extends: [segcli:augment, 3]",
    BASE + "extends: null",
    BASE + "model: {decoder: {extends: segcli:augmnt}}",
]

RIGHT = [
    BASE,
    BASE + "extends: segcli:augment\ndefaults: none\nmodel: {backbone: TimmBackbone, decoder: FPN, loss: DiceLoss, "
    "optimizer: {class_path: AdamW, lr: 1e-3}}",
    BASE + "extends: [segcli:augment, segcli:bf16]",
    BASE + "vars: {lr: 1e-3}\nmodel: {optimizer: {lr: '${vars.lr}'}}",
    BASE + "vars: {all: {max_epochs: 3}}\ntrainer: '${vars.all}'",
    BASE + "vars: {loss: DiceLoss}\nmodel: {loss: '${vars.loss}'}",
    BASE + "vars: {n: 0.5}\nmodel: {mean: ['${vars.n}', 0.5, 1]}",
    BASE + "seed_everything: true",
    BASE + "model: {schedule: null}",
    BASE + "model: {decoder: UNet}",
    BASE + "model: {decoder: segcli.decoders.fpn.FPN}",
    BASE + "model: {backbone: resnet50}",
    BASE + "model: {backbone: resnet50.a1_in1k}",
    BASE + "model: {backbone: 'hf-hub:timm/resnet50.a1_in1k'}",
    BASE + "model: {decoder: {class_path: segcli.decoders.fpn:FPN, init_args: {pyramid_channels: 64}}}",
    BASE + "model: {decoder: {class_path: FPN, init_args: {pyramid_channels: 64}, dropout: 0}}",
    BASE + "model: {decoder: {pyramid_channels: 64}}",
    BASE + "model: {decoder: {init_args: {pyramid_channels: 64}}}",
    BASE + "model: {loss: {class_path: WeightedSum, terms: [CrossEntropyLoss, {class_path: DiceLoss, smooth: 1}]}}",
    BASE + "model: {loss: {class_path: WeightedSum, terms+: DiceLoss}}",
    BASE + "trainer: {callbacks+: [{class_path: EarlyStopping, monitor: val/loss}], logger: false, devices: [0]}",
    BASE + "trainer: {callbacks: {class_path: pytorch_lightning.callbacks.EarlyStopping, monitor: val/loss}}",
    BASE + "trainer: {callbacks: "
    "{class_path: pytorch_lightning.callbacks.early_stopping.EarlyStopping, monitor: val/loss}}",
    BASE + "trainer: {callbacks: [{class_path: ModelSummary, any_option: 3}]}",
    BASE + "trainer: {strategy: ddp, precision: bf16-mixed, plugins: [{class_path: collections.Counter}]}",
    BASE + "trainer: {max_time: {hours: 3}, limit_val_batches: 0.5, default_root_dir: null}",
    "data: {class_path: FolderDataModule, root: here, mask_values: {0: road, 1: other}}",
    "data: {class_path: FolderDataModule, root: here, mask_values: !replace {0: road, 1: other}}",
    "data: {class_path: ShapesDataModule, train_transforms: [{class_path: OneOf, transforms: [VerticalFlip]}]}",
    "data: {class_path: ShapesDataModule, train_transforms: [{class_path: albumentations.Affine, scale: [0.5, 2]}]}",
    "data: {class_path: ShapesDataModule, train_transforms+: VerticalFlip}",
]


@cache
def validator() -> Draft7Validator:
    return Draft7Validator(experiment_schema(installed()))


def plain(node: Node) -> Any:  # noqa: ANN401  (as JSON has it: string keys, and no key that is removed)
    if isinstance(node, MappingNode):
        return {str(key): plain(child) for key, child in node.value.items() if child.tag != "del"}
    return [plain(child) for child in node.value] if isinstance(node, SequenceNode) else node.value


def told(tree: object) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in validator().iter_errors(tree)]


def told_of(path: Path) -> list[str]:
    return told(plain(load_file(path, Files())))


def test_it_is_a_schema_and_small_enough_for_an_editor() -> None:
    schema = experiment_schema(installed())
    Draft7Validator.check_schema(schema)
    assert len(json.dumps(schema)) < 500_000


def test_every_model_of_timm_may_stand_for_a_backbone() -> None:
    options = experiment_schema(installed())["definitions"]["backbones"]["anyOf"]
    pattern = next(option["pattern"] for option in options if "pattern" in option)
    assert installed().timm_names
    assert [name for name in installed().timm_names if not re.search(pattern, name)] == []


@pytest.mark.parametrize(
    "path",
    [
        *sorted(EXPERIMENTS.rglob("*.yaml")),
        *sorted((PACKAGE / "presets").rglob("*.yaml")),
        PACKAGE / "defaults.yaml",
    ],
    ids=lambda path: path.name,
)
def test_shipped_files_are_accepted(path: Path) -> None:
    assert told_of(path) == []


@pytest.mark.parametrize("name", ["config.yaml", "composed.yaml"])
def test_saved_configs_are_accepted(trained: Path, name: str) -> None:
    assert told_of(trained / name) == []


@pytest.mark.parametrize("path", sorted(EXPERIMENTS.glob("*.yaml")), ids=lambda path: path.name)
def test_composed_experiments_are_accepted(path: Path) -> None:
    experiment = compose([path])
    assert told(json.loads(json.dumps(experiment.plain()))) == []
    assert told(json.loads(json.dumps(experiment.expanded()))) == []


@pytest.mark.parametrize("text", WRONG)
def test_what_check_flags_is_flagged(text: str, error: Callable[..., str], tmp_path: Path) -> None:
    assert error(text)
    assert told_of(tmp_path / "x.yaml")


@pytest.mark.parametrize("text", RIGHT)
def test_what_check_accepts_is_accepted(text: str, write: Callable[[str, str], Path]) -> None:
    path = write("x.yaml", text)
    compose([path])
    assert told_of(path) == []


@pytest.mark.parametrize(
    "text",
    [
        "model: {loss: {terms: {0: {smooth: 2}, 1: DiceLoss}}}",
        "model: {loss: {terms+: [{class_path: DiceLoss}]}}",
        "model: {loss: {terms: [{extends: dice.yaml, smooth: 2}]}}",
        "model: {mean: {0: 0.5}}",
        "model: {decoder: {extends: decoder.yaml, init_args: {extends: [a.yaml]}}}",
        "data: {batch_size: 3, mask_values: {extends: names.yaml}}",
        "data: {train_transforms: {0: {p: 0.3}}}",
        "trainer: {profiler: !del , max_epochs: !del }",
        "model: {decoder: {class_path: my_parts.MyDecoder, my_width: 3}}",
        "data: {class_path: FolderDataModule}",
    ],
)
def test_a_file_may_say_only_what_differs_from_its_parents(text: str, write: Callable[[str, str], Path]) -> None:
    assert told_of(write("x.yaml", text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "model: {loss: {terms: {0: {smoth: 2}}}}",
        "model: {loss: {terms: {first: DiceLoss}}}",
        "model: {loss: {terms: DiceLoss}}",
        "model: {loss: {terms: [3]}}",
        "model: {optimizer: {lr+: 3}}",
        "vars: 3",
    ],
)
def test_some_mistakes_show_without_the_parents(text: str, write: Callable[[str, str], Path]) -> None:
    assert told_of(write("x.yaml", text))


def test_arguments_have_a_description_and_a_default() -> None:
    definitions = validator().schema["definitions"]
    dropout = definitions["decoders.FPN"]["properties"]["dropout"]
    assert dropout["description"].startswith("Share of output channels zeroed")
    assert dropout["description"].endswith("\n\nfloat, default 0.2")
    assert dropout["default"] == 0.2
    assert definitions["callbacks.EarlyStopping"]["properties"]["monitor"]["description"].endswith("str, required")


def test_a_default_that_is_an_expression_is_not_offered() -> None:
    flags = validator().schema["definitions"]["transforms.Affine"]["properties"]["interpolation"]
    assert "default" not in flags
    assert flags["description"].endswith("default cv2.INTER_LINEAR")


def test_every_short_name_is_offered_with_what_it_is() -> None:
    definitions = validator().schema["definitions"]
    for family in FAMILIES.values():
        short = definitions[f"{family.name}.names"]["anyOf"][0]
        assert set(family.table) <= set(short["enum"])
        assert len(short["enum"]) == len(short["enumDescriptions"])
    assert "HorizontalFlip" in definitions["transforms.names"]["anyOf"][0]["enum"]
    assert "PercentType" not in definitions["transforms.names"]["anyOf"][0]["enum"]  # a type alias


def test_data_is_what_check_takes_it_for() -> None:
    assert validator().schema["properties"]["data"]["allOf"] == [{"$ref": "#/definitions/datamodules"}]
    assert installed().family_of(DATA.annotation) is FAMILIES["datamodules"]


def test_a_mode_may_be_null_wherever_it_follows_a_metric() -> None:
    for tree in (
        {"checkpoint": {"mode": None}},
        {"trainer": {"callbacks": [{"class_path": "EarlyStopping", "monitor": "val/loss", "mode": None}]}},
        {"checkpoint": {"mode": "max"}},
    ):
        assert not list(validator().iter_errors(tree)), tree
    assert list(validator().iter_errors({"checkpoint": {"mode": [3]}}))
    assert list(validator().iter_errors({"checkpoint": {"save_top_k": None}}))
