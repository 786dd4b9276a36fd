"""What an experiment measures: the scores of ``model.metrics``, known from the text of their classes. Torch-free."""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from segcli.config.errors import Problem
from segcli.config.library import Library, UnknownClassError
from segcli.config.modules import Modules
from segcli.config.node import ComponentNode, MappingNode, SequenceNode, lookup
from segcli.score_spec import MetricSpec, ScoreSpec, with_metrics, wrong_name

KEY = "model.metrics"
_DIRECTION = "higher_is_better"


def measured_scores(root: MappingNode, library: Library) -> Mapping[str, ScoreSpec]:
    """Return every score that an experiment logs, by name, as :func:`segcli.score_spec.find_score` takes them.

    Args:
        root: A merged tree.
        library: What is known about components.
    """
    return with_metrics(spec for _, _, spec in _metrics(root, library) if spec is not None)


def check_metrics(root: MappingNode, library: Library) -> list[Problem]:
    """Return which metrics of an experiment do not say which way they are better, or share a name."""
    problems, specs = list[Problem](), list[MetricSpec]()
    for index, item, spec in _metrics(root, library):
        at = f"{KEY}.{index}", item.source
        if spec is None:
            message = (
                f"{item.name} does not say whether more of it is better; name a class of your own that derives from "
                f"it, with {_DIRECTION} = True, or False"
            )
            problems.append(Problem(message, *at))
            continue
        specs.append(spec)
        if wrong := wrong_name(specs):
            problems.append(Problem(wrong, *at))
            specs.pop()
    return problems


def _metrics(root: MappingNode, library: Library) -> Iterator[tuple[int, ComponentNode, MetricSpec | None]]:
    """Yield position, node and what is known of each metric; None where its direction is not."""
    node = lookup(root, ("model", "metrics"))
    for index, item in enumerate(node.value if isinstance(node, SequenceNode) else []):
        if not isinstance(item, ComponentNode):
            continue
        try:
            path = library.class_path(item.name, library.families["metrics"])
        except UnknownClassError:  # told elsewhere
            continue
        found = _attributes(library.modules, path)
        if found is not None:
            given = item.arguments.get("name")
            yield index, item, _spec(path, found, given.value if given is not None else None)


def _spec(path: str, found: Mapping[str, Any], given: object) -> MetricSpec | None:
    if not isinstance(found.get(_DIRECTION), bool):
        return None
    known = {key: value for key, value in found.items() if key in MetricSpec.__dataclass_fields__}
    spec = MetricSpec(**{"name": path.rpartition(".")[2], **known})
    return spec.named(given) if isinstance(given, str) else spec


def _attributes(modules: Modules, path: str) -> dict[str, Any] | None:
    """Return the plain values among the attributes of a class and its parents; None where no source of it is found."""
    module, _, name = path.rpartition(".")
    first = modules.find_class(module, name)
    if first is None:
        return None
    found: dict[str, Any] = {}
    queue = [first]
    while queue:
        at, cls = queue.pop(0)
        for statement in cls.body:
            for key, value in _assigned(statement):
                found.setdefault(key, value)
        queue += [base for b in cls.bases if (base := modules.base_class(at, b))]
    return found


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, Any]]:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    value = getattr(statement, "value", None)
    if isinstance(target, ast.Name) and isinstance(value, ast.expr):
        try:
            yield target.id, ast.literal_eval(value)
        except ValueError:
            return
