"""Names and texts that strangers wrote do no harm where any verb shows them."""

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
import yaml
from PIL import Image

import segcli
from segcli.benchmark.memory import Peak
from segcli.cli.main import main
from segcli.cli.verbs import VERBS, declared
from segcli.config.compose import compose
from segcli.sweeps.child import ChildRunner, Launch
from tests.conftest import working_directory
from tests.datamodules.data import write_pairs

ESCAPES = "\x1b[31m\x9b2J\x07\u202e\u2066\u2028\x85\r\n\t\x7f"
MARKUP = "a|b`c```<img src=x onerror=alert(1)>@me [x](http:e) $\\frac$ \"'&;${'"
NASTY = f"n{ESCAPES}{MARKUP}{'long' * 10}"
NAME = f"run{ESCAPES}|`<b>"
EXPERIMENT = {
    "data": {
        "class_path": "FolderDataModule",
        "root": f"data{ESCAPES}",
        "mask_values": {0: f"back{NASTY.replace('${', '')}", 255: f"cell{ESCAPES}"},
        "batch_size": 4,
        "group": "{clip}_*",
        "train_transforms": ["HorizontalFlip"],
        "val_fraction": 0.4,
        "test_fraction": 0.2,
    },
    "model": {
        "backbone": {"name": "test_resnet.r160_in1k", "pretrained": False},
        "decoder": {"class_path": "FPN", "pyramid_channels": 8, "segmentation_channels": 32},
        "schedule": {"warmup_steps": 1},
    },
    "trainer": {"max_epochs": 1, "log_every_n_steps": 1, "logger": {"class_path": "CSVLogger", "save_dir": "logs"}},
    "vars": {"name": NAME},
    "run": {"name": "${vars.name}"},
}
FILE = f"exp{ESCAPES}|`<i>.yaml"
POOL = "pool\x1b[31m\x07\u202e\t\x7f|`<b>"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run of that experiment, and the output of its training; the working directory."""
    folder = tmp_path_factory.mktemp("nasty")
    with working_directory(folder):
        names = [f"clip{i % 5}{ESCAPES}_{i}" for i in range(10)]
        write_pairs(Path(f"data{ESCAPES}/images"), Path(f"data{ESCAPES}/labels"), names)
        Path(POOL).mkdir()
        for at, name in enumerate((f"a{POOL}", f"b{ESCAPES}", "c${x}")):
            Image.new("RGB", (40, 40), (at, 9, 90)).save(Path(POOL, f"{name}.png"))
        text = yaml.safe_dump(EXPERIMENT, sort_keys=False)
        Path(FILE).write_text(f"# {MARKUP} \u202e\n{text}", encoding="utf-8")
        code, told = _said("fit", "-c", FILE)
        assert code == 0, told
        (folder / "told.txt").write_bytes(told.encode())
        yield folder


def _said(*words: str) -> tuple[int, str]:
    """Run a verb; return its exit code and all that it printed."""
    out, error = StringIO(), StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        code = main(list(words))
    return code, f"{out.getvalue()}{error.getvalue()}"


def _refuse_harm(told: str) -> None:
    allowed = set("\n\t")
    harm = {each for each in told if unicodedata.category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - allowed
    assert not harm, [line for line in told.split("\n") if harm & set(line)]
    assert "Traceback" not in told


def _refuse_broken_markdown(text: str) -> None:
    """See that every table has as many cells in each row, and that no markup of a value is alive outside of code."""
    fence, columns, table = "", None, False
    for line in text.split("\n"):
        run = re.match(r"`{3,}", line)
        if fence or run:
            fence = "" if fence and line == fence else fence or (run[0] if run else "")
            continue
        bare = re.sub(r"(?<!\\)(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        table = line.startswith("|")
        cells = len(re.findall(r"(?<!\\)\|", line)) if table else None
        assert columns in (None, cells) or not table, line
        columns = cells
        assert not re.search(r"<(?!br>|!--)|(?<!\\)\]\(|@me", bare), line
    assert not fence


class _Elements(HTMLParser):
    """Collects the elements and the attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs)}


RUN = f"runs/{NAME}/1"
BEST = f"{RUN}/checkpoints/best.ckpt"
NOWHERE = f"none{ESCAPES}|<b>"
PREDICTED = [f"data{ESCAPES}/labels", "-c", FILE, "--values", "masks"]
TORCH = ["--to", "torch", "--size", "32x32", "--n", "1"]
WORDS: dict[str, list[tuple[int, list[str]]]] = {
    "fit": [(2, ["-c", NOWHERE]), (2, ["-c", FILE, f"--x{ESCAPES}", "1"])],
    "validate": [(0, ["--ckpt_path", BEST]), (2, ["--ckpt_path", NOWHERE])],
    "test": [(0, ["--ckpt_path", BEST])],
    "predict": [(0, ["--ckpt_path", BEST]), (2, ["--ckpt_path", BEST, "--data.root", NOWHERE])],
    "evaluate": [
        (0, [*PREDICTED, "--run.name", f"out{ESCAPES}"]),
        (0, [*PREDICTED, "--format", "json"]),
        (2, [*PREDICTED, "--pattern", f"{ESCAPES}{{name}}"]),
        (2, [*PREDICTED, "--others", NOWHERE]),
        (2, [NOWHERE, "-c", FILE]),
    ],
    "export": [(0, ["--ckpt_path", BEST, *TORCH, "--format", "json"]), (2, ["--ckpt_path", NOWHERE])],
    "suggest": [
        (3, ["--ckpt_path", BEST, POOL, "--n", "2"]),
        (3, ["--ckpt_path", BEST, POOL, "--format", "json"]),
        (2, ["--ckpt_path", BEST, NOWHERE]),
        (2, ["--ckpt_path", BEST, POOL, "--labelled", NOWHERE]),
    ],
    "benchmark": [
        (0, ["--ckpt_path", BEST, "--repeats", "1"]),
        (2, ["--ckpt_path", BEST, f"x{ESCAPES}.onnx"]),
        (2, ["--ckpt_path", NOWHERE]),
    ],
    "serve": [
        (2, ["--ckpt_path", NOWHERE]),
        (2, ["--ckpt_path", BEST, "--host", NOWHERE]),
        (2, ["--ckpt_path", BEST, "--token", NOWHERE]),
        (2, ["--ckpt_path", BEST, "--port", "0", "--examples", NOWHERE]),
    ],
    "tune": [(0, ["batch_size", "-c", FILE, "--max_batch_size", "2", "--steps", "2"])],
    "sweep": [
        (0, ["-c", FILE, "--vary", f"data.root=a,b{ESCAPES.replace('[', '')}", "--dry-run"]),
        (0, ["-c", FILE, "--vary", "model.decoder.dropout=0.1"]),
    ],
    "compare": [
        (0, [RUN, RUN, "--html", "page.html"]),
        (0, ["runs"]),
        (0, ["runs", "--format", "json"]),
        (2, [NOWHERE]),
    ],
    "record": [
        (0, [RUN, "--folder", "."]),
        (0, [RUN, "--folder", ".", "--name", f"r{ESCAPES}|`<b>"]),
        (0, ["--table", "--folder", "."]),
        (2, [NOWHERE]),
    ],
    "verify": [(0, [RUN]), (2, [NOWHERE])],
    "rerun": [(0, [RUN, "--dry-run", "--run.name", f"again{ESCAPES}"]), (2, [NOWHERE])],
    "show": [(0, [FILE, "--sources"]), (0, [FILE, "--format", "json"]), (2, [FILE, "--run.name", "${vars.\u202e}"])],
    "why": [(0, [FILE, "run.name"]), (0, [FILE, "data"]), (2, [FILE, f"x{ESCAPES}"])],
    "diff": [(0, [RUN, FILE]), (0, [FILE, RUN, "--all"]), (0, [FILE, RUN, "--format", "json"]), (2, [FILE, NOWHERE])],
    "check": [(2, [FILE, NOWHERE]), (0, [FILE, "--build"])],
    "data": [
        (0, ["check", "-c", FILE]),
        (0, ["check", "-c", FILE, "--format", "json"]),
        (0, ["preview", "-c", FILE]),
        (0, ["stats", "-c", FILE, "--html", "data.html"]),
        (2, ["check", "-c", NOWHERE]),
        (2, ["preview", "-c", FILE, "--output", f"{FILE}/x.png"]),
        (0, ["fetch"]),
        (2, ["fetch", NOWHERE]),
        (2, ["fetch", "voc", "--root", NOWHERE]),
    ],
    "new": [
        (0, [f"data{ESCAPES}", "--force", "--output", f"new{ESCAPES}.yaml"]),
        (0, [f"data{ESCAPES}", "--force", "--output", "new.yaml", "--format", "json"]),
        (1, [f"data{ESCAPES}/images"]),
        (2, [NOWHERE]),
    ],
    "list": [(0, ["experiments"]), (0, ["experiments", "--format", "json"]), (2, ["losses", NOWHERE])],
    "minimize": [(0, [FILE]), (0, [FILE, "--format", "json"]), (2, [NOWHERE])],
    "flatten": [(0, [FILE, "--data.root", f"d{ESCAPES}"]), (2, [NOWHERE])],
    "schema": [(2, ["--output", f"{FILE}/schema.json"])],
    "completion": [(0, ["bash"]), (2, [NOWHERE])],
    "guide": [(0, []), (2, [NOWHERE])],
}
IN_MARKDOWN = {
    "compare": [RUN],
    "diff": [RUN, FILE, "--all"],
    "evaluate": PREDICTED,
    "export": ["--ckpt_path", BEST, *TORCH],
    "suggest": ["--ckpt_path", BEST, POOL],
    "benchmark": ["--ckpt_path", BEST, "--repeats", "1"],
    "list": ["experiments"],
    "new": [f"data{ESCAPES}", "--force", "--output", f"new{ESCAPES}|`<i>.yaml"],
    "data": ["stats", "-c", FILE],
    "show": [FILE],
    "why": [FILE, "data"],
    "check": [FILE, NOWHERE],
    "minimize": [FILE],
    "flatten": [FILE],
    "schema": [],
}


class _InProcess(ChildRunner):
    """Runs a cell without another interpreter."""

    def __call__(self, launch: Launch, watch: object) -> int:
        code, told = _said(*launch.words)
        launch.log.write_bytes(told.encode())
        return code


def test_a_training_says_nothing_harmful(trained: Path) -> None:
    _refuse_harm((trained / "told.txt").read_bytes().decode())


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_says_anything_harmful(verb: str, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segcli.cli.sweep.ChildRunner", _InProcess)
    monkeypatch.setattr("segcli.benchmark.benchmark.peak_memory", lambda *_: Peak(None, None))
    for expected, words in WORDS[verb]:
        code, told = _said(verb, *words)
        assert (code, bool(told)) == (expected, True), told
        _refuse_harm(told)


def test_markdown_of_every_verb_is_whole(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of those that may get it later: they are here once they have the option."""
    monkeypatch.setattr("segcli.benchmark.benchmark.peak_memory", lambda *_: Peak(None, None))
    assert set(IN_MARKDOWN) == {verb for verb in VERBS if declared(verb).option("--format")}
    for verb, words in IN_MARKDOWN.items():
        _, told = _said(verb, *words, "--format", "markdown")
        _refuse_harm(told)
        _refuse_broken_markdown(told)


def test_what_is_written_for_a_browser_has_no_element_of_a_value(trained: Path) -> None:
    assert _said("record", RUN, "--folder", ".", "--name", "r|`<b>")[0] == 0
    assert _said("record", "--table", "--folder", ".")[0] == 0
    table = Path("README.md").read_text(encoding="utf-8")
    _refuse_harm(table)
    _refuse_broken_markdown(table)
    assert _said("compare", RUN, "--html", "page.html")[0] == 0
    assert _said("data", "stats", "-c", FILE, "--html", "data.html")[0] == 0
    for name in ("page.html", "data.html"):
        page, elements = Path(name).read_text(encoding="utf-8"), _Elements()
        _refuse_harm(page)
        elements.feed(page)
        assert not elements.found & {"onerror", "b", "i"}


def test_what_a_notebook_shows_has_no_element_of_a_value(trained: Path) -> None:
    diffs = segcli.diff(RUN, FILE, show_all=True), segcli.diff(segcli.Run(RUN), segcli.Run(RUN))
    for found in (segcli.Run(RUN), *diffs, segcli.check(FILE, NOWHERE), segcli.compare(RUN)):
        page, elements = found._repr_html_(), _Elements()
        _refuse_harm(repr(found))
        _refuse_harm(page)
        elements.feed(page)
        assert not elements.found & {"onerror", "b", "i", "img"}
        if hasattr(found, "_repr_markdown_"):
            _refuse_harm(found._repr_markdown_())
            _refuse_broken_markdown(found._repr_markdown_())
    with pytest.raises(segcli.ConfigError) as caught:
        segcli.diff(FILE, NOWHERE)
    _refuse_harm("\n".join(caught.value._render_traceback_()))


def test_what_is_shown_of_an_experiment_is_yaml_of_the_same_experiment(trained: Path) -> None:
    for verb, *words in (["show", FILE], ["show", FILE, "--sources"], ["flatten", FILE], ["minimize", FILE]):
        expected = compose([Path(FILE)]).plain()
        told = _said(verb, *words)[1].replace("\ndropped", "\n# dropped")
        Path("again.yaml").write_text(told, encoding="utf-8")
        assert compose([Path("again.yaml")]).plain() == expected, verb
