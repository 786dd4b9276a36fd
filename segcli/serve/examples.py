"""Images that the page offers to try: read when they are asked for, by their number."""

import io
from pathlib import Path

from PIL import Image

from segcli.config.errors import ConfigError, Problem
from segcli.datasets.record_image import record_size
from segcli.inference.picture import as_picture
from segcli.predict.predictor import Predictor
from segcli.sample import DataError
from segcli.serve.limits import Limits
from segcli.serve.request_error import RequestError
from segcli.serve.request_image import read_request_image

MOST = 24
_SIDE_PX = 240
_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


class Examples:
    """The first images of a folder by their names, at most 24.

    Args:
        folder: The folder; None for no examples.
        predictor: Whose images they are.
        limits: Of images; larger ones are left out.

    Raises:
        ConfigError: If there are none in the folder.
    """

    def __init__(self, folder: Path | None, predictor: Predictor, limits: Limits) -> None:
        self._predictor, self._limits = predictor, limits
        self._thumbnails: dict[int, bytes] = {}
        self.paths = [] if folder is None else self._found(folder)

    def content(self, number: int) -> bytes:
        """Return the file of an example.

        Raises:
            RequestError: If there is none, or none any more.
        """
        if not 0 <= number < len(self.paths):
            raise RequestError(404, f"There is no example {number}.")
        try:
            return self.paths[number].read_bytes()
        except OSError:
            raise RequestError(404, f"Example {number} is gone.") from None

    def thumbnail(self, number: int) -> bytes:
        """Return a small picture of an example, as JPEG of at most 240 pixels per side.

        Raises:
            RequestError: If there is none, or it cannot be read.
        """
        if number not in self._thumbnails:
            pixels = read_request_image(self.content(number), self._predictor, self._limits.max_pixels)
            small, buffer = Image.fromarray(as_picture(pixels)), io.BytesIO()
            small.thumbnail((_SIDE_PX, _SIDE_PX))
            small.save(buffer, format="JPEG", quality=85)
            self._thumbnails[number] = buffer.getvalue()
        return self._thumbnails[number]

    def _found(self, folder: Path) -> list[Path]:
        if not folder.is_dir():
            raise ConfigError([Problem(f"--examples got {folder}, which is no folder; give one with images")])
        images = sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS and path.is_file())
        fitting = [path for path in images if self._fits(path)][:MOST]
        if not fitting:
            what = "no image in JPEG, PNG, WebP, BMP or TIFF" if not images else "only images that are not taken"
            raise ConfigError([Problem(f"--examples got {folder}, which holds {what}; give another folder")])
        return fitting

    def _fits(self, path: Path) -> bool:
        try:
            height, width = record_size([path], self._predictor.image_mode)
        except DataError:
            return False
        return height * width <= self._limits.max_pixels and path.stat().st_size <= self._limits.max_bytes
