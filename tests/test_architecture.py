"""The layout of the package holds: who imports whom, what stays free of torch, a test beside every module."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from segcli.cli.verbs import VERBS
from segcli.registry import FAMILIES
from tests.conftest import LONGEST

PACKAGE = Path(__file__).parent.parent / "segcli"
ROWS = (
    {
        "disk",
        "features",
        "image_rows",
        "plug_ins",
        "private_names",
        "processes",
        "program",
        "sample",
        "registry",
        "score_spec",
        "value_range",
    },
    {"config"},
    {"layers", "transforms", "datasets", "downloads", "plot_style", "prediction"},
    {"backbones", "decoders", "losses", "metrics", "datamodules", "optim", "inference"},
    {"task_kind"},
    {"segmenter", "evaluation"},
    {"task", "loop"},
    {"runs"},
    {"callbacks", "comparison", "inspection", "ledger", "survey", "sweeps"},
    {"export"},
    {"predict"},
    {"benchmark", "serve", "suggest"},
    {"experiment"},
    {"reports"},
    {"api", "cli", "__main__"},
)
SIBLINGS_APART = 3
LIGHTNING_ROOMS = {"datamodules", "task", "loop", "runs", "callbacks", "export", "experiment", "cli", "private_names"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def _name(path: Path) -> str:
    parts = ("segcli", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def _row(module: str) -> int:
    return next(row for row, rooms in enumerate(ROWS) if _room(module) in rooms)


@cache
def _imports(path: Path) -> tuple[tuple[str, bool, bool], ...]:
    """Return every imported module, whether it is imported inside a function, and whether for types only."""
    return tuple(_read_imports(path))


def _read_imports(path: Path) -> Iterator[tuple[str, bool, bool]]:
    tree = ast.parse(path.read_text())
    inside = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for n in ast.walk(f)}
    typing = {
        id(n)
        for i in ast.walk(tree)
        if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.unparse(i.test)
        for n in ast.walk(i)
    }
    known = {_name(module) for module in MODULES}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in inside, id(node) in typing) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield (full if full in known else node.module), id(node) in inside, id(node) in typing


def _is_ours(module: str) -> bool:
    return module.startswith("segcli.")


def test_every_room_has_its_row() -> None:
    rooms = {_room(_name(module)) for module in MODULES} - {""}
    assert rooms == set.union(*ROWS)


@pytest.mark.parametrize("path", [m for m in MODULES if _room(_name(m))], ids=_name)
def test_imports_go_down_the_rows(path: Path) -> None:
    here = _name(path)
    for module, _, _ in _imports(path):
        if not _is_ours(module) or _room(module) == _room(here):
            continue
        assert _row(module) <= _row(here), f"{here} imports {module} from a higher row"
        assert _row(module) < _row(here) or _row(here) != SIBLINGS_APART, f"{here} imports its sibling {module}"


def test_there_is_no_import_cycle() -> None:
    graph = {_name(m): {i for i, _, typing in _imports(m) if _is_ours(i) and not typing} for m in MODULES}
    done: set[str] = set()

    def visit(module: str, chain: tuple[str, ...]) -> None:
        assert module not in chain, f"cycle: {' -> '.join((*chain, module))}"
        if module not in done:
            for imported in graph.get(module, ()):
                visit(imported, (*chain, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_verbs_import_segcli_inside_functions(path: Path) -> None:
    if _room(_name(path)) not in {"experiment", "api", "cli"}:
        assert not [module for module, inside, _ in _imports(path) if inside and _is_ours(module)]


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_lightning_appears_only_where_it_may(path: Path) -> None:
    if _room(_name(path)) not in LIGHTNING_ROOMS:
        tops = {module.split(".")[0] for module, _, _ in _imports(path)}
        assert not tops & {"pytorch_lightning", "lightning_fabric", "lightning"}


@pytest.mark.parametrize("path", [m for m in MODULES if m.stem != "private_names"], ids=_name)
def test_private_names_of_dependencies_stand_in_one_file(path: Path) -> None:
    tree = ast.parse(path.read_text())
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    own |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _is_of_self(node)}
    own |= {"_replace", "_asdict", "_fields"}  # of named tuples
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not _is_of_self(node) and re.match(r"_[a-z]", node.attr):
            assert node.attr in own, f"{_name(path)} uses {ast.unparse(node)}"
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("segcli"):
            parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            assert not [part for part in parts if re.match(r"_[A-Za-z]", part)], f"{_name(path)}: {ast.unparse(node)}"


@pytest.mark.parametrize("path", [m for m in MODULES if m.stem not in ("component", "schema")], ids=_name)
def test_how_a_component_is_written_down_stands_in_one_file(path: Path) -> None:
    """And in the schema, which says it to editors; messages and manuals may quote it."""
    words = re.compile(r"\.?(class_path|init_args)")
    texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
    assert not [text for text in texts if isinstance(text, str) and words.fullmatch(text)]


def _is_of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


def test_only_the_pytorch_lightning_namespace_is_used() -> None:
    used = {module.split(".")[0] for path in MODULES for module, _, _ in _imports(path)}
    assert "lightning" not in used


def _has_contract(path: Path) -> bool:
    """Return whether a member of a registry family stands in a module, which the family's contract tests cover."""
    families = [name for name in FAMILIES if (PACKAGE.parent / "tests/contracts" / f"test_{name}.py").is_file()]
    members = {target.partition(":")[0] for name in families for target in FAMILIES[name].table.values()}
    return _name(path) in members


@pytest.mark.parametrize("path", [m for m in MODULES if m.name != "__init__.py"], ids=_name)
def test_every_module_has_its_test(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    name = relative.stem.strip("_")
    assert (PACKAGE.parent / "tests" / relative.parent / f"test_{name}.py").is_file() or _has_contract(path)


TORCH_FREE = [
    *(
        "disk",
        "plug_ins",
        "private_names",
        "processes",
        "registry",
        "score_spec",
        "value_range",
        "runs.run_folder",
        "cli.main",
        "cli.command_line",
        "cli.tune",
        "cli.serve",
        "serve.address",
    ),
    *("experiment.check", "experiment.experiment_diff", "experiment.run", "experiment.restored", "experiment.training"),
    *(f"cli.{verb}" for verb in ("show", "why", "diff", "list", "minimize", "flatten", "schema", "check", "fit")),
    *(f"config.{path.stem}" for path in sorted((PACKAGE / "config").glob("[a-z]*.py"))),
    *(f"runs.{name}" for name in ("identity", "surroundings", "passport", "changes_since")),
    "ledger.ledger",
]
WITHOUT_TORCH = [
    *(
        "image_rows",
        "runs.class_scores",
        "runs.image_counts",
        "runs.stored_run",
        *(f"cli.{verb}" for verb in VERBS),
    ),
    *(
        f"{room}.{path.stem}"
        for room in ("api", "comparison", "comparison.page", "comparison.plots", "ledger", "reports", "sweeps")
        for path in sorted(PACKAGE.joinpath(*room.split(".")).glob("[a-z]*.py"))
    ),
]

SLOW = ("omegaconf", "docstring_parser", "importlib.metadata", "numpy")
COMPLETES = [
    *(f"cli.{name}" for name in ("main", "completer", "completed_keys", "shells")),
    *(f"cli.{verb}" for verb in VERBS),
]


@pytest.mark.parametrize(
    ("rooms", "kept_out"),
    [
        (TORCH_FREE, ("torch", "pytorch_lightning", "numpy")),
        (WITHOUT_TORCH, ("torch", "pytorch_lightning")),
        (
            COMPLETES,
            ("omegaconf", "docstring_parser", "importlib.metadata", "segcli.experiment", "segcli.runs.stored_run"),
        ),
    ],
    ids=["what composes experiments", "what reads runs", "what a shell waits for"],
)
def test_what_needs_no_torch_does_not_import_it(rooms: list[str], kept_out: tuple[str, ...]) -> None:
    """In one process, which stops at the first that does."""
    code = f"""
import importlib, sys
for room in {rooms}:
    importlib.import_module("segcli." + room)
    if found := [name for name in {kept_out} if name in sys.modules]:
        sys.exit(f"segcli.{{room}} imports {{found}}")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_no_signature_defaults_to_a_class_or_an_instance(path: Path) -> None:
    """Such a default would survive a class switch, as LightningCLI merges it."""
    for function in (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)):
        if function.name == "__init__":
            for default in [*function.args.defaults, *function.args.kw_defaults]:
                assert default is None or not isinstance(default, ast.Call | ast.Dict | ast.List), ast.unparse(default)


def test_the_top_level_holds_what_the_layout_names() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=PACKAGE.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in done.stdout.splitlines()}
    visible = {name for name in top if not name.startswith(".")}
    assert visible <= {"pyproject.toml", "segcli", "experiments", "tests", "Makefile", "README.md", "LICENSE"}


def test_the_tests_that_are_begun_with_are_there() -> None:
    assert [name for name in LONGEST if not (Path(__file__).parent / name).is_file()] == []


POSIX_ONLY = {
    *("os.fork", "os.getpgid", "os.getuid", "os.killpg", "os.pread", "os.pwrite", "os.register_at_fork", "os.setpgid"),
    *("os.sysconf", "signal.SIGALRM", "signal.SIGHUP", "signal.SIGUSR1", "signal.SIGUSR2", "signal.pause"),
}


def test_what_windows_lacks_is_asked_for_first() -> None:
    for path in MODULES:
        text = path.read_text()
        guarded = ("signal.SIGUSR1",) if 'hasattr(os, "setpgid")' in text else ()
        for name in {found for found in POSIX_ONLY if found in text}.difference(guarded):
            module, _, attribute = name.partition(".")
            assert f'hasattr({module}, "{attribute}")' in text, f"{_name(path)} uses {name}"
        assert not re.search(r"^import (fcntl|resource|termios|pwd)$", text, re.MULTILINE), _name(path)
