"""Read constructors as text: names, annotations and defaults of arguments, without importing anything.

A class is found by its dotted path, following ``from x import y`` and star imports through the source files.
"""

import ast
import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Parameter:
    """One constructor argument.

    Attributes:
        name: Its name.
        annotation: Its type as text, or empty.
        required: Whether it has no default.
        default: The default, where that is a literal; else its source text.
    """

    name: str
    annotation: str = ""
    required: bool = False
    default: Any = None


@dataclass(frozen=True)
class Signature:
    """Constructor of one class.

    Attributes:
        class_path: ``module.Class`` where the class is defined.
        parameters: Arguments by name, without ``self``.
        is_open: Whether it takes ``**kwargs``, or is not fully known.
        doc: Docstring of the class.
    """

    class_path: str
    parameters: dict[str, Parameter]
    is_open: bool = False
    doc: str = ""


@cache
def module_file(module: str) -> Path | None:
    """Return the source file of a dotted module, found as ``import`` would, without importing a parent package."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except ValueError:  # a module without a spec, such as __main__
        spec = None
    if spec is None:
        return None
    if not rest:
        return Path(spec.origin) if spec.origin and spec.origin.endswith(".py") else None
    for location in spec.submodule_search_locations or ():
        base = Path(location).joinpath(*rest)
        for candidate in (base / "__init__.py", base.with_suffix(".py")):
            if candidate.is_file():
                return candidate
    return None


@cache
def _statements(module: str) -> tuple[ast.stmt, ...]:
    """Return the top-level statements of a module, those under ``if`` and ``try`` included."""
    file = module_file(module)
    if file is None:
        return ()
    try:
        body = ast.parse(file.read_text(encoding="utf-8")).body
    except (SyntaxError, OSError, UnicodeDecodeError):
        return ()
    flat: list[ast.stmt] = []
    for statement in body:
        flat.append(statement)
        if isinstance(statement, ast.If | ast.Try):
            flat.extend(statement.body)
            flat.extend(statement.orelse)
    return tuple(flat)


def _absolute(module: str, statement: ast.ImportFrom) -> str:
    """Return the module that a ``from ... import`` in ``module`` names."""
    if not statement.level:
        return statement.module or ""
    file = module_file(module)
    is_package = file is not None and file.name == "__init__.py"
    parts = module.split(".")
    keep = len(parts) - statement.level + (1 if is_package else 0)
    return ".".join([*parts[:keep], *([statement.module] if statement.module else [])])


@cache
def find_class(module: str, name: str) -> tuple[str, ast.ClassDef] | None:
    """Return defining module and syntax of the class that ``module`` offers as ``name``; None where there is none."""
    return _find(module, name, set())


def _find(module: str, name: str, seen: set[tuple[str, str]]) -> tuple[str, ast.ClassDef] | None:
    if (module, name) in seen:
        return None
    seen.add((module, name))
    stars = []
    for statement in _statements(module):
        if isinstance(statement, ast.ClassDef) and statement.name == name:
            return module, statement
        if isinstance(statement, ast.ImportFrom):
            target = _absolute(module, statement)
            for alias in statement.names:
                if alias.name == "*":
                    stars.append(target)
                elif (alias.asname or alias.name) == name:
                    return _find(target, alias.name, seen)
    return next((found for star in stars if (found := _find(star, name, seen))), None)


def _base_class(module: str, base: ast.expr) -> tuple[str, ast.ClassDef] | None:
    """Return defining module and syntax of a base class as written in ``module``."""
    parts = ast.unparse(base).split(".")
    if len(parts) == 1:
        return find_class(module, parts[0])
    for statement in _statements(module):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias in statement.names:
                if (alias.asname or alias.name.split(".")[0]) == parts[0]:
                    prefix = [_absolute(module, statement)] if isinstance(statement, ast.ImportFrom) else []
                    head = alias.name if alias.asname or prefix else parts[0]
                    return find_class(".".join([*prefix, head, *parts[1:-1]]), parts[-1])
    return None


def _parameters(function: ast.FunctionDef) -> dict[str, Parameter]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args][1:]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults[-len(positional) :] if positional else []
    pairs = [*zip(positional, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    found = {}
    for argument, default in pairs:
        annotation = ast.unparse(argument.annotation) if argument.annotation else ""
        found[argument.arg] = Parameter(argument.arg, annotation, default is None, _literal(default))
    return found


def _literal(default: ast.expr | None) -> Any:
    if default is None:
        return None
    try:
        return ast.literal_eval(default)
    except ValueError:
        return ast.unparse(default)


@cache
def signature(class_path: str) -> Signature | None:
    """Read the constructor of ``module.Class`` (or ``module:Class``), inherited ones included.

    Returns:
        None if no source of such a class is found. A class without a constructor in reach of the source has an
        open signature.
    """
    module, _, name = class_path.replace(":", ".").rpartition(".")
    found = find_class(module, name) if module else None
    if found is None:
        return None
    defined_in, tree = found
    path, doc = f"{defined_in}.{tree.name}", ast.get_docstring(tree) or ""
    queue = [found]
    while queue:
        at, cls = queue.pop(0)
        for statement in cls.body:
            if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                is_open = statement.args.kwarg is not None
                return Signature(path, _parameters(statement), is_open, doc or ast.get_docstring(statement) or "")
        queue[:0] = [base for b in cls.bases if (base := _base_class(at, b))]
    return Signature(path, {}, is_open=bool(tree.bases), doc=doc)


def classes_of(module: str) -> list[str]:
    """Return the public classes that a module defines, or imports from its own package, for suggestions."""
    top, found = module.split(".")[0], []
    for statement in _statements(module):
        if isinstance(statement, ast.ClassDef):
            found.append(statement.name)
        elif isinstance(statement, ast.ImportFrom) and (target := _absolute(module, statement)).split(".")[0] == top:
            names = [(alias.name, alias.asname or alias.name) for alias in statement.names]
            found += classes_of(target) if names[0][0] == "*" else [n for real, n in names if real[:1].isupper()]
    return [name for name in dict.fromkeys(found) if not name.startswith("_")]
