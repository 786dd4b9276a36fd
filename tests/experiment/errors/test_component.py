from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.experiment.errors.component import from_component, from_data


def test_a_loader_process_s_traceback_is_left_out(tiny: Path) -> None:
    wrapped = (
        "Caught DataError in DataLoader worker process 0.\nOriginal Traceback...\nsegcli.sample.DataError: x.png: bad"
    )
    experiment = compose([tiny])
    assert str(from_data(ValueError(wrapped), experiment)) == "error: x.png: bad"
    assert str(from_data(ValueError("y.png: bad"), experiment)) == "error: y.png: bad"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "x.png: set data.batch_size to 1",
            "error: x.png: set data.batch_size to 1\n  --> tiny.yaml:8",
        ),
        ("data.batch_size got 8, expected 1", "error: data.batch_size: got 8, expected 1\n  --> tiny.yaml:8"),
        ("set data.group or data.train_size", "error: set data.group or data.train_size\n  --> tiny.yaml:4"),
        ("x.png: lower --data.batch_size", "error: x.png: lower --data.batch_size"),
        ("/x/data.batch_size/y.png is bad", "error: /x/data.batch_size/y.png is bad"),
    ],
)
def test_an_error_that_names_a_key_says_where_it_was_written(tiny: Path, message: str, told: str) -> None:
    assert str(from_data(ValueError(message), compose([tiny]))) == told


def test_a_component_that_names_itself_is_where_the_mistake_is(tiny: Path) -> None:
    refused = ValueError("ShapesDataModule got image_size 8, expected 32")
    wrapped = ValueError(
        "Does not validate against any\nclass_path: 'segcli.datamodules.shapes_data_module.ShapesDataModule', "
        "init_args: {'train_transforms': [{'class_path': 'albumentations.HorizontalFlip'}]}"
    )
    wrapped.__cause__ = refused
    (problem,) = from_component(wrapped, compose([tiny])).problems
    assert (problem.key, problem.message) == ("data", str(refused))


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("FPN got pyramid_channels 32, expected 5", "error: model.decoder: FPN got pyramid_channels 32, expected 5"),
        ("FPN got 0 feature levels", "error: model.decoder: FPN got 0 feature levels"),
    ],
)
def test_an_error_that_begins_with_a_component_says_where_that_was_written(tiny: Path, message: str, told: str) -> None:
    assert str(from_component(ValueError(message), compose([tiny]))) == f"{told}\n  --> tiny.yaml:12"
