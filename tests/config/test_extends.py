from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.config.errors import ConfigError

Write = Callable[[str, str], Path]


def test_paths_are_relative_to_their_file(write: Write) -> None:
    write("base/a.yaml", "extends: sub/b.yaml\ntrainer: {max_epochs: 2}")
    write("base/sub/b.yaml", "trainer: {max_epochs: 1, max_steps: 9}")
    tree = compose([write("x.yaml", "extends: base/a.yaml")], checked=False)
    assert (tree.get("trainer.max_epochs"), tree.get("trainer.max_steps")) == (2, 9)


def test_a_part_can_have_its_own_parent_and_be_overridden_beside_it(write: Write) -> None:
    write("base/small.yaml", "backbone: {class_path: TimmBackbone, name: resnet18}\ndecoder: UNet")
    tree = compose([write("x.yaml", "model: {extends: base/small.yaml, decoder: FPN}")], checked=False)
    assert tree.get("model.backbone.name") == "resnet18"
    assert tree.get("model.decoder.class_path") == "FPN"


def test_later_parents_win_and_a_shared_grandparent_applies_once(write: Write) -> None:
    write("root.yaml", "trainer: {max_epochs: 1, max_steps: 1}")
    write("a.yaml", "extends: root.yaml\ntrainer: {max_epochs: 2}")
    write("b.yaml", "extends: root.yaml\ntrainer: {max_steps: 3}")
    tree = compose([write("x.yaml", "extends: [a.yaml, b.yaml]")], checked=False)
    assert (tree.get("trainer.max_epochs"), tree.get("trainer.max_steps")) == (2, 3)


def test_list_elements_can_extend(write: Write) -> None:
    write("dice.yaml", "class_path: DiceLoss\nsmooth: 2.0")
    text = "model: {loss: {class_path: WeightedSum, terms: [CrossEntropyLoss, {extends: dice.yaml, per_image: true}]}}"
    terms = compose([write("x.yaml", text)], checked=False).get("model.loss.terms")
    assert terms[1] == {"class_path": "DiceLoss", "init_args": {"smooth": 2.0, "per_image": True}}


def test_presets_have_names(write: Write) -> None:
    tree = compose([write("x.yaml", "extends: segcli:own_folder")], checked=False)
    assert tree.get("data.class_path") == "FolderDataModule"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("extends: segcli:own_foldr", r"no preset 'segcli:own_foldr' \(did you mean 'segcli:own_folder'\?\)"),
        ("extends: bse.yaml", r"no file bse.yaml \(did you mean 'base.yaml'\?\)"),
        ("extends: 3", "names a file"),
        ("extends: x.yaml", "in a circle: x.yaml -> x.yaml"),
        ("extends: loop.yaml", "in a circle: x.yaml -> loop.yaml -> x.yaml"),
    ],
)
def test_a_parent_that_cannot_be_is_named_with_its_line(write: Write, text: str, message: str) -> None:
    write("base.yaml", "{}")
    write("loop.yaml", "extends: x.yaml")
    with pytest.raises(ConfigError, match=message) as caught:
        compose([write("x.yaml", text)], checked=False)
    assert ".yaml:1" in str(caught.value)


def test_defaults_none_leaves_the_lowest_layer_out(write: Write) -> None:
    assert compose([write("x.yaml", "defaults: none\ntrainer: {max_steps: 1}")], checked=False).plain() == {
        "trainer": {"max_steps": 1}
    }


def test_several_files_merge_later_over_earlier(write: Write) -> None:
    a, b = write("a.yaml", "trainer: {max_epochs: 1, max_steps: 5}"), write("b.yaml", "trainer: {max_epochs: 2}")
    tree = compose([a, b], ["--trainer.max_steps=6"], checked=False)
    assert (tree.get("trainer.max_epochs"), tree.get("trainer.max_steps")) == (2, 6)


def test_a_file_named_on_the_command_line_applies_though_it_was_a_parent(write: Write) -> None:
    base, child = (
        write("base.yaml", "trainer: {max_epochs: 1}"),
        write("x.yaml", "extends: base.yaml\ntrainer: {max_epochs: 2}"),
    )
    assert compose([child, base], checked=False).get("trainer.max_epochs") == 1
