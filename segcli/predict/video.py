"""Read frames of videos, by OpenCV."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from segcli.sample import DataError

VIDEOS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm")
"""Extensions of videos, in small letters."""


def count_frames(path: Path) -> int:
    """Return the number of frames, by going through all of them: what a file says of itself is often wrong.

    Raises:
        DataError: If there are none, or it cannot be read.
    """
    capture, number = _opened(path), 0
    while capture.grab():
        number += 1
    capture.release()
    if not number:
        raise DataError(f"{path} has no frame that can be read; convert it, such as to .mp4 with H.264")
    return number


class Frames:
    """The frames of one video, read in rising order without going back.

    Args:
        path: The video.

    Raises:
        DataError: If it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._capture, self._next = path, _opened(path), 0

    def read(self, frame: int) -> NDArray[np.uint8]:
        """Return the ``(H, W, 3)`` RGB pixels of a frame.

        Raises:
            DataError: If it cannot be read.
        """
        if frame < self._next:
            self._capture.release()
            self._capture, self._next = _opened(self.path), 0
        while self._next < frame and self._capture.grab():
            self._next += 1
        is_read, pixels = self._capture.read() if self._next == frame else (False, None)
        if not is_read or pixels is None:
            raise DataError(f"frame {frame} of {self.path} cannot be read")
        self._next += 1
        found: NDArray[Any] = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        return found.astype(np.uint8, copy=False)


def _opened(path: Path) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise DataError(f"{path} cannot be read as a video; convert it, such as to .mp4 with H.264")
    return capture
