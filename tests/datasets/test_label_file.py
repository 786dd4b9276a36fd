import json
from pathlib import Path

import pytest

from segcli.datasets.label_file import NamedValues, read_label_file
from segcli.sample import DataError

VISTAS = {"labels": [{"readable": "Bird"}, {"name": "x--car"}, {"readable": "Unlabeled", "evaluate": False}]}
FILES = {
    "labelmap.txt": (
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\na cat:250,50,83::\n",
        NamedValues({"#000000": "background", "#fa3253": "a cat"}),
    ),
    "_classes.csv": (
        "Pixel Value, Class\n0, background\n1, cell\n",
        NamedValues({0: "background", 1: "cell"}),
    ),
    "dataset.json": (
        json.dumps({"labels": {"background": 0, "tumour": 1, "ignore": 2}}),
        NamedValues({0: "background", 1: "tumour", 2: "ignore"}, ("ignore",)),
    ),
    "config.json": (json.dumps(VISTAS), NamedValues({0: "Bird", 1: "x--car", 2: "Unlabeled"}, ("Unlabeled",))),
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_tools_name_the_values(name: str, tmp_path: Path) -> None:
    text, expected = FILES[name]
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert read_label_file(tmp_path / name) == expected


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"cat: red"),
        ("a.txt", b"cat:1,2::"),
        ("a.csv", b"cat"),
        ("a.txt", b"cat:0,0,300::"),
        ("a.json", b'{"labels": {"a": 0, "region": [1, 2]}}'),
        ("a.json", b'{"labels": {"a": true}}'),
        ("a.json", b"{}"),
        ("a.json", b"[1, 2"),
        ("a.json", b'{"labels": 3}'),
        ("a.json", b'{"labels": [1]}'),
        ("a.yaml", b"cat: 1"),
        ("a.txt", b"\xff"),
        ("a.txt", b""),
    ],
)
def test_other_files_are_refused_with_what_is_read(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=r"in which no classes are found, expected a labelmap\.txt of CVAT"):
        read_label_file(tmp_path / name)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"labelmap\.txt, which cannot be read \(No such file"):
        read_label_file(tmp_path / "labelmap.txt")
