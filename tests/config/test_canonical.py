import math

import pytest

from segcli.config.canonical import ORDER, canonical, flattened, leaves, text
from segcli.registry import SHORT_FORMS

TRAINER = "pytorch_lightning.trainer.trainer.Trainer"
A, B = {"class_path": "a.A"}, {"class_path": "b.B"}


@pytest.mark.parametrize(
    ("a", "b", "key", "equal"),
    [
        (1.0, 1, "model.x", True),
        (True, 1, "model.x", False),
        ("1", 1, "model.x", False),
        (math.nan, math.nan, "model.x", True),
        ((1, 2.0), [1, 2], "model.x", True),
        ([1, 2], [2, 1], "model.x", False),
        ("a/x", "/b/x/", "data.root", True),
        ("a/x", "b/x", "data.name", False),
        (["a/x"], ["b/x"], "model.mask_dir", True),
        ("a/x.ckpt", "b/x.ckpt", "model.weights", False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "model.x", True),
        ({2: "a", 10: "b"}, {10: "b", 2: "a"}, "data.x", False),
        ([A, B], [B, A], "trainer.callbacks", True),
        ([A, B], [B, A], "data.x", False),
        (A, [A], "trainer.callbacks", True),
        ([], None, "trainer.callbacks", True),
        ([], None, "data.x", False),
    ],
)
def test_values_are_equal_where_they_mean_the_same(a: object, b: object, key: str, equal: bool) -> None:
    assert (text(canonical(a, key)) == text(canonical(b, key))) is equal


def test_a_share_is_not_a_count() -> None:
    key = "trainer.limit_train_batches"
    one, all_ = (text(canonical(n, key, TRAINER, "limit_train_batches")) for n in (1, 1.0))
    assert one != all_
    assert text(canonical(0.0, key, TRAINER, "limit_train_batches")) == "0"
    assert text(flattened({"trainer": {"limit_train_batches": 1.0}})["trainer.limit_train_batches"]) == "1.0"


def test_arguments_inside_lists_are_paths_by_their_names() -> None:
    value = [{"class_path": "a.B", "init_args": {"reference_dir": "/data/c", "size": 3.0}}]
    (found,) = canonical(value, "data.train_transforms")
    assert found["init_args"] == {"reference_dir": "c", "size": 3}


def test_what_was_flattened_stays_as_it_is() -> None:
    values = {"class_path": "a.B", "init_args": {"root": "x/y", "mask_values": {255: "b", 0: "a"}, "kept": {}}}
    found = flattened({"data": values, "trainer": {"limit_val_batches": 2.0, "callbacks": {"class_path": "a.C"}}})
    assert found["data.root"] == "y"
    assert found["data.mask_values" + ORDER] == ["255", "0"]
    assert found["trainer.callbacks"] == [{"class_path": "a.C"}]
    assert flattened(found) == found


def test_an_argument_that_was_added_since_has_its_default() -> None:
    """A result of an earlier version stays that of its experiment."""
    decoder = {"class_path": "segcli.decoders.fpn.FPN", "init_args": {"pyramid_channels": 256}}
    stored = flattened({"model": {"decoder": decoder}, "trainer": {"max_epochs": 3}})
    assert stored["model.decoder.dropout"] == 0.2
    assert stored["trainer.precision"] is None
    assert "trainer.logger" not in stored
    assert "model.decoder.features" not in stored
    assert "model.classes" not in stored
    assert flattened(stored) == stored


def test_leaves_go_by_plain_keys() -> None:
    tree = {"a": {"class_path": "x.Y", "init_args": {}}, "b": {"class_path": "x.Z", "init_args": {"c": [1], "d": {}}}}
    assert dict(leaves(tree)) == {"a.class_path": "x.Y", "a": {}, "b.class_path": "x.Z", "b.c": [1], "b.d": {}}


def test_a_short_form_is_the_same_as_the_whole() -> None:
    short, whole = next(iter(SHORT_FORMS.items()))
    configs = [
        {"data": {"class_path": name, "init_args": {"root": "x", "val_fraction": 0.5}}} for name in (short, whole)
    ]
    assert flattened(configs[0]) == flattened(configs[1])
    configs[1]["data"]["init_args"]["image"] = "{name}.png"  # type: ignore[index]
    assert flattened(configs[0]) != flattened(configs[1])
