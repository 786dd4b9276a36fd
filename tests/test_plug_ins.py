"""Packages that bring components: what the guide tells to write, installed and used; and packages that are broken."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segcli import registry
from segcli.cli.main import main
from segcli.config.library import library_of
from segcli.plug_ins import read_entry_points
from segcli.runs.surroundings import versions
from tests.datasets.data import write_visits
from tests.documents import FILES, PACKAGE

PROJECT, MODULE = "segcli-mydecoder/pyproject.toml", "segcli-mydecoder/segcli_mydecoder.py"
EXPERIMENT = "my_package.yaml"
ENTRY = re.search(r'^\[project\.entry-points\."(.*)"\]\n(.*)', PACKAGE[PROJECT], re.MULTILINE)
ENTRY_POINTS = f"[{ENTRY[1]}]\n{ENTRY[2].replace(chr(34), '')}\n" if ENTRY else ""
SHORT = [
    *("--model.backbone.name=test_resnet.r160_in1k", "--model.backbone.pretrained=false", "--trainer.max_steps=1"),
    *("--data.batch_size=2", "--data.train_size=2", "--data.val_size=1", "--model.schedule.warmup_steps=0"),
]
Capture = pytest.CaptureFixture[str]
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Lay files where an installed package has them, on the search path."""
    site, work = tmp_path / "site", tmp_path / "work"
    site.mkdir()
    work.mkdir()
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.chdir(work)

    def _install(name: str, entry_points: str, **modules: str) -> Path:
        folder = site / f"{name.replace('-', '_')}-0.1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n")
        (folder / "entry_points.txt").write_text(entry_points, encoding="latin-1")
        for module, text in modules.items():
            (site / f"{module}.py").write_text(text)
        _forget()
        return folder

    yield _install
    monkeypatch.undo()
    _forget()
    for module in ("segcli_mydecoder", "my_data"):
        sys.modules.pop(module, None)


def _forget() -> None:
    registry.forget_entry_points()
    registry.FAULTS.clear()
    library_of.cache_clear()


@pytest.fixture
def mine(install: Install) -> Path:
    """The package of the guide, and its experiment."""
    folder = install("segcli-mydecoder", ENTRY_POINTS, segcli_mydecoder=PACKAGE[MODULE])
    Path(EXPERIMENT).write_text(PACKAGE[EXPERIMENT])
    return folder


@pytest.mark.usefixtures("mine")
def test_the_decoder_of_the_guide_is_one_of_the_registry(capsys: Capture) -> None:
    assert main(["list", "decoders", "MyDecoder"]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith("MyDecoder   from segcli-mydecoder\n  Project the finest level.\n")
    assert "Channels of the output." in listed
    assert main(["schema"]) == 0
    assert "MyDecoder" in capsys.readouterr().out
    assert "segcli_mydecoder" not in sys.modules  # names are known without an import
    assert main(["check", EXPERIMENT, "--trusted-only"]) == 0
    assert f"ok  {EXPERIMENT}  MyDecoder on resnet10t" in capsys.readouterr().out
    assert versions()["segcli-mydecoder"] == "0.1.0"


@pytest.mark.usefixtures("mine")
def test_what_lies_in_the_repository_is_not_trusted(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("..")
    assert main(["check", f"work/{EXPERIMENT}", "--trusted-only"]) == 2
    assert "unknown name 'MyDecoder' among decoders" in capsys.readouterr().out
    assert "segcli_mydecoder" not in sys.modules


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize(
    ("decoder", "message"),
    [("{class_path: MyDecoder, widht: 8}", "did you mean 'width'"), ("MyDecodr", "did you mean 'MyDecoder'")],
)
def test_what_is_wrong_about_it_is_told_as_of_any_other(capsys: Capture, decoder: str, message: str) -> None:
    Path("x.yaml").write_text(f"extends: segcli:quickstart\nmodel: {{decoder: {decoder}}}\n")
    assert main(["check", "x.yaml"]) == 2
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (None, "ModuleNotFoundError: No module named 'broken'"),
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("", "AttributeError: module 'broken' has no attribute 'Broken'"),
    ],
)
def test_a_package_that_cannot_be_imported_is_an_error_where_it_is_used(
    install: Install, capsys: Capture, monkeypatch: pytest.MonkeyPatch, code: str | None, message: str
) -> None:
    monkeypatch.delitem(sys.modules, "broken", raising=False)
    modules = {} if code is None else {"broken": code}
    install("segcli-broken", "[segcli.decoders]\nBroken = broken:Broken\n", **modules)
    Path("x.yaml").write_text("extends: segcli:quickstart\n")
    Path("y.yaml").write_text("extends: x.yaml\nmodel: {decoder: Broken}\n")
    assert main(["check", "x.yaml"]) == 0
    assert main(["list", "decoders"]) == 0
    assert not capsys.readouterr().err
    assert main(["check", "y.yaml"]) == 2
    told = capsys.readouterr().out
    assert f"model.decoder: importing broken of the package segcli-broken failed: {message}" in told


def test_a_name_that_is_ours_too_disturbs_only_its_users(install: Install, capsys: Capture) -> None:
    install("segcli-broken", "[segcli.decoders]\nFPN = broken:FPN\n")
    claimed = "'FPN' is claimed by segcli (segcli.decoders.fpn:FPN) and by segcli-broken (broken:FPN)"
    for decoder, code in (("FPN", 2), ("UNet", 0), ("segcli.decoders.fpn.FPN", 0)):
        Path("x.yaml").write_text(f"extends: segcli:quickstart\nmodel: {{decoder: {decoder}}}\n")
        assert main(["check", "x.yaml", "--trusted-only"]) == code
        assert (claimed in capsys.readouterr().out) == bool(code)
    assert main(["list", "decoders", "FPN"]) == 0
    assert claimed in " ".join(capsys.readouterr().out.split())
    assert main(["schema"]) == 0


@pytest.mark.parametrize(
    ("entry_points", "message"),
    [
        ("[segcli.decoders]\nnothing\n", "TypeError"),
        ("[segcli.decoders]\n\xff = a:B\n", "UnicodeDecodeError"),
        ("[segcli.decoders]\nMine = not a path\n", "segcli.decoders: Mine got 'not a path', expected module:Class"),
        ("[segcli.decoder]\nMine = mine:Mine\n", "no group 'segcli.decoder'; write segcli.decoders"),
    ],
)
def test_entry_points_that_make_no_sense_are_left_out_and_told(
    mine: Path, install: Install, capsys: Capture, entry_points: str, message: str
) -> None:
    install("segcli-broken", entry_points)
    assert main(["list", "decoders", "MyDecoder"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("MyDecoder   from segcli-mydecoder")
    assert told.err.startswith("warning: the entry points of segcli-broken were left out: ")
    assert message in told.err
    assert len(told.err.splitlines()) == 1


def test_the_first_on_the_path_of_a_package_that_is_there_twice_counts(mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / mine.name
    other.mkdir(parents=True)
    (other / "METADATA").write_text((mine / "METADATA").read_text())
    (other / "entry_points.txt").write_text(ENTRY_POINTS.replace("segcli_mydecoder:", "older:"))
    path, faults = [str(mine.parent), str(other.parent)], list[str]()
    for places, module in ((path, "segcli_mydecoder"), (path[::-1], "older")):
        (found,) = read_entry_points(places, registry.FAMILIES, faults.append)
        assert found.module == module
    assert not faults


DATA = "[segcli.listings]\nVisits = my_data:Visits\n[segcli.readers]\nNumPyReader = my_data:NumPyReader\n"
VISITS = """\
extends: segcli:quickstart
data:
  class_path: PatternDataModule
  root: visits
  listing: {class_path: Visits, suffix: _label.npy}
  reader: NumPyReader
  classes: [tissue, lesion]
  num_workers: 0
"""


@pytest.fixture
def visits(install: Install) -> None:
    """The listing and the reader of the guide in a package, an experiment with both, and what it reads."""
    install("segcli-visits", DATA, my_data=FILES["my_data.py"])
    Path("x.yaml").write_text(VISITS)
    write_visits(Path("visits"))


@pytest.mark.usefixtures("visits")
def test_a_listing_and_a_reader_are_names_like_others(capsys: Capture) -> None:
    for family, name, said in (("listings", "Visits", "suffix"), ("readers", "NumPyReader", "Read masks that NumPy")):
        assert main(["list", family, name]) == 0
        listed = capsys.readouterr().out
        assert listed.startswith(f"{name}   from segcli-visits\n")
        assert said in listed
    assert main(["schema"]) == 0
    printed = capsys.readouterr().out
    assert all(f'"{name}"' in printed for name in ("Visits", "NumPyReader"))
    for written, wrong, hint in (
        ("class_path: Visits", "class_path: Vissits", "did you mean 'Visits'"),
        ("suffix: ", "sufix: ", "did you mean 'suffix'"),
        ("reader: NumPyReader", "reader: NumpyReader", "did you mean 'NumPyReader'"),
        ("reader: NumPyReader", "reader: Visits", "Visits is one of the listings, not of the readers"),
    ):
        Path("y.yaml").write_text(VISITS.replace(written, wrong))
        assert main(["check", "y.yaml", "--trusted-only"]) == 2
        assert hint in capsys.readouterr().out
    assert "my_data" not in sys.modules
    assert main(["check", "x.yaml"]) == 0


@pytest.mark.usefixtures("visits")
def test_data_of_a_listing_are_checked_drawn_and_counted(capsys: Capture) -> None:
    assert main(["data", "check", "-c", "x.yaml"]) == 0
    assert "0 errors" in capsys.readouterr().out
    assert main(["data", "stats", "-c", "x.yaml"]) == 0
    assert "lesion" in capsys.readouterr().out
    assert main(["data", "preview", "-c", "x.yaml", "--output", "x.png"]) == 0
    Path("visits/p1/0_label.npy").write_bytes(b"broken")
    assert main(["data", "check", "-c", "x.yaml"]) == 1
    told = capsys.readouterr()
    assert "visits/p1/0_label.npy: data.reader NumPyReader failed, ValueError" in told.out + told.err
    assert "Traceback" not in told.out + told.err


@pytest.mark.usefixtures("visits")
def test_data_of_a_listing_train(capsys: Capture) -> None:
    small = [each for each in SHORT if "_size=" not in each]
    assert main(["fit", "-c", "x.yaml", *small, "--data.batch_size=2", "--run.name=x"]) == 0
    stored = json.loads(Path("runs/x/1/passport.json").read_text())
    assert stored["versions"]["segcli-visits"] == "0.1.0"
    splits = json.loads(Path("runs/x/1/splits.json").read_text())
    assert set(splits["groups"]["train"]).isdisjoint(splits["groups"]["val"])


@pytest.mark.slow
def test_the_package_of_the_guide_is_installed_and_trains(tmp_path: Path) -> None:
    for name, text in PACKAGE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "--quiet", "install", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(tmp_path / "segcli-mydecoder")], check=True)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), str(site)])}

    def said(*words: str) -> str:
        command = [sys.executable, "-P", "-m", "segcli", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "MyDecoder   from segcli-mydecoder" in said("list", "decoders", "MyDecoder")
    assert re.search(r"^MyDecoder +yes", said("list", "decoders", "--matrix", "MyDecoder"), re.MULTILINE)
    assert f"ok  {EXPERIMENT}  MyDecoder" in said("check", EXPERIMENT, "--build")
    said("fit", "-c", EXPERIMENT, *SHORT)
    run = tmp_path / "runs/my_package/1"
    assert json.loads((run / "passport.json").read_text())["versions"]["segcli-mydecoder"] == "0.1.0"
    said("validate", "--ckpt_path", str(run / "checkpoints/best.ckpt"))
