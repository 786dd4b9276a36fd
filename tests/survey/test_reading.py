from dataclasses import replace
from pathlib import Path

from segcli.datasets.image_channels import ImageForm
from segcli.survey.folder import look_at_folder
from segcli.survey.picture import Picture
from segcli.survey.reading import GEOMETRY, channels, geometry, sizes_of
from tests.survey.data import picture


def seen(mode: str, stored: int, has_fourth: bool = False) -> Picture:
    return Picture((8, 8), mode, 8, stored, 99, False, False, has_fourth, False)


def test_channels_follow_from_the_images() -> None:
    assert [(each.key, each.value) for each in channels([seen("L", 1)])] == [("data.image_mode", "L")]
    assert channels([seen("L", 1), seen("RGB", 3)])[0].value == "RGB"
    assert channels([seen("P", 1)])[0].value == "RGB"
    assert channels([seen("RGBA", 4)])[0].value == "RGB"
    (mode,) = channels([seen("RGBA", 4, has_fourth=True)])
    assert mode.value == "RGBA"
    assert mode.guess
    assert list(geometry([mode])) == [GEOMETRY]
    assert not geometry(channels([seen("RGB", 3)]))


def test_other_channels_and_depths_are_native() -> None:
    deep = replace(seen("", 8), form=ImageForm(8, "uint16"))
    assert [(each.key, each.value) for each in channels([deep])] == [
        ("data.image_mode", "native"),
        ("model.backbone", {"in_channels": 8}),
        ("model.value_range", "percentiles"),
    ]
    grey = replace(seen("L", 1), form=ImageForm(1, "uint8"))
    mode, backbone = channels([grey], files=3)
    assert backbone.value == {"in_channels": 3}
    assert list(geometry([mode])) == [GEOMETRY]


def test_sizes_are_of_images_that_can_be_read(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no")
    assert sizes_of(look_at_folder(tmp_path), ["a.png", "b.png"]) == [(24, 32)]
