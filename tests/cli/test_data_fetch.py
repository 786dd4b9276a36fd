import io
import json
import shlex
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.config.tables import line_width
from segcli.downloads.known import DATA_SETS
from tests.downloads.made import COUNTS, below, served_in_module
from tests.downloads.server import Server

__all__ = ["served_in_module"]
every_set = pytest.mark.parametrize("name", sorted(DATA_SETS))


@pytest.fixture
def server(served: tuple[Server, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.chdir(tmp_path)
    served[0].asked, served[0].cuts, served[0].states = [], [], []
    return served[0]


@pytest.fixture
def made(served: tuple[Server, Path]) -> Path:
    return served[1]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@every_set
def test_it_tells_first_then_downloads_and_says_what_is_next(
    name: str, server: Server, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = DATA_SETS[name]
    assert main(["data", "fetch", name, "--yes"]) == 0
    out, err = capsys.readouterr()
    counts = ", ".join(f"{split} {count}" for split, count in COUNTS[name].items())
    assert out.startswith("\n".join(data.describe(data.layout.root)))
    assert f"{name} is in {data.layout.root}: images {counts}\n" in out
    assert "\033" not in out + err
    assert below(data.layout.root) == below(made / name)

    server.asked.clear()
    assert main(["data", "fetch", name]) == 0
    assert f"{name} is already in {data.layout.root}: images {counts}\n" in capsys.readouterr().out
    assert server.asked == []


@every_set
@pytest.mark.parametrize("elsewhere", [[], ["--root", "else where/x"]], ids=["usual", "elsewhere"])
def test_the_line_that_is_next_is_right(
    name: str, elsewhere: list[str], server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "fetch", name, "--yes", *elsewhere]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    words = shlex.split(last.removeprefix("next  python -m segcli fit -c segcli:own_folder"))
    assert words == ["-c", f"segcli:data/{name}", *(["--data.root", elsewhere[1]] if elsewhere else [])]
    assert main(["show", "segcli:own_folder", *words[1:]]) == 0


@pytest.mark.usefixtures("server")
def test_camvid_is_next_trained_on_by_the_experiment_that_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    Path("experiments").mkdir()
    Path("experiments/fpn_r50.yaml").touch()
    assert main(["data", "fetch", "camvid", "--yes", "--root", "x"]) == 0
    assert capsys.readouterr().out.endswith("next  python -m segcli fit -c experiments/fpn_r50.yaml --data.root x\n")


@pytest.mark.parametrize(
    ("answer", "is_yes"), [("y\n", True), (" YES \n", True), ("\n", False), ("n\n", False), ("", False)]
)
def test_on_a_terminal_it_asks(
    answer: str,
    is_yes: bool,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", _Terminal(answer))
    assert main(["data", "fetch", "voc"]) == (0 if is_yes else 1)
    out = capsys.readouterr().out
    assert out.index("licence") < out.index("? [y/N] ")
    assert ("nothing was downloaded" in out, Path("data").exists(), server.asked != []) == (not is_yes, is_yes, is_yes)


def test_without_a_terminal_it_says_how_to_agree(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert main(["data", "fetch", "voc", "--root", "a b"]) == 2
    shown = capsys.readouterr()
    assert "licence" in shown.out
    line = shown.err.partition("to agree: ")[2].strip()
    assert line == "python -m segcli data fetch voc --root 'a b' --yes"
    assert (server.asked, list(Path().iterdir())) == ([], [])
    assert main(shlex.split(line)[3:]) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["vok"], "does not know 'vok' (did you mean 'voc'?)\n  options: camvid, pet, voc"),
        (["voc", "pet"], "data takes"),
        (["--yes"], "--yes needs a data set: python -m segcli data fetch NAME --yes"),
        (["--root", "x"], "--root needs a data set"),
        (["voc", "--format", "json"], "--format is of the list: python -m segcli data fetch --format json"),
        (["voc", "--yes", "--root", "file"], "file is there and holds not all of voc"),
        (["voc", "--yes", "--root", "file/voc"], "/file: File exists"),
        (["voc", "--yes", "--root", "."], "holds not all of voc (images with masks: train 0 of 4, val 0 of 2)"),
    ],
)
def test_mistakes_are_told(words: list[str], told: str, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    Path("file").write_text("mine")
    assert main(["data", "fetch", *words]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error
    assert (server.asked, below(Path())) == ([], {"file": b"mine"})


@pytest.mark.parametrize(
    ("states", "cuts", "told"),
    [
        ([404], [], "answered 404 "),
        ([503] * 9, [], "answered 503 "),
        ([], [1000, *[0] * 9], "broke off: 1 kB of "),
    ],
)
def test_a_server_that_fails_is_told(
    states: list[int], cuts: list[int], told: str, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.states, server.cuts = states, cuts
    assert main(["data", "fetch", "pet", "--yes"]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error
    server.states, server.cuts = [], []
    assert main(["data", "fetch", "pet", "--yes"]) == 0


@pytest.mark.usefixtures("server")
def test_the_list_has_all_in_every_form(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    shown = {}
    for form in ("text", "markdown", "json"):
        assert main(["data", "fetch", "--format", form]) == 0
        shown[form] = capsys.readouterr().out
    assert main(["data", "fetch"]) == 0
    assert capsys.readouterr().out == shown["text"]
    assert max(map(len, shown["text"].splitlines())) <= line_width()
    for name, data in DATA_SETS.items():
        assert f"| {name} | {data.shown_size} | {data.layout.root} |" in shown["markdown"]
        assert all(each in shown["text"] for each in (name, data.licence, data.shown_size, data.source))
    facts = {each["name"]: each for each in json.loads(shown["json"])}
    assert {name: each["images"] for name, each in facts.items()} == COUNTS
    assert facts["voc"]["archives"] == [DATA_SETS["voc"].archives[0].url]
