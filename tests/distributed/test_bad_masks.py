"""The first rank checks all masks while the others wait for it: a fault ends them all, with one error."""

import os
import sys
from pathlib import Path

from segcli.cli.main import main
from tests.datamodules.data import write_mask, write_pairs
from tests.distributed.launch import free_port, on
from tests.distributed.ranks import fork


def _fit(rank: int, folder: str, port: int) -> None:
    """Be one rank that a launcher has started; its exit code and what it said go to files."""
    os.environ |= {"LOCAL_RANK": str(rank), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    with (Path(folder) / f"{rank}.err").open("w") as file:
        sys.stderr = file
        code = main(["fit", "-c", "bad.yaml", *on(2)])
    (Path(folder) / f"{rank}.code").write_text(str(code))


def test_a_bad_mask_is_told_once_and_ends_all_ranks(tiny: Path) -> None:
    for split in ("train", "val"):
        write_pairs(Path("own", split, "images"), Path("own", split, "labels"), ["0", "1", "2", "3"], (0, 1))
    write_mask(Path("own/val/labels/1.png"), (0, 9))
    data = "{class_path: FolderDataModule, root: own, classes: [a, b], batch_size: 2}"
    Path("bad.yaml").write_text(f"extends: tiny.yaml\ndata: !replace {data}\n")

    fork(_fit, str(tiny.parent), free_port())

    said = [(tiny.parent / f"{rank}.err").read_text() for rank in (0, 1)]
    assert [(tiny.parent / f"{rank}.code").read_text() for rank in (0, 1)] == ["2", "2"], said
    assert [text.count("error:") for text in said] == [1, 0], said
    assert "own/val/labels/1.png" in said[0]
    assert not list(Path("runs").rglob("*.ckpt"))
