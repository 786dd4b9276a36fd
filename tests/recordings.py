"""Record what commands print as pictures for the README: ``python -m tests.recordings``.

The runs in ``tests/data/recorded`` are what this wrote, without checkpoints, pictures and lists of packages::

    segcli sweep -c experiments/quickstart.yaml --vary model.decoder=FPN,UNet --vary seed_everything=0,1,2 \\
        --run.name decoders --model.loss DiceLoss --model.optimizer.lr 4e-3 --trainer.max_epochs 6 \\
        --data.train_size 320 --data.val_size 64 --data.image_size 64 --data.num_workers 0 --trainer.precision 32

Paths in their passports were made short, and the digests of these renewed.
"""

import html
import io
import os
import re
import sys
from collections import defaultdict
from contextlib import redirect_stdout
from pathlib import Path
from unittest.mock import patch

from rich.console import Console
from rich.text import Text

from segcli.cli.main import main
from tests.conftest import working_directory
from tests.documents import ROOT, words_of

PICTURES = ROOT / "experiments" / "pictures"
RECORDED = ROOT / "tests" / "data" / "recorded"
WIDTH = 110
DIFF = "segcli diff experiments/fpn_r50.yaml experiments/unet_r50.yaml --build"
COMPARE = "segcli compare runs/decoders --by model.decoder"
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
    for name, command, folder in (("diff", DIFF, ROOT), ("compare", COMPARE, RECORDED)):
        (PICTURES / f"{name}.svg").write_text(picture(command, printed(command, folder)), encoding="utf-8")
