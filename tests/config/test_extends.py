import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from segcli.config import trust
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
    assert tree.get("data.class_path") == "PatternDataModule"


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


SECRETS = ["sk_live: x", "- sk_live", "sk_live", "{sk_live: 1, data: 2, kind: 3}"]
BROKEN = ["sk_live: [", "*sk_live", "a: !sk_live x", "a: 1\nsk_live: 1\nsk_live: 2"]


@pytest.mark.parametrize("where", ["extends: NAME", "extends: [base.yaml, NAME]"])
@pytest.mark.parametrize(
    ("name", "content"),
    [(name, text) for name in ("a.txt", "a.yaml", ".env") for text in SECRETS] + [("a.txt", text) for text in BROKEN],
)
def test_what_a_file_says_that_is_no_experiment_is_not_printed(
    write: Write, name: str, content: str, where: str
) -> None:
    write("base.yaml", "trainer: {max_epochs: 1}")
    write(name, content)
    with pytest.raises(ConfigError) as caught:
        compose([write("x.yaml", f"{where.replace('NAME', name)}\ndata: ShapesDataModule\n")])
    assert "live" not in str(caught.value)


def test_a_misspelt_parent_among_very_many_files_is_told_at_once(write: Write, tmp_path: Path) -> None:
    folder = str(tmp_path)
    for i in range(100_000):
        os.close(os.open(f"{folder}/base{i}.yaml", os.O_CREAT))
    file = write("x.yaml", "extends: bse77.yaml")
    start = time.process_time()
    with pytest.raises(ConfigError, match=r"did you mean 'base77.yaml'"):
        compose([file])
    assert time.process_time() - start < 2
    shutil.rmtree(folder)  # pytest would keep it, and those of the last sessions


@pytest.mark.parametrize("line", ["extends: NEXT", "model: {extends: NEXT}", "a: {b: {extends: NEXT}}"])
def test_parents_without_end_are_told_at_once(write: Write, line: str) -> None:
    for i in range(200):
        write(f"x{i}.yaml", f"{line.replace('NEXT', f'x{i + 1}.yaml')}\nvars: {{a: 1}}\n")
    write("x200.yaml", "trainer: {max_epochs: 1}")
    start = time.process_time()
    with pytest.raises(ConfigError, match=r"extend one another|nests deeper"):
        compose([Path("x0.yaml")])
    assert time.process_time() - start < 2


def test_parents_that_multiply_are_told_at_once(write: Write) -> None:
    for i in range(30):
        write(f"x{i}.yaml", f"vars: [{{extends: x{i + 1}.yaml}}, {{extends: x{i + 1}.yaml}}]\n")
    write("x30.yaml", "trainer: {max_epochs: 1}")
    start = time.process_time()
    with pytest.raises(ConfigError, match="extends more than 500 files"):
        compose([Path("x0.yaml")])
    assert time.process_time() - start < 2


@pytest.mark.parametrize("parent", ["../outside.yaml", "/etc/passwd", "link.yaml", "../no_such.yaml", "/dev/zero"])
def test_a_parent_outside_the_repository_is_refused_from_strangers(write: Write, tmp_path: Path, parent: str) -> None:
    write("outside.yaml", "trainer: {max_epochs: 3}")
    file = write("repository/x.yaml", f"extends: {parent}\ndata: ShapesDataModule\n")
    (tmp_path / "repository" / ".git").mkdir()
    (tmp_path / "repository" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    os.chdir(tmp_path / "repository")
    with trust.limited(), pytest.raises(ConfigError, match="outside the repository"):
        compose([file])
    with trust.limited(), pytest.raises(ConfigError, match="outside the repository"):
        compose([tmp_path / "outside.yaml"])
