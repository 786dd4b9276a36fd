import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from segcli.comparison.comparison import Comparison, Convergence
from segcli.comparison.plots.plots import file_name, write_plots
from tests.comparison.made_comparison import make_comparison


def test_the_files_are_small_pictures_on_white(tmp_path: Path) -> None:
    classes = [f"class {n}" for n in range(60)]
    comparison = make_comparison(tmp_path / "runs", labels=("FPN", "U/Net <2>"), classes=classes)
    written = write_plots(comparison, tmp_path / "new" / "plots")
    names = ["scores.png", "costs.png", "convergence.png", "classes.png", "confusion_FPN.png", "confusion_U_Net_2.png"]
    assert written == [tmp_path / "new" / "plots" / name for name in names]
    for path in written:
        assert path.stat().st_size < 200_000
        with Image.open(path) as image:
            assert image.width > 400
            assert image.convert("RGB").getpixel((2, 2)) == (255, 255, 255)


def test_what_there_are_no_figures_for_is_left_out(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path / "runs", labels=("FPN",))
    (group,) = comparison.groups
    for run in group.runs:
        (run.path / "val_images.npz").unlink()
    bare = replace(group, by_class={}, convergence=Convergence({}, None, None, ()))
    written = write_plots(replace(comparison, groups=(bare,)), tmp_path)
    assert [path.name for path in written] == ["scores.png"]
    assert write_plots(Comparison("val/mIoU", (), (), (), None, (), ()), tmp_path) == []


def test_of_several_labels_precision_and_recall_are_drawn(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path / "runs", labels=("FPN",), multilabel=True)
    assert [path.name for path in write_plots(comparison, tmp_path)][-1] == "confusion_FPN.png"


def test_names_that_no_font_has_are_no_failure(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path / "runs", labels=("網",), classes=("道路", "$\\frac", "c"))
    paths = write_plots(comparison, tmp_path)
    assert paths
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (("FPN", "fpn", "FPN"), ["FPN", "fpn_2", "FPN_3"]),
        (("../../etc", "...", "網"), ["etc", "group", "group_2"]),
        (("lr=0.001, width=256",), ["lr=0.001_width=256"]),
        (("x" * 300,), ["x" * 60]),
    ],
)
def test_file_names_are_safe_and_differ(labels: tuple[str, ...], names: list[str]) -> None:
    taken: set[str] = set()
    assert [file_name(label, taken) for label in labels] == names


def test_neither_torch_nor_pyplot_is_needed() -> None:
    unwanted = "('torch', 'matplotlib.pyplot')"
    imports = "import sys, segcli.comparison.page.page, segcli.comparison.plots.plots"
    code = f"{imports}; print([m for m in {unwanted} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
