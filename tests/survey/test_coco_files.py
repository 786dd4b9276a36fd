import json
from pathlib import Path
from typing import Any

import pytest

from segcli.survey.coco_files import coco_files
from segcli.survey.folder import look_at_folder
from tests.survey.data import loaded, picture, proposed, settings_of

BOX = [[0, 0, 31, 0, 31, 11, 0, 11]]


def annotations(name: str, **more: Any) -> str:  # noqa: ANN401
    image = {"id": 1, "file_name": name, "height": 24, "width": 32}
    category = [{"id": 7, "name": "cat"}, {"id": 0, "name": "animals"}]
    one = {"id": 1, "image_id": 1, "category_id": 7, "segmentation": BOX, "area": 352, "iscrowd": 0, **more}
    return json.dumps({"images": [image], "annotations": [one], "categories": category})


def test_files_are_of_the_splits_that_they_or_their_folders_name(tmp_path: Path) -> None:
    for split, name in (("train", "a.jpg"), ("val", "b.jpg")):
        picture(tmp_path / f"{split}2017" / name)
        (tmp_path / "annotations").mkdir(exist_ok=True)
        (tmp_path / "annotations" / f"instances_{split}2017.json").write_text(annotations(name))
    (tmp_path / "annotations" / "captions.json").write_text("{}")
    found = coco_files(look_at_folder(tmp_path))
    assert found is not None
    assert found.files == {split: f"annotations/instances_{split}2017.json" for split in ("train", "val")}
    assert (found.objects, found.empty, found.images) == ({"cat": 2}, ["animals"], 2)
    proposal = proposed(tmp_path)
    assert settings_of(proposal)["data.classes"] == ["background", "cat"]
    assert loaded(proposal, tmp_path).datasets["val"].load(0)[1][0, 0] == 1  # type: ignore[index]


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", annotations("a.jpg", segmentation=[]), annotations("a.jpg", category_id=9)]
)
def test_others_are_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "train.json").write_text(text)
    assert coco_files(look_at_folder(tmp_path)) is None
