from collections.abc import Callable
from pathlib import Path

import yaml

from segcli.config.compose import compose
from segcli.config.node import Source, from_plain

Write = Callable[[str, str], Path]
TEXT = "data: {class_path: ShapesDataModule, train_transforms: [HorizontalFlip]}\nmodel: {decoder: UNet}"


def test_expanded_has_full_paths_and_plain_the_names_of_the_files(write: Write) -> None:
    experiment = compose([write("x.yaml", TEXT)])
    assert experiment.plain()["model"]["decoder"] == {"class_path": "UNet", "init_args": {}}
    expanded = experiment.expanded()
    assert expanded["model"]["decoder"]["class_path"] == "segcli.decoders.unet.UNet"
    assert expanded["data"]["init_args"]["train_transforms"][0]["class_path"] == "albumentations.HorizontalFlip"


def test_a_plain_tree_written_with_defaults_none_composes_to_itself(write: Write) -> None:
    first = compose([write("x.yaml", TEXT)]).plain()
    again = compose([write("y.yaml", yaml.safe_dump({"defaults": "none", **first}))]).plain()
    assert again == first


def test_a_base_tree_stands_in_for_the_defaults(write: Write) -> None:
    base = from_plain(compose([write("x.yaml", TEXT)]).plain(), Source("best.ckpt"))
    experiment = compose([], ["--model.decoder", "FPN"], base=base)
    assert experiment.get("model.decoder.class_path") == "FPN"
    assert experiment.source("model.backbone.class_path") == Source("best.ckpt")


def test_source_is_that_of_the_value_or_of_the_mapping_above(write: Write) -> None:
    experiment = compose([write("x.yaml", TEXT)])
    assert str(experiment.source("model.decoder.class_path")) == "x.yaml:2"
    assert experiment.source("nothing.here") is None


def test_every_file_is_listed(write: Write) -> None:
    write("base.yaml", TEXT)
    experiment = compose([write("x.yaml", "extends: base.yaml")])
    assert [file.name for file in experiment.files] == ["x.yaml", "base.yaml"]


def test_nested_components_are_expanded(write: Write) -> None:
    text = "data: {class_path: ShapesDataModule, train_transforms: [{class_path: OneOf, transforms: [VerticalFlip]}]}"
    transforms = compose([write("x.yaml", text)]).expanded()["data"]["init_args"]["train_transforms"]
    assert transforms[0]["init_args"]["transforms"][0]["class_path"] == "albumentations.VerticalFlip"
