from pathlib import Path

import pytest

from segcli.survey.folder import look_at_folder
from segcli.survey.manifest_file import manifest_file
from tests.survey.data import loaded, pairs, proposed, settings_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    pairs(tmp_path, "x/{name}.png", "y/{name}_gt.png")
    return tmp_path


def test_a_table_names_images_masks_splits_and_groups(root: Path) -> None:
    rows = [f"x/{name}.png,y/{name}_gt.png,{'valid' if name < 'c' else 'train'},p{name}" for name in "abcdef"]
    (root / "all.csv").write_text("\n".join(["image,mask,split,patient_id", *rows]))
    found = manifest_file(look_at_folder(root))
    assert found is not None
    assert (found.file, found.group, found.groups, found.splits[0]) == ("all.csv", "patient_id", 6, "valid")
    settings = settings_of(proposed(root))
    assert settings["data.manifest"] == "all.csv"
    assert "data.val_fraction" not in settings
    assert len(loaded(proposed(root), root).datasets["val"]) == 2


def test_rows_without_mask_are_left_out(root: Path) -> None:
    (root / "all.csv").write_text(
        "image,mask\n" + "\n".join(f"x/{n}.png,{f'y/{n}_gt.png' * (n != 'a')}" for n in "abcdef")
    )
    settings = settings_of(proposed(root))
    assert settings["data.missing_masks"] == "skip"
    assert settings["data.val_fraction"] == 0.2


@pytest.mark.parametrize(
    "text", ["image,label\nx/a.png,y/a_gt.png\n", "image,mask\nx/none.png,y/a_gt.png\n", "", "\xff"]
)
def test_other_tables_are_none(root: Path, text: str) -> None:
    (root / "all.csv").write_text(text, encoding="latin-1")
    assert manifest_file(look_at_folder(root)) is None
