from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from segcli import registry
from segcli.config.compose import compose
from segcli.config.library import library_of

BASE = "data: ShapesDataModule\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BASE + "modle: {}", "modle: unknown key 'modle' (did you mean 'model'?)\n  --> x.yaml:2"),
        (BASE + "environment: {CUDA_VISIBLE_DEVICES: 1}", "environment: is what a run stores, not a setting"),
        (BASE + "trainer: {max_epoch: 3}", "trainer.max_epoch: Trainer has no option 'max_epoch' (did you mean"),
        (
            BASE + "model:\n  decoder:\n    class_path: FPN\n    pyramid_chanels: 3",
            "model.decoder.pyramid_chanels: FPN has no option 'pyramid_chanels' (did you mean 'pyramid_channels'?)\n"
            "  --> x.yaml:5\n  options: pyramid_channels, segmentation_channels, dropout",
        ),
        (
            BASE
            + "model: {loss: {class_path: WeightedSum, terms: [CrossEntropyLoss, {class_path: DiceLoss, smoth: 1}]}}",
            "model.loss.terms.1.smoth: DiceLoss has no option 'smoth' (did you mean 'smooth'?)",
        ),
        (BASE + "model: {loss: DiceLos}", "unknown name 'DiceLos' among losses (did you mean 'DiceLoss'?)"),
        (BASE + "model: {loss: UNet}", "UNet is one of the decoders, not of the losses"),
        ("data: {class_path: FolderDataModule}", "data.root: FolderDataModule needs 'root' (str)"),
        (BASE + "model: {optimizer: null}", "model.optimizer: null is no value here, expected optimizers"),
        (BASE + "model: {optimizer: {lr: abc}}", "model.optimizer.lr: expected float, got 'abc'"),
        (BASE + "model: {classes: [a]}", "model.classes: SegmentationTask gets 'classes' at run time"),
        (BASE + "model: {decoder: {features: []}}", "model.decoder.features: FPN gets 'features' at run time"),
        (BASE + "model: 3", "model: expected a mapping"),
        (BASE + "vars: 3", "vars: expected a mapping (name: value), got 3"),
        (BASE + "extends+: x.yaml", "extends: a file's own parents cannot be appended to"),
        (
            BASE + "model: {loss: {class_path: WeightedSum, terms: [3]}}",
            "model.loss.terms.0: expected one of the losses",
        ),
        (BASE + "trainer: {callbacks: [null]}", "trainer.callbacks.0: expected one of the callbacks, got null"),
        ("data: {batch_size: 3}", "data: arguments without a class"),
        ("trainer: {max_epochs: 1}", "data: missing"),
        ("data:", "data: null is no value here"),
        ("data: 5", "data: expected one of the datamodules, got 5"),
        ("data: [ShapesDataModule]", "data: expected one of the datamodules, got a list"),
        (BASE + "model: {decoder: 3}", "model.decoder: expected one of the decoders, got 3"),
        (BASE + "run: {name: [2024, a: b]}", """run.name: expected str | None, got [2024, {"a": "b"}]\n"""),
        (BASE + "model: {decoder: {class_path: FPN, init_args: [1]}}", "FPN has no option 'init_args'"),
        (BASE + "vars: {epochz: 3}", "vars.epochz: no value refers to ${vars.epochz}"),
        (BASE + "vars: {used: &a {max_epochs: 3}, b: &b 3}\ntrainer: {<<: *a}", "vars.b: no value refers to ${vars.b}"),
        (BASE + "defaults: nothing", "defaults: expected none"),
        (
            "data: {class_path: ShapesDataModule, train_transforms: [{class_path: OneOf, transforms: [VerticalFlp]}]}",
            "did you mean 'VerticalFlip'",
        ),
        (
            BASE + "trainer: {callbacks: [{class_path: EarlyStopping}]}",
            "trainer.callbacks.0.monitor: EarlyStopping needs 'monitor' (str)",
        ),
        ("data: {class_path: ShapesDataModule, train_transforms: [HorizontalFlp]}", "did you mean 'HorizontalFlip'"),
    ],
)
def test_a_mistake_is_named_with_key_line_and_way_out(error: Callable[..., str], text: str, message: str) -> None:
    found = error(text)
    assert message in found
    assert len(found.splitlines()) <= 4


def test_all_mistakes_are_told_at_once(error: Callable[..., str]) -> None:
    found = error(BASE + "modle: {}\ntrainer: {max_epoch: 3}", "--model.loss", "Dise", "--model.optimizer.lr", "x")
    assert found.count("error: ") == 4
    assert found.endswith("4 errors. Nothing was run.")


def test_an_error_names_whom_the_bad_value_replaced(error: Callable[..., str]) -> None:
    found = error(BASE + "model: {optimizer: {lr: 1e-3}}", "--model.optimizer.lr", "x")
    assert "--> --model.optimizer.lr on the command line  (over x.yaml:2)" in found


def test_null_is_fine_where_the_type_says_so(error: Callable[..., str]) -> None:
    assert "schedule" not in error(BASE + "model: {schedule: null}\nmodle: 1")


def test_variables_are_a_place_for_what_aliases_repeat(write: Callable[[str, str], Path]) -> None:
    text = "vars: {a: &a {max_epochs: 3}, b: &b {max_steps: 4}, c: [&c 5]}\ntrainer: {<<: [*a, *b], min_epochs: *c}\n"
    trainer = compose([write("x.yaml", BASE + text)]).plain()["trainer"]
    assert (trainer["max_epochs"], trainer["max_steps"], trainer["min_epochs"]) == (3, 4, 5)


def test_what_only_files_can_say_is_no_flag(error: Callable[..., str]) -> None:
    assert "extends: belongs into a file" in error(BASE, "--extends", "segcli:augment")
    assert "vars.corp: no value refers to ${vars.corp}" in error(BASE, "--vars.corp", "64")


def test_a_name_that_two_packages_claim_is_wrong_where_it_is_used(
    error: Callable[..., str], write: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda: [EntryPoint("FPN", "other:FPN", "segcli.decoders")])
    registry.forget_entry_points()
    library_of.cache_clear()
    told = error(BASE + "model: {decoder: FPN}")
    assert "model.decoder: decoders: the name 'FPN' is claimed by segcli (segcli.decoders.fpn:FPN) and by" in told
    assert "use the full class path" in told
    for other in ("UNet", "segcli.decoders.fpn.FPN"):
        compose([write("y.yaml", BASE + f"model: {{decoder: {other}}}")])
    registry.forget_entry_points()
    library_of.cache_clear()
