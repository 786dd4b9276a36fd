"""Record what commands print as pictures for the README: ``python -m tests.recordings``.

The runs in ``tests/data/recorded`` are what this wrote, without checkpoints, pictures and lists of packages::

    segcli sweep -c experiments/quickstart.yaml --vary model.decoder=FPN,UNet --vary seed_everything=0,1,2 \\
        --run.name decoders --model.loss DiceLoss --model.optimizer.lr 4e-3 --trainer.max_epochs 6 \\
        --data.train_size 320 --data.val_size 64 --data.image_size 64 --data.num_workers 0 --trainer.precision 32

Paths in their passports were made short, and the digests of these renewed. The folder that ``new`` looks at is made of
CamVid, which SEGCLI_TEST_DATA names the folder of.
"""

import html
import io
import os
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image
from rich.console import Console
from rich.text import Text

from segcli.cli.main import main
from tests.conftest import working_directory
from tests.documents import ROOT, words_of
from tests.test_experiments import CAMVID

PICTURES = ROOT / "experiments" / "pictures"
RECORDED = ROOT / "tests" / "data" / "recorded"
WIDTH = 110
DIFF = "segcli diff experiments/fpn_r50.yaml experiments/unet_r50.yaml --build"
COMPARE = "segcli compare runs/decoders --by model.decoder"
NEW = "segcli new roads"
ROAD = 3
"""Of CamVid's classes."""
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""From a server, which a picture must not ask."""
_TEXT = re.compile(r'<text [^>]*?x="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>')


def printed(command: str, folder: Path) -> str:
    """Return what a command prints in a folder."""
    out = io.StringIO()
    environment = {"COLUMNS": str(WIDTH), "NO_COLOR": "1"}
    typed = patch.object(sys, "argv", ["segcli"])
    with working_directory(folder), patch.dict(os.environ, environment), typed, redirect_stdout(out):
        assert main(words_of(command)) == 0
    return out.getvalue()


def make_roads(folder: Path, camvid: Path) -> None:
    """Make a folder of 60 photographs with masks of 0 and 255, where the road is.

    Args:
        folder: Where ``roads`` is made.
        camvid: Of the data set.
    """
    for source in sorted((camvid / "train").glob("*.png"))[::6][:60]:
        for name in ("images", "masks"):
            (folder / "roads" / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(source, folder / "roads" / "images")
        with Image.open(camvid / "trainannot" / source.name) as labels:
            road = np.asarray(labels) == ROAD
        Image.fromarray(road.astype(np.uint8) * 255).save(folder / "roads" / "masks" / source.name)


def picture(command: str, output: str) -> str:
    """Return an SVG of a terminal in which a command was typed."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {command}", style="bold"))
    console.print(Text(output.rstrip("\n")), highlight=False)
    return _FONTS.sub("", console.export_svg(title="", unique_id="recording"))


def text_in(svg: str) -> str:
    """Return the lines of such a picture."""
    lines: dict[float, str] = defaultdict(str)
    for _, y, text in sorted(_TEXT.findall(svg), key=lambda found: (float(found[1]), float(found[0]))):
        lines[float(y)] += html.unescape(text).replace("\N{NO-BREAK SPACE}", " ")
    return "\n".join(line.rstrip() for line in lines.values())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        make_roads(Path(made), CAMVID)
        for name, command, folder in (("diff", DIFF, ROOT), ("compare", COMPARE, RECORDED), ("new", NEW, Path(made))):
            (PICTURES / f"{name}.svg").write_text(picture(command, printed(command, folder)), encoding="utf-8")
