"""Constructors, read from their source as text: names, annotations and defaults of arguments."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from segcli.config.modules import Modules


@dataclass(frozen=True)
class Parameter:
    """One constructor argument.

    Attributes:
        name: Its name.
        annotation: Its type as text, or empty.
        required: Whether it has no default.
        default: The default, where that is a literal; else its source text.
        line: Line of the file that says so.
    """

    name: str
    annotation: str = ""
    required: bool = False
    default: Any = None
    line: int | None = None


@dataclass(frozen=True)
class Signature:
    """Constructor of one class.

    Attributes:
        class_path: ``module.Class`` where the class is defined.
        parameters: Arguments by name, without ``self``.
        is_open: Whether it takes ``**kwargs``, or is not fully known.
        doc: Docstring of the class.
        module: Module whose text has the constructor; that of a parent where it is inherited.
    """

    class_path: str
    parameters: Mapping[str, Parameter]
    is_open: bool = False
    doc: str = ""
    module: str = ""


def read_signature(modules: Modules, class_path: str) -> Signature | None:
    """Read the constructor of ``module.Class`` (or ``module:Class``), inherited ones included.

    Returns:
        None if no source of such a class is found. A class without a constructor in reach of the source has an
        open signature.
    """
    module, _, name = class_path.replace(":", ".").rpartition(".")
    found = modules.find_class(module, name) if module else None
    if found is None:
        return None
    defined_in, tree = found
    path, doc = f"{defined_in}.{tree.name}", _doc(tree)
    queue = [found]
    while queue:
        at, cls = queue.pop(0)
        for statement in cls.body:
            if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                is_open = statement.args.kwarg is not None
                doc = doc or _doc(statement)
                return Signature(path, _parameters(statement), is_open, doc, at)
        queue[:0] = [base for b in cls.bases if (base := modules.base_class(at, b))]
    return Signature(path, {}, is_open=bool(tree.bases), doc=doc, module=defined_in)


@cache  # the statements of a text are kept as well
def _doc(tree: ast.ClassDef | ast.FunctionDef) -> str:
    return ast.get_docstring(tree) or ""


@cache
def _parameters(function: ast.FunctionDef) -> Mapping[str, Parameter]:
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args][1:]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults += arguments.defaults[-len(positional) :] if positional else []
    pairs = [*zip(positional, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    found = {}
    for argument, default in pairs:
        annotation = ast.unparse(argument.annotation) if argument.annotation else ""
        name = argument.arg
        found[name] = Parameter(name, annotation, default is None, _literal(default), argument.lineno)
    return found


def _literal(default: ast.expr | None) -> Any:
    if default is None:
        return None
    try:
        return ast.literal_eval(default)
    except ValueError:
        return ast.unparse(default)
