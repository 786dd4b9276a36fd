from pathlib import Path

from segcli.survey.folder import look_at_folder
from segcli.survey.groups import group_settings
from segcli.survey.pairing import Pairing, pair
from tests.survey.data import pairs


def found(root: Path, image: str, mask: str) -> Pairing:
    pairing = pair(look_at_folder(root), image, mask)
    assert pairing is not None
    return pairing


def test_folders_keep_images_together(tmp_path: Path) -> None:
    for patient in range(6):
        pairs(tmp_path, f"p{patient}/scan/{{name}}.png", f"p{patient}/seg/{{name}}.png", "ab")
    settings, notes = group_settings(found(tmp_path, "{folder}/scan/{name}.png", "{folder}/seg/{name}.png"))
    assert [(each.key, each.value) for each in settings] == [("data.group", "{folder}/*/*")]
    assert settings[0].guess
    assert notes == []


def test_frames_of_many_clips_do_and_those_of_few_are_a_note(tmp_path: Path) -> None:
    names = [f"clip{clip}_{frame:03d}" for clip in range(6) for frame in range(4)]
    pairs(tmp_path / "many", "a/{name}.png", "b/{name}.png", names)
    pairs(tmp_path / "one", "a/{name}.png", "b/{name}.png", [f"im_{frame:03d}" for frame in range(12)])
    two = [f"{clip}_{frame:03d}" for clip in "xy" for frame in range(6)]
    pairs(tmp_path / "two", "a/{name}.png", "b/{name}.png", two)
    settings, _ = group_settings(found(tmp_path / "many", "a/{name}.png", "b/{name}.png"))
    assert [each.value for each in settings] == ["{clip}_*"]
    settings, notes = group_settings(found(tmp_path / "two", "a/{name}.png", "b/{name}.png"))
    assert settings == []
    assert "frames of 2 sequences" in notes[0]
    assert group_settings(found(tmp_path / "one", "a/{name}.png", "b/{name}.png")) == ([], [])


def test_a_few_folders_are_a_note(tmp_path: Path) -> None:
    for patient in range(3):
        pairs(tmp_path, f"p{patient}/scan/{{name}}.png", f"p{patient}/seg/{{name}}.png", "abcd")
    settings, notes = group_settings(found(tmp_path, "{folder}/scan/{name}.png", "{folder}/seg/{name}.png"))
    assert settings == []
    assert "images lie in 3 folders" in notes[0]


def test_names_without_order_are_no_groups(tmp_path: Path) -> None:
    pairs(tmp_path, "a/{name}.png", "b/{name}.png")
    assert group_settings(found(tmp_path, "a/{name}.png", "b/{name}.png")) == ([], [])
