"""Find classes in the source of modules, without importing anything.

Parsing whole modules is what costs, so only the statements that may define the name are: those of a class of that name,
to the end of its constructor, and imports. A module that cannot be cut up like that is parsed whole.
"""

import ast
import importlib.util
import re
import sys
import warnings
from collections.abc import Collection
from functools import cache
from importlib.machinery import ModuleSpec
from itertools import pairwise
from pathlib import Path

from segcli.config import trust
from segcli.config.files import Files

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_STATEMENT = re.compile(r"^(?=[@\w])(?!else\b|elif\b|except\b|finally\b)", re.MULTILINE)
_EXPORTED = re.compile(r"^__all__ *(?::.*?)?= *(\[[^\]]*\])", re.MULTILINE)
_CONSTRUCTOR = re.compile(r"^    def __init__\(", re.MULTILINE)
_METHOD = re.compile(r"^    (?:@|def |async def |class )", re.MULTILINE)
_DOCSTRING = re.compile(r'\A(?:[ \t]*(?:#[^\n]*)?\n)*[rR]?("""|\'\'\').*?\1', re.DOTALL)


class Modules:
    """The modules that ``import`` would find, with the source that one set of files gives them.

    Args:
        files: Where the text comes from.
    """

    def __init__(self, files: Files) -> None:
        self.files = files
        self._specs: dict[str, ModuleSpec | None] = {}
        self._files: dict[str, Path | None] = {}
        self._texts: dict[str, str] = {}
        self._exported: dict[str, list[str] | None] = {}
        self._classes: dict[tuple[str, str], tuple[str, ast.ClassDef] | None] = {}

    def file(self, module: str) -> Path | None:
        """Return the source file of a dotted module, found as ``import`` would, without importing a parent package."""
        if module not in self._files:
            self._files[module] = next((path for path in self._candidates(module) if self._is_there(path)), None)
        return self._files[module]

    def _is_there(self, path: Path) -> bool:
        is_own = any(path.is_relative_to(folder) for folder in trust.set_aside() if folder)
        return self.files.is_file(path) and (not is_own or trust.may_read(path))

    def _candidates(self, module: str) -> list[Path]:
        top, *rest = module.split(".")
        if top not in self._specs:
            try:
                self._specs[top] = importlib.util.find_spec(top)
            except ValueError:  # a module without a spec, such as __main__
                self._specs[top] = None
        spec = self._specs[top]
        aside = [Path(folder) / top for folder in trust.set_aside()]
        if spec is None:  # it may have been there at an earlier revision
            folders = [*(Path(folder or ".") / top for folder in sys.path), *aside]
        elif spec.origin is None:  # a folder without code, of data say, does not hide a module of that name
            folders = [*aside, *map(Path, spec.submodule_search_locations or ())]
        elif not rest:
            return [Path(spec.origin)] if spec.origin.endswith(".py") else []
        else:
            folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
        bases = [folder.joinpath(*rest) for folder in folders]
        return [file for base in bases for file in (base / "__init__.py", base.with_name(f"{base.name}.py"))]

    def text(self, module: str) -> str:
        """Return the source of a module; empty where there is none."""
        if module not in self._texts:
            file = self.file(module)
            try:
                # one object for one text: what is kept of it below is then found without comparing texts
                self._texts[module] = sys.intern(self.files.read_text(file)) if file is not None else ""
            except (OSError, UnicodeDecodeError):
                self._texts[module] = ""
        return self._texts[module]

    def syntax_error(self, module: str) -> tuple[str, int | None] | None:
        """Return what the parser says of a module that is not Python, and the line; None if it is, or is installed."""
        file = self.file(module)
        if file is None or "site-packages" in file.parts:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(self.text(module))
        except SyntaxError as error:
            return error.msg, error.lineno
        except _UNREADABLE as error:
            return str(error), None
        return None

    def find_class(self, module: str, name: str) -> tuple[str, ast.ClassDef] | None:
        """Return defining module and syntax of the class that ``module`` offers as ``name``; None if there is none.

        What follows the constructor may be left out.
        """
        if (module, name) not in self._classes:
            self._classes[module, name] = self._find(module, name, set())
        return self._classes[module, name]

    def _find(self, module: str, name: str, seen: set[tuple[str, str]]) -> tuple[str, ast.ClassDef] | None:
        if (module, name) in seen:
            return None
        seen.add((module, name))
        stars = []
        for statement in _statements(self.text(module), name):
            if isinstance(statement, ast.ClassDef) and statement.name == name:
                return module, statement
            if isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    if alias.name == "*":
                        target = self._absolute(module, statement)
                        exported = self.exported(target)
                        stars += [target] if exported is None or name in exported else []
                    elif (alias.asname or alias.name) == name:
                        return self._find(self._absolute(module, statement), alias.name, seen)
        return next((found for star in stars if (found := self._find(star, name, seen))), None)

    def base_class(self, module: str, base: ast.expr) -> tuple[str, ast.ClassDef] | None:
        """Return defining module and syntax of a base class as written in ``module``."""
        first, *rest = ast.unparse(base).split(".")
        if not rest:
            return self.find_class(module, first)
        for statement in _statements(self.text(module), first):
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for alias in statement.names:
                    if (alias.asname or alias.name.split(".")[0]) == first:
                        prefix = [self._absolute(module, statement)] if isinstance(statement, ast.ImportFrom) else []
                        head = alias.name if alias.asname or prefix else first
                        return self.find_class(".".join([*prefix, head, *rest[:-1]]), rest[-1])
        return None

    def derives(self, module: str, name: str, types: Collection[str]) -> bool:
        """Return whether one of some types, by its name, is among the parents of a class."""
        found = self.find_class(module, name)
        if found is None:
            return False
        for base in found[1].bases:
            parent = self.base_class(found[0], base)
            if ast.unparse(base).rpartition(".")[2] in types or (
                parent is not None and self.derives(parent[0], parent[1].name, types)
            ):
                return True
        return False

    def classes_of(self, module: str) -> list[str]:
        """Return the public classes that a module defines, or imports from its own package, for suggestions."""
        exported = self.exported(module)
        if exported is not None:
            return [name for name in exported if name[:1].isupper()]
        top, found = module.split(".")[0], []
        for statement in _statements(self.text(module), None):
            if isinstance(statement, ast.ClassDef):
                found.append(statement.name)
            elif isinstance(statement, ast.ImportFrom):
                target = self._absolute(module, statement)
                if target.split(".")[0] == top:
                    names = [(alias.name, alias.asname or alias.name) for alias in statement.names]
                    is_star = names[0][0] == "*"
                    found += self.classes_of(target) if is_star else [n for real, n in names if real[:1].isupper()]
        return [name for name in dict.fromkeys(found) if not name.startswith("_")]

    def exported(self, module: str) -> list[str] | None:
        """Return the names in ``__all__`` of a module; None where it has none."""
        if module not in self._exported:
            found = _EXPORTED.search(self.text(module))
            self._exported[module] = ast.literal_eval(found.group(1)) if found else None
        return self._exported[module]

    def _absolute(self, module: str, statement: ast.ImportFrom) -> str:
        """Return the module that a ``from ... import`` in ``module`` names."""
        if not statement.level:
            return statement.module or ""
        file = self.file(module)
        is_package = file is not None and file.name == "__init__.py"
        parts = module.split(".")
        keep = len(parts) - statement.level + (1 if is_package else 0)
        return ".".join([*parts[:keep], *([statement.module] if statement.module else [])])


@cache
def _statements(text: str, name: str | None) -> tuple[ast.stmt, ...]:
    """Return the top-level statements that may define or import ``name``, those under ``if`` and ``try`` included.

    None stands for every class.
    """
    parsed: list[ast.stmt] = []
    try:
        for first_line, part in _parts(text):
            if _may_define(part, name):
                parsed += _parsed(first_line, part)
    except _UNREADABLE:
        try:
            parsed = ast.parse(text).body
        except _UNREADABLE:
            return ()
    flat: list[ast.stmt] = []
    for statement in parsed:
        flat.append(statement)
        if isinstance(statement, ast.If | ast.Try):
            flat += [*statement.body, *statement.orelse]
    return tuple(flat)


@cache
def _parsed(first_line: int, part: str) -> list[ast.stmt]:
    constructor = _CONSTRUCTOR.search(part) if part.lstrip("@").startswith("class ") else None
    after = _METHOD.search(part, constructor.end()) if constructor else None
    return ast.parse("\n" * first_line + (part[: after.start()] if after else part)).body


@cache
def _parts(text: str) -> tuple[tuple[int, str], ...]:
    """Cut a module's text before each top-level statement; return the number of lines before each, and its text."""
    docstring = _DOCSTRING.match(text)
    start = docstring.end() if docstring else 0
    cuts = [start, *(match.start() for match in _STATEMENT.finditer(text, start)), len(text)]
    parts, line, pending = [], text.count("\n", 0, start), ""
    for begin, end in pairwise(cuts):
        pending += text[begin:end]
        if not pending.startswith("@") or not text[begin:end].startswith("@"):
            parts.append((line, pending))
            line, pending = line + pending.count("\n"), ""
    return tuple(parts)


def _may_define(part: str, name: str | None) -> bool:
    if part.startswith(("from ", "import ", "if ", "try:")):
        return name is None or name in part or "*" in part or part.startswith(("if ", "try:"))
    return re.match(rf"(?:@.*\n)*class {re.escape(name) if name is not None else ''}", part) is not None
