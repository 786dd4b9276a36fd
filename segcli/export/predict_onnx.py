"""Map images to labels by model.onnx, without segcli: python predict_onnx.py IMAGE ... writes IMAGE.labels.png.

Needs NumPy and onnxruntime; Pillow to read pictures, else IMAGE is a .npy file of shape (H, W, C) and of the type that
the model takes.
"""

import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import onnxruntime


def read(path: str, mode: str) -> np.ndarray:
    """Return the (H, W, C) pixels of a file."""
    if path.endswith(".npy"):
        return np.load(path)
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(Image.open(path))
    return np.atleast_3d(np.asarray(image if mode == "native" else image.convert(mode)))


def png(labels: np.ndarray, colours: list[str]) -> bytes:
    """Return (H, W) labels as a PNG file with a palette."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    height, width = labels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), labels], axis=1).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = b"".join(bytes.fromhex(colour[1:]) for colour in colours)
    parts = ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def main() -> None:
    """Write the labels of every image."""
    session = onnxruntime.InferenceSession(Path(__file__).with_name("model.onnx"), providers=["CPUExecutionProvider"])
    about = json.loads(session.get_modelmeta().custom_metadata_map["segcli"])
    for path in sys.argv[1:]:
        labels = session.run(["labels"], {"image": read(path, about["image_mode"])[None]})[0][0]
        if labels.ndim == 2:
            Path(f"{path}.labels.png").write_bytes(png(labels, about["colours"]))
            continue
        for name, mask in zip(about["classes"], labels, strict=True):  # a mask of 0 and 1 for each class
            Path(f"{path}.{name}.labels.png").write_bytes(png(mask, ["#000000", "#ffffff"]))


if __name__ == "__main__":
    main()
