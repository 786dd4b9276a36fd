from typing import Any

import pytest

from segcli.comparison.settings import differing, everything, keys_of, label, relevant, text_at
from tests.run_folders import CONFIG


def experiment(decoder: str = "segcli.decoders.fpn.FPN", lr: float = 0.001, **arguments: object) -> dict[str, Any]:
    model = {
        **CONFIG["model"],
        "decoder": {"class_path": decoder, "init_args": arguments},
        "optimizer": {"class_path": "segcli.optim.adamw.AdamW", "init_args": {"lr": lr}},
    }
    return {**CONFIG, "model": model}


UNET = "segcli.decoders.unet.UNet"


def found(*experiments: dict[str, Any]) -> list[str]:
    return differing([relevant(each) for each in experiments])


def test_of_a_class_switch_the_class_alone_counts() -> None:
    assert found(experiment(dropout=0.2), experiment(UNET, width=64)) == ["model.decoder"]


def test_arguments_count_among_experiments_of_one_class() -> None:
    three = experiment(dropout=0.2), experiment(dropout=0.3), experiment(UNET)
    assert found(*three) == ["model.decoder", "model.decoder.dropout"]


def test_a_component_that_only_some_have_is_one_key() -> None:
    schedule = {"class_path": "segcli.optim.poly.Poly", "init_args": {"power": 0.9}}
    base = experiment()
    none, some = ({**base, "model": {**base["model"], "schedule": value}} for value in (None, schedule))

    assert found(none, some) == ["model.schedule"]
    assert [text_at(relevant(each), "model.schedule") for each in (none, some)] == ["null", "Poly"]


def test_seeds_and_places_do_not_count() -> None:
    moved = {**experiment(), "seed_everything": 9, "run": {"root": "elsewhere"}}
    assert found(experiment(), moved) == []


def test_only_the_keys_asked_for_are_looked_at() -> None:
    pair = [relevant(experiment(lr=0.1)), relevant(experiment(UNET))]
    assert differing(pair) == ["model.decoder", "model.optimizer.lr"]
    assert differing(pair, among=["model.decoder"]) == ["model.decoder"]


def test_labels_are_short() -> None:
    values = {**relevant(experiment(dropout=0.2)), "model.decoder.lr": 0.1}

    assert label(values, ["model.decoder"]) == "FPN"
    assert label(values, ["model.optimizer.lr", "model.decoder"]) == "lr=0.001, FPN"
    assert label(values, ["model.decoder.lr", "model.optimizer.lr"]) == "decoder.lr=0.1, optimizer.lr=0.001"
    assert label(values, ["model.decoder", "model.decoder.width"]) == "FPN"
    assert label(values, ["model.decoder.width"]) == "width=not set"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-5, "1e-05"),
        ("32-true", "32-true"),
        (True, "true"),
        ([0.5, "a"], "[0.5, a]"),
        ([{"class_path": "albumentations.HorizontalFlip", "init_args": {"p": 0.5}}], "[HorizontalFlip(p=0.5)]"),
        ([{"class_path": "my.decoders.FPN"}], "[my.decoders.FPN]"),
        ({"class_path": "segcli.decoders.fpn.FPN"}, "FPN"),
    ],
)
def test_values_are_text_for_people(value: object, text: str) -> None:
    assert text_at({"key": value}, "key") == text


def test_keys_are_plain_and_components_among_them() -> None:
    keys = keys_of([everything(experiment(dropout=0.2))])
    assert {"model.decoder", "model.decoder.dropout", "seed_everything", "run.name"} <= set(keys)
    assert not [key for key in keys if "init_args" in key or "class_path" in key]


def test_of_a_path_to_weights_the_name_labels() -> None:
    values = {"model.backbone.weights": "weights/a.safetensors", "model.lr": 1}
    assert label(values, ["model.backbone.weights"]) == "weights=a.safetensors"
