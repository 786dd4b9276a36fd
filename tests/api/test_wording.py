import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import segcli
from segcli.api.wording import in_python
from segcli.program import program

PACKAGE = Path(segcli.__file__).parent
ELSEWHERE = (
    "cli",
    "sweeps",
    "ledger",
    "api",
    "__main__.py",
    "comparison/page",
    "benchmark",
    "experiment/benchmark.py",
    "experiment/output_folder.py",
    "experiment/tune",
    "experiment/export.py",
    "experiment/predict.py",
    "experiment/output_folder.py",
    "experiment/suggest.py",
    "export",
    "predict",
    "serve",
    "experiment/serve.py",
    "reports/data_check_report.py",
    "reports/suggest_report.py",
    "suggest",
)
"""What no call from Python leads to, and what writes no messages."""
OPTION = re.compile(r"(?<![\w-])(?:--\w|-c\b)")
OF_OTHERS = ("docker run --shm-size", "bash -c")


@pytest.mark.parametrize(
    ("typed", "here"),
    [
        ("choose others, or add --force", "choose others, or force=True"),
        ("see --at last, or validate as often", 'see at="last", or validate as often'),
        ("leave out --ckpt_path last to begin one", 'leave out checkpoint="last" to begin one'),
        ("resume: fit --ckpt_path a/last.ckpt", 'resume: segcli.fit(checkpoint="a/last.ckpt")'),
        (
            "from its state: fit --ckpt_path a.ckpt --run.name NAME",
            'from its state: segcli.fit(checkpoint="a.ckpt", overrides={"run.name": NAME})',
        ),
        (f"as it was:\n    {program()} fit --ckpt_path a.ckpt\n", 'as it was:\n    segcli.fit(checkpoint="a.ckpt")\n'),
        (
            "give a file with --model.backbone.weights FILE, or --model.backbone.pretrained false.",
            'give a file with "model.backbone.weights": FILE, or "model.backbone.pretrained": False.',
        ),
        ("--data.batch_size 4 --trainer.x 0.5  as", '"data.batch_size": 4, "trainer.x": 0.5  as'),
        ("--trainer.precision bf16-mixed   half", '"trainer.precision": "bf16-mixed"   half'),
        ("set a smaller --data.batch_size, or look", "set a smaller data.batch_size, or look"),
        ("are too narrow: --group '{drive}_*', and", 'are too narrow: group="{drive}_*", and'),
        (f"tested: {program()} test --ckpt_path a.ckpt", f"tested: {program()} test --ckpt_path a.ckpt"),
        ("2 more pairs: --format json, or --html FILE", "2 more pairs: .pairs, or .page(FILE)"),
        ("called a: add --pattern '{name}_pred'.", 'called a: pattern="{name}_pred".'),
        ("--values masks reads them; --others CLASS is", 'values="masks" reads them; others=CLASS is'),
        ("--values and --others are not for", "values and others are not for"),
        ("needs an experiment: -c FILE", "needs an experiment: as a file or a mapping"),
    ],
)
def test_advice_is_for_python(typed: str, here: str) -> None:
    assert in_python(typed) == here


def _texts(path: Path) -> Iterator[str]:
    """Yield the texts of a module, with a.b for what is filled in; without those that say what something is for."""
    tree = ast.parse(path.read_text())
    left_out = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    left_out |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(_part(part) for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _part(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return program() if "program()" in ast.unparse(part) else "a.b"


def test_no_message_that_python_shows_names_an_option() -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if not _starts(path.relative_to(PACKAGE), ELSEWHERE)]
    messages = [text for path in modules for text in _texts(path) if " " in text and OPTION.search(text)]
    assert len(messages) > 30
    command = re.compile(rf"{re.escape(program())} [^\n;]*|{'|'.join(OF_OTHERS)}")
    left = {text: told for text in messages if OPTION.search(command.sub("", told := in_python(text)))}
    assert left == {}


def _starts(path: Path, rooms: tuple[str, ...]) -> bool:
    return any(path.is_relative_to(room) for room in rooms)
