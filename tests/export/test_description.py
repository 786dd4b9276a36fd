from dataclasses import asdict

import pytest

from segcli.export.description import Description, ExportError

DESCRIPTION = Description(
    classes=["sky", "Straße"],
    colours=["#000000", "#ff8000"],
    task="multiclass",
    outputs=["labels"],
    dtype="uint8",
    channels=3,
    image_mode="RGB",
    size=None,
    least=33,
    any_batch=True,
    origin={"experiment": "cells/1"},
    agreement={},
)


def test_what_is_written_is_read() -> None:
    found = DESCRIPTION.with_agreement({"images": 2})
    assert Description.of_text(found.text(), "x.onnx") == found
    assert asdict(found)["agreement"] == {"images": 2}


@pytest.mark.parametrize("text", [None, "", "{", "[]", "3", '{"classes": []}', '{"unknown": 1}'])
def test_what_is_none_is_told(text: str | None) -> None:
    with pytest.raises(ExportError, match=r"x.onnx holds no description of segcli"):
        Description.of_text(text, "x.onnx")
