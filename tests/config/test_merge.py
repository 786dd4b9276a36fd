from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segcli.config.compose import compose
from segcli.config.diff import diff
from segcli.runs.identity import config_hash

PLAIN = ["--model.backbone.pretrained", "false"]
Composed = Callable[..., dict[str, Any]]
Write = Callable[[str, str], Path]


def test_class_switch_drops_the_old_arguments(write: Write) -> None:
    write("base.yaml", "model: {optimizer: {class_path: AdamW, weight_decay: 0.05}}")
    tree = compose([write("x.yaml", "{extends: base.yaml, model: {optimizer: torch.optim.SGD}}")], checked=False)
    assert tree.get("model.optimizer") == {"class_path": "torch.optim.SGD", "init_args": {}}


def test_the_same_class_by_short_or_full_name_keeps_its_arguments(write: Write) -> None:
    write("base.yaml", "model: {decoder: {class_path: FPN, dropout: 0.5}}")
    text = "{extends: base.yaml, model: {decoder: {class_path: segcli.decoders.fpn.FPN, pyramid_channels: 64}}}"
    tree = compose([write("x.yaml", text)], checked=False)
    assert tree.get("model.decoder.init_args") == {"dropout": 0.5, "pyramid_channels": 64}


@pytest.mark.parametrize("over", ["FolderDataModule", "segcli.datamodules.folder_data_module.FolderDataModule"])
def test_a_short_form_keeps_the_arguments_of_the_whole_form(write: Write, over: str) -> None:
    text = f"{{extends: segcli:own_folder, data: {{class_path: {over}, root: x, classes: [a, b]}}}}"
    tree = compose([write("x.yaml", text)], checked=False)
    assert (tree.get("data.batch_size"), tree.get("data.val_batch_size")) == (8, 1)
    assert len(tree.get("data.train_transforms")) == 3


def test_a_short_form_drops_what_it_has_not(write: Write) -> None:
    text = "extends: segcli:own_folder\ndata: {root: x, classes: [a], image: '{name}.png', mask: 'm/{name}.png'}"
    write("base.yaml", text)
    tree = compose([write("x.yaml", "{extends: base.yaml, data: FolderDataModule}")], checked=False)
    assert (tree.get("data.root"), tree.get("data.image"), tree.get("data.val_batch_size")) == ("x", None, 1)


def test_the_flat_form_overrides_arguments_of_a_known_class(composed: Composed) -> None:
    tree = composed("model: {optimizer: {lr: 3e-4}}")
    assert tree["model"]["optimizer"] == {"class_path": "AdamW", "init_args": {"lr": 3e-4}}


def test_arguments_may_come_before_the_class(write: Write) -> None:
    write("early.yaml", "data: {batch_size: 4, train_transforms: [HorizontalFlip]}")
    tree = compose([write("x.yaml", "{extends: early.yaml, data: ShapesDataModule}")], checked=False)
    assert tree.get("data") == {
        "class_path": "ShapesDataModule",
        "init_args": {"batch_size": 4, "train_transforms": [{"class_path": "HorizontalFlip", "init_args": {}}]},
    }


LONG = "{data: ShapesDataModule, model: {backbone: {class_path: TimmBackbone, name: resnet18, pretrained: false}}}"


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        ("{data: ShapesDataModule, model: {backbone: {name: resnet18, pretrained: false}}}", []),
        ("{data: ShapesDataModule, model: {backbone: {pretrained: false}}}", ["--model.backbone", "resnet18"]),
        ("{data: ShapesDataModule, model: {backbone: resnet18}}", ["--model.backbone.pretrained", "false"]),
        (LONG.replace("resnet18", "vit_tiny_patch16_224"), ["--model.backbone=resnet18"]),
        (LONG.replace("TimmBackbone", "torch.nn.Identity"), ["--model.backbone", "resnet18", *PLAIN]),
        ("{vars: {b: resnet18}, data: ShapesDataModule, model: {backbone: '${vars.b}'}}", PLAIN),
    ],
)
def test_a_model_of_timm_is_a_backbone(write: Write, text: str, overrides: list[str]) -> None:
    short, long = compose([write("x.yaml", text)], overrides), compose([write("long.yaml", LONG)])
    assert diff(short, long) == []
    assert config_hash(short.expanded()) == config_hash(long.expanded())


def test_a_model_of_timm_says_where_it_was_written(write: Write) -> None:
    base = write("base.yaml", "model: {backbone: {name: resnet18, frozen: true}}")
    tree = compose([base, write("x.yaml", "model:\n  backbone: resnet50\n")], checked=False)
    assert str(tree.source("model.backbone.name")) == "x.yaml:2"
    assert str(tree.source("model.backbone.class_path")) == "segcli/defaults.yaml:5"
    assert tree.get("model.backbone.frozen") is True


@pytest.mark.parametrize("text", ["{name: resnet18}", "resnet18"])
def test_a_model_of_timm_needs_no_class_below(composed: Composed, text: str) -> None:
    tree = composed(f"{{defaults: none, model: {{backbone: {text}}}}}")
    assert tree["model"] == {"backbone": {"class_path": "TimmBackbone", "init_args": {"name": "resnet18"}}}


def test_a_class_above_the_name_of_a_model_gets_it(write: Write) -> None:
    base = write("base.yaml", "{defaults: none, model: {backbone: {name: resnet18}}}")
    tree = compose([base, write("x.yaml", "{model: {backbone: torch.nn.Identity}}")], checked=False)
    assert tree.get("model.backbone") == {"class_path": "torch.nn.Identity", "init_args": {"name": "resnet18"}}


def test_lists_replace_and_plus_appends(write: Write) -> None:
    write("base.yaml", "trainer: {callbacks: [{class_path: EarlyStopping, monitor: val/loss}]}")
    added = compose([write("a.yaml", "{extends: base.yaml, trainer: {callbacks+: [ModelSummary]}}")], checked=False)
    names = [callback["class_path"] for callback in added.get("trainer.callbacks")]
    assert names == ["EarlyStopping", "ModelSummary"]
    replaced = compose([write("b.yaml", "{extends: base.yaml, trainer: {callbacks: [ModelSummary]}}")], checked=False)
    assert [callback["class_path"] for callback in replaced.get("trainer.callbacks")] == ["ModelSummary"]


def test_replace_takes_a_mapping_whole(write: Write) -> None:
    write("base.yaml", "data: {class_path: FolderDataModule, mask_values: {0: a, 1: b, 2: c}}")
    merged = compose([write("m.yaml", "{extends: base.yaml, data: {mask_values: {0: x}}}")], checked=False)
    assert merged.get("data.mask_values") == {0: "x", 1: "b", 2: "c"}
    whole = compose([write("w.yaml", "{extends: base.yaml, data: {mask_values: !replace {0: x}}}")], checked=False)
    assert whole.get("data.mask_values") == {0: "x"}


def test_del_removes_what_a_parent_set(composed: Composed) -> None:
    assert "max_epochs" not in composed("trainer:\n  max_epochs: !del")["trainer"]


def test_del_of_nothing_is_an_error(error: Callable[..., str]) -> None:
    message = error("data: ShapesDataModule\ntrainer:\n  profiler: !del\n")
    assert message.startswith("error: trainer.profiler: nothing to remove")
    assert "x.yaml:3" in message


def test_an_index_addresses_a_list_element(composed: Composed) -> None:
    text = "trainer: {callbacks: [{class_path: EarlyStopping, monitor: a}, ModelSummary]}"
    tree = composed(text, "--trainer.callbacks.0.patience", "7")
    assert tree["trainer"]["callbacks"][0]["init_args"] == {"monitor": "a", "patience": 7}
    assert tree["trainer"]["callbacks"][1]["class_path"] == "ModelSummary"


def test_an_index_that_does_not_exist_is_an_error(error: Callable[..., str]) -> None:
    text = "data: ShapesDataModule\ntrainer: {callbacks: [ModelSummary]}"
    message = error(text, "--trainer.callbacks.3.max_depth", "7")
    assert "trainer.callbacks.3: no element 3: the list ends with element 0" in message


def test_appending_to_a_scalar_is_an_error(error: Callable[..., str]) -> None:
    assert "'+' appends to a list" in error("data: ShapesDataModule\ntrainer: {max_epochs+: [1]}")


def test_a_value_knows_whom_it_replaced(write: Write) -> None:
    write("base.yaml", "\ntrainer: {max_epochs: 3}")
    tree = compose([write("x.yaml", "{extends: base.yaml, trainer: {max_epochs: 4}}")], checked=False)
    node = tree.root.value["trainer"].value["max_epochs"]
    chain = []
    while node is not None:
        chain.append((str(node.source), node.value))
        node = node.over
    assert [value for _, value in chain] == [4, 3, 50]
    assert [where for where, _ in chain][:2] == ["x.yaml:1", "base.yaml:2"]


def test_layers_are_not_changed_by_merging(write: Write) -> None:
    file = write("x.yaml", "trainer: {callbacks+: [ModelSummary]}")
    first, second = compose([file], checked=False).plain(), compose([file], checked=False).plain()
    assert first == second
