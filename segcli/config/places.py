"""What may stand where in an experiment, derived from the signatures of the classes it configures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from segcli import registry
from segcli.config.errors import did_you_mean
from segcli.config.signatures import Parameter, Signature, classes_of, find_class, module_file, signature
from segcli.registry import FAMILIES, Family

TASK = "segcli.task.SegmentationTask"
SECTIONS: Mapping[str, str] = {
    "trainer": "pytorch_lightning.trainer.trainer.Trainer",
    "model": TASK,
    "checkpoint": "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "pictures": "segcli.callbacks.pictures.Pictures",
    "run": "segcli.runs.settings.RunSettings",
}
"""Top-level keys whose arguments go to one fixed class."""

LINKED: Mapping[str, frozenset[str]] = {TASK: frozenset({"classes"})}
"""Arguments that the command line fills in: an experiment neither needs nor may state them."""

SCALARS: Mapping[str, Parameter] = {"seed_everything": Parameter("seed_everything", "int | bool", default=True)}
COMPOSER_KEYS = ("extends", "vars", "defaults")


class UnknownClassError(ValueError):
    """No class of that name.

    Attributes:
        options: Names that exist.
    """

    def __init__(self, message: str, options: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.options = options


@dataclass(frozen=True)
class Place:
    """One place of the tree.

    Attributes:
        family: Its members may stand here, alone or in a list; None where plain values do.
        arguments_of: The mapping here holds arguments of this class.
        is_root: Whether this is the top level.
    """

    family: Family | None = None
    arguments_of: str | None = None
    is_root: bool = False

    def child(self, key: object) -> "Place":
        """Return the place of one key of the mapping that stands here."""
        if self.is_root:
            if key == "data":
                return Place(family=FAMILIES["datamodules"])
            return Place(arguments_of=SECTIONS.get(str(key)))
        if self.arguments_of is None:
            return Place()
        found = signature(self.arguments_of)
        parameter = found.parameters.get(str(key)) if found else None
        return Place(family=family_of(parameter.annotation)) if parameter else Place()


ROOT = Place(is_root=True)


@cache
def family_of(annotation: str) -> Family | None:
    """Return the family that a type annotation, as text, asks for; None for plain types."""
    words = set(re.findall(r"\w+", annotation))
    return next((family for family in FAMILIES.values() if words & set(family.types)), None)


@cache
def class_path(name: str, family: Family | None) -> str:
    """Return the full path of a class named in an experiment.

    Args:
        name: Short name of the family, or ``module.Class``.
        family: What may stand at its place; None where nothing is known.

    Raises:
        UnknownClassError: If there is no such class; the message suggests one.
        segcli.registry.RegistryError: If two packages claim the name.
    """
    if "." in name or ":" in name:
        return _full_path(name.replace(":", "."))
    if family is None:
        raise UnknownClassError(f"{name!r} must be a full class path (module.Class) here")
    table = registry.names(family.name)
    if name in table:
        return table[name].replace(":", ".")
    for package in family.packages:
        if find_class(package, name):
            return f"{package}.{name}"
    options = (*table, *(n for package in family.packages for n in classes_of(package)))
    for other in FAMILIES.values():
        if other.table and other is not family and name in registry.names(other.name):
            raise UnknownClassError(f"{name} is one of the {other.name}, not of the {family.name}", options)
    near = (*get_close_matches(name, options, n=3), *options)  # the first few are shown
    message = f"unknown name {name!r} among {family.name}{did_you_mean(name, options)}"
    raise UnknownClassError(message, tuple(dict.fromkeys(near)))


def _full_path(path: str) -> str:
    """Check that ``module.Class`` can be found, as far as its source can be read."""
    module, _, name = path.rpartition(".")
    if module_file(module.split(".")[0]) is None and module_file(module) is None:
        top = module.split(".")[0]
        raise UnknownClassError(f"no module {top!r} for {path}: not installed, and not in the working directory")
    if module_file(module) is not None and find_class(module, name) is None:
        options = tuple(classes_of(module))
        if name not in options:
            raise UnknownClassError(f"module {module} has no class {name!r}{did_you_mean(name, options)}", options)
    return path


def accepted(path: str, family: Family | None = None) -> tuple[Signature | None, dict[str, Parameter]]:
    """Return the signature of a class and the arguments that an experiment may give it."""
    found = signature(path)
    hidden = set(family.injected if family else ()) | LINKED.get(path, frozenset())
    parameters = {k: p for k, p in found.parameters.items() if k not in hidden} if found else {}
    return found, parameters
