import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.inference.inference import Inference
from segcli.inference.inference_settings import InferenceSettings
from segcli.predict.inputs import Input
from segcli.predict.manifest import FILE, Manifest
from segcli.predict.predict_files import Predicted, predict_files
from segcli.predict.savers.base import Told
from segcli.predict.savers.chosen import SAVERS, chosen_savers
from segcli.sample import DataError
from tests.predict.test_apply import Pixelwise

HOW = {"save": "as told"}


@pytest.fixture
def images(tmp_path: Path) -> list[Input]:
    rng = np.random.default_rng(0)
    found = []
    for number in range(6):
        path = tmp_path / "in" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (20 + number, 30, 3), np.uint8)).save(path)
        found.append(Input(path))
    return found


def _predict(
    folder: Path, images: list[Input], skips: bool = False, resumes: bool = False, save: tuple[str, ...] = ("labels",)
) -> Predicted:
    predictor = Pixelwise()
    inference = Inference(InferenceSettings(), "multiclass", predictor.classes)
    folder.mkdir(exist_ok=True)
    savers = chosen_savers(save, Told(folder, predictor.classes, predictor.palette, predictor.kind))
    return predict_files(predictor, lambda *_: inference, images, savers, Manifest(folder, HOW, resumes), skips)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != FILE
    }


def test_every_image_has_files_and_a_line(tmp_path: Path, images: list[Input]) -> None:
    found = _predict(tmp_path / "out", images, save=tuple(SAVERS))
    assert (found.images, found.before, found.skipped) == (6, 0, {})
    assert [path.name for path in found.files] == ["predictions.coco.json"]
    _, *lines = [json.loads(line) for line in (tmp_path / "out" / FILE).read_text().splitlines()]
    assert [line["input"] for line in lines] == [image.name for image in images]
    for line in lines:
        labels = np.array(Image.open(tmp_path / "out" / line["files"][0]))
        assert line["size"] == list(labels.shape)
        assert line["pixels"] == {name: int((labels == at).sum()) for at, name in enumerate(("a", "b", "c"))}
        assert len(line["files"]) == len(SAVERS)
        assert line["status"] == "done"
        assert len(line["sha256"]) == 16


DAMAGES = {
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:60]),
    "no image": lambda path: path.write_text("no image"),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "two frames": lambda path: Image.new("L", (4, 4)).save(
        path, format="GIF", save_all=True, append_images=[Image.new("L", (4, 4), 9)]
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_cannot_be_predicted_is_named_and_the_rest_is_done(
    tmp_path: Path, images: list[Input], damage: str
) -> None:
    DAMAGES[damage](images[2].path)
    found = _predict(tmp_path / "skips", images, skips=True, save=("labels", "coco"))
    assert list(found.skipped) == [images[2].name]
    assert images[2].name in found.skipped[images[2].name]
    assert found.images == 5
    assert len(list((tmp_path / "skips").glob("*.png"))) == 5
    with pytest.raises(DataError, match=r"2\.png"):
        _predict(tmp_path / "stops", images)
    assert {path.name for path in (tmp_path / "stops").glob("*.png")} == {"0.png", "1.png"}


def test_a_prediction_goes_on_where_it_ended(tmp_path: Path, images: list[Input]) -> None:
    save = ("labels", "overlays", "coco")
    _predict(tmp_path / "whole", images, save=save)
    folder = tmp_path / "out"
    _predict(folder, images[:2], save=save)
    (folder / "1.png").unlink()
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(images[0].path)

    found = _predict(folder, images, resumes=True, save=save)
    assert (found.images, found.before) == (6, 0)  # one changed, of one a file was gone
    assert _predict(folder, images, resumes=True, save=save).before == 6
    _predict(tmp_path / "anew", images, save=save)
    assert _files(folder) == _files(tmp_path / "anew")


def test_names_of_results_tell_images_apart(tmp_path: Path, images: list[Input]) -> None:
    other = tmp_path / "other" / "0.png"
    other.parent.mkdir()
    Image.new("RGB", (5, 4)).save(other)
    _predict(tmp_path / "out", [*images, Input(other)])
    assert (tmp_path / "out" / "in" / "0.png").is_file()
    assert (tmp_path / "out" / "other" / "0.png").is_file()
