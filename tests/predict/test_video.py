from pathlib import Path

import cv2
import numpy as np
import pytest

from segcli.predict.video import Frames, count_frames
from segcli.sample import DataError


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, (32, 16))
    for frame in range(6):
        writer.write(np.full((16, 32, 3), (0, 0, 40 * frame), np.uint8))  # blue, green, red
    writer.release()
    return path


def test_frames_are_read_in_any_order(film: Path) -> None:
    assert count_frames(film) == 6
    frames = Frames(film)
    for number in (0, 3, 5, 1):
        pixels = frames.read(number)
        assert pixels.shape == (16, 32, 3)
        assert pixels[8, 8].tolist() == pytest.approx([40 * number, 0, 0], abs=6)


def test_frames_that_are_not_there_are_told(film: Path) -> None:
    with pytest.raises(DataError, match=r"frame 6 of .*film\.avi cannot be read"):
        Frames(film).read(6)


@pytest.mark.parametrize("content", [b"", b"no video"])
def test_a_file_that_is_no_video_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.mp4 cannot be read as a video"):
        count_frames(tmp_path / "a.mp4")
