from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from segcli.predict.inputs import Input, find_inputs, listed_names
from segcli.sample import DataError


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scans" / "deep").mkdir(parents=True)
    for name in ("b.png", "a.jpg", "deep/c.png"):
        Image.fromarray(np.zeros((4, 5, 3), np.uint8)).save(tmp_path / "scans" / name)
    (tmp_path / "scans" / "notes.txt").write_text("no image")
    (tmp_path / "list.txt").write_text("scans/b.png\n\n  scans/deep/c.png  \n")
    (tmp_path / "scans" / "list.txt").write_text("b.png\r\ndeep/c.png\r\n")
    writer = cv2.VideoWriter("film.avi", cv2.VideoWriter.fourcc(*"MJPG"), 5, (16, 16))
    for _ in range(5):
        writer.write(np.zeros((16, 16, 3), np.uint8))
    writer.release()
    return tmp_path


def _names(*words: str, **options: object) -> list[str]:
    return [image.name for image in find_inputs(words, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["scans/b.png"], ["scans/b.png"]),
        (["scans"], ["scans/a.jpg", "scans/b.png"]),
        (["scans/b.png", "scans"], ["scans/b.png", "scans/a.jpg"]),
        (["scans/*.png"], ["scans/b.png"]),
        (["scans/**/*.png"], ["scans/b.png", "scans/deep/c.png"]),
        (["s?ans/[ab].*"], ["scans/a.jpg", "scans/b.png"]),
        (["@list.txt"], ["scans/b.png", "scans/deep/c.png"]),
        (["@scans/list.txt"], ["scans/b.png", "scans/deep/c.png"]),
        (["film.avi"], [f"film/{frame:06d}" for frame in range(5)]),
    ],
)
def test_words_name_images(images: Path, words: list[str], expected: list[str]) -> None:
    assert _names(*words) == expected


def test_options_say_how_far(images: Path) -> None:
    assert _names("scans", recursive=True) == ["scans/a.jpg", "scans/b.png", "scans/deep/c.png"]
    assert _names("scans/*.png", recursive=True) == ["scans/b.png", "scans/deep/c.png"]
    assert find_inputs(["film.avi"], every=3) == [Input(Path("film.avi"), 0), Input(Path("film.avi"), 3)]
    assert _names("-", names=["scans/b.png"]) == ["scans/b.png"]
    assert _names(str(images / "scans" / "*.jpg")) == [str(images / "scans" / "a.jpg")]


def test_a_file_with_letters_of_a_pattern_is_a_file(images: Path) -> None:
    Image.fromarray(np.zeros((4, 5), np.uint8)).save("odd[1].png")
    assert _names("odd[1].png") == ["odd[1].png"]


def test_names_may_end_with_nul() -> None:
    assert listed_names(b"a b.png\0c\nd.png\0", null=True) == ["a b.png", "c\nd.png"]
    assert listed_names("\ufeffä.png\r\n\n".encode()) == ["ä.png"]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("scans/bb.png", r"no file scans/bb\.png \(did you mean 'b\.png'\?\)"),
        ("nowhere/b.png", r"no file nowhere/b\.png; \. contains"),
        ("scans/*.tif", r"no file fits scans/\*\.tif; scans contains a\.jpg"),
        ("@none.txt", r"cannot read the list none\.txt"),
        ("@empty.txt", r"the list empty\.txt names no file"),
        ("@wrong.txt", r"2 of 3 files that wrong\.txt names are missing: x\.png, y\.png"),
        ("-", r"1 of 1 files that standard input names are missing: z\.png"),
        ("empty", r"empty has no image files \(such as \.png or \.jpg\); empty is empty"),
        ("outer", r"outer has no image files .*; its folders do: --recursive"),
        ("broken.mp4", r"broken\.mp4 cannot be read as a video"),
    ],
)
def test_words_that_name_nothing_are_told(images: Path, word: str, message: str) -> None:
    (images / "empty").mkdir()
    (images / "outer" / "inner").mkdir(parents=True)
    Image.fromarray(np.zeros((4, 5), np.uint8)).save(images / "outer" / "inner" / "a.png")
    (images / "empty.txt").write_text("\n")
    (images / "wrong.txt").write_text("x.png\nscans/b.png\ny.png\n")
    (images / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(DataError, match=message):
        find_inputs([word], names=["z.png"])
