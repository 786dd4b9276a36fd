"""What may stand where in an experiment, derived from the signatures of the classes it configures."""

import ast
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path

from segcli import registry
from segcli.config import trust
from segcli.config.errors import did_you_mean
from segcli.config.files import PACKAGE, Files, Revision
from segcli.config.modules import Modules
from segcli.config.other_names import did_you_mean_among, name_here
from segcli.config.signatures import Parameter, Signature, read_signature
from segcli.config.timm_names import read_timm_names
from segcli.registry import FAMILIES, LINKED, SECTIONS, Family

SCALARS: Mapping[str, Parameter] = {"seed_everything": Parameter("seed_everything", "int | bool", default=True)}
SOURCES = ("hf-hub:", "local-dir:")
"""What models have before their name that timm is to look for elsewhere."""
COMPOSER_KEYS = ("extends", "vars", "defaults", "environment")
KEYS = frozenset({"data", *SECTIONS, *SCALARS, *COMPOSER_KEYS})
"""Every key that an experiment may have at its top level."""


class UnknownClassError(ValueError):
    """No class of that name.

    Attributes:
        options: Names that exist.
    """

    def __init__(self, message: str, options: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.options = options


class Library:
    """The components that an experiment can name, as one set of files describes them.

    Args:
        files: Where sources come from; an earlier revision has its own registry, defaults and signatures.

    Attributes:
        families: Components by the places where they may stand.
        root: The top level of an experiment.
    """

    def __init__(self, files: Files) -> None:
        self.files, self.modules = files, Modules(files)
        earlier = isinstance(files, Revision)
        self.families = _families(self.modules.text("segcli.registry")) if earlier else FAMILIES
        self.root = Place(self, is_root=True)
        self._signatures: dict[str, Signature | None] = {}
        self._paths: dict[tuple[str, str], str] = {}
        self._annotations: dict[str, Family | None] = {}

    def package_file(self, name: str) -> Path:
        """Return the path of a file that ships inside the package."""
        return PACKAGE / name

    def names(self, family: Family) -> Mapping[str, str]:
        """Return short name to ``"module:Class"`` of one family, entry points included."""
        return registry.with_entry_points(family)

    def options(self, family: Family) -> tuple[str, ...]:
        """Return every short name of one family."""
        own = (name for package in family.packages for name in self.modules.classes_of(package))
        return tuple(dict.fromkeys((*self.names(family), *own)))

    @cached_property
    def timm_names(self) -> tuple[str, ...]:
        """Names of timm's models; none where timm is not installed."""
        file = self.modules.file("timm")
        return tuple(sorted(read_timm_names(file.parent, self.files))) if file is not None else ()

    def timm_class(self, name: str, family: Family | None) -> str:
        """Return the class whose argument ``name`` a text is, since it names a model of timm; else nothing.

        Args:
            name: The text; a tag may follow the model's name, as in ``resnet50.a1_in1k``.
            family: What may stand at its place.
        """
        if family is None or not family.of_timm:
            return ""
        if name in self.names(family):
            return ""
        model, dot, _ = name.partition(".")
        is_path = bool(dot) and self.modules.file(model) is not None
        is_model = name.startswith(SOURCES) or (not is_path and model in self.timm_names)
        return family.of_timm if is_model else ""

    def signature(self, path: str) -> Signature | None:
        """Return the constructor of a class by its full path; None if no source of it is found."""
        if path not in self._signatures:
            self._signatures[path] = read_signature(self.modules, path)
        return self._signatures[path]

    def family_of(self, annotation: str) -> Family | None:
        """Return the family that a type annotation, as text, asks for; None for plain types."""
        if annotation not in self._annotations:
            words = set(re.findall(r"\w+", annotation))
            found = (family for family in self.families.values() if words & set(family.types))
            self._annotations[annotation] = next(found, None)
        return self._annotations[annotation]

    def class_path(self, name: str, family: Family | None) -> str:
        """Return the full path of a class named in an experiment.

        Args:
            name: Short name of the family, or ``module.Class``.
            family: What may stand at its place; None where nothing is known.

        Raises:
            UnknownClassError: If there is no such class, and the message suggests one, or if packages claim the name.
        """
        key = (name, family.name if family else "")
        if key not in self._paths:
            self._paths[key] = self._class_path(name, family)
        return self._paths[key]

    def _class_path(self, name: str, family: Family | None) -> str:
        if "." in name or ":" in name:
            return self._full_path(name.replace(":", "."), family)
        if family is None:
            raise UnknownClassError(f"{name!r} must be a full class path (module.Class) here")
        if told := registry.clash(name, family):
            raise UnknownClassError(told)
        table = self.names(family)
        if name in table:
            return table[name].replace(":", ".")
        for package in family.packages:
            if self.modules.find_class(package, name):
                return f"{package}.{name}"
        if self.timm_class(name, family):
            raise UnknownClassError(f"{name} is a model of timm, no class; write name: {name}", (family.of_timm,))
        options = self.options(family)
        for other in self.families.values():
            if other.table and other is not family and name in self.names(other):
                raise UnknownClassError(f"{name} is one of the {other.name}, not of the {family.name}", options)
        known = (*options, *(self.timm_names if family.of_timm else ()))
        here = [meant] if (meant := name_here(name, family.name)) else []
        near = (*here, *get_close_matches(name, known, n=3), *options)  # the first few are shown
        message = f"unknown name {name!r} among {family.name}{did_you_mean_among(name, family.name, known)}"
        raise UnknownClassError(message, tuple(dict.fromkeys(near)))

    def _full_path(self, path: str, family: Family | None) -> str:
        """Check that ``module.Class`` can be found, as far as its source can be read."""
        if any(
            path == target.replace(":", ".")
            for family in self.families.values()
            for targets in registry.claims(family).values()
            for target in targets
        ):
            return path  # a registered class, whose source need not be readable
        module, _, name = path.rpartition(".")
        top = module.split(".")[0]
        if top == "lightning":
            message = f"{path}: segcli runs on pytorch_lightning, whose classes are others; write pytorch_{path}"
            raise UnknownClassError(message.replace("pytorch_lightning.pytorch.", "pytorch_lightning."))
        if self.modules.file(top) is None and self.modules.file(module) is None:
            hint = did_you_mean(top, self.timm_names) if family is not None and family.of_timm else ""
            message = f"no module {top!r} for {path}: not installed, and not in the working directory{hint}"
            raise UnknownClassError(message)
        error = self.modules.syntax_error(module)
        if error is not None:
            where = self.files.show(self.modules.file(module) or Path(module))
            line = "" if error[1] is None else f":{error[1]}"
            raise UnknownClassError(f"{path} cannot be imported: syntax error at {where}{line}: {error[0]}")
        if self.modules.file(module) is not None and self.modules.find_class(module, name) is None:
            options = tuple(self.modules.classes_of(module))
            if name not in options:
                raise UnknownClassError(f"module {module} has no class {name!r}{did_you_mean(name, options)}", options)
        return path

    def short_name(self, path: str, family: Family | None) -> str:
        """Return the name by which experiments call a class, if it has one; else the full path."""
        if family is not None:
            for name, target in self.names(family).items():
                if target.replace(":", ".") == path:
                    return name
            name = path.rpartition(".")[2]
            if any(self._is_one(path, f"{package}.{name}") for package in family.packages):
                return name
        return path

    def _is_one(self, path: str, other: str) -> bool:
        """Return whether two paths name one class, which a package offers and a module in it defines."""
        if path == other or path.split(".")[0] != other.split(".")[0]:
            return path == other
        found = [self.signature(each) for each in (path, other)]
        return None not in found and found[0].class_path == found[1].class_path  # type: ignore[union-attr]

    def accepted(self, path: str, family: Family | None = None) -> tuple[Signature | None, dict[str, Parameter]]:
        """Return the signature of a class and the arguments that an experiment may give it."""
        found = self.signature(path)
        hidden = {*(family.injected if family else ()), *LINKED.get(path, ())}
        parameters = {k: p for k, p in found.parameters.items() if k not in hidden} if found else {}
        return found, parameters


@dataclass(frozen=True, eq=False)
class Place:
    """One place of the tree.

    Attributes:
        library: What is known about components.
        family: Its members may stand here, alone or in a list; None where plain values do.
        arguments_of: The mapping here holds arguments of this class.
        is_root: Whether this is the top level.
    """

    library: Library
    family: Family | None = None
    arguments_of: str | None = None
    is_root: bool = False

    def child(self, key: object) -> "Place":
        """Return the place of one key of the mapping that stands here."""
        if self.is_root:
            if key == "data":
                return Place(self.library, family=self.library.families["datamodules"])
            return Place(self.library, arguments_of=SECTIONS.get(str(key)))
        return Place(self.library, family=self.library.family_of(self.annotation(key)))

    def annotation(self, key: object) -> str:
        """Return the type of one argument, as text, of the class whose arguments stand here; empty if not known."""
        found = self.library.signature(self.arguments_of) if self.arguments_of is not None else None
        parameter = found.parameters.get(str(key)) if found else None
        return parameter.annotation if parameter else ""

    def inside(self, path: str | None) -> "Place":
        """Return the place of the arguments of a class that stands here."""
        return Place(self.library, arguments_of=path)

    def class_path(self, name: str) -> str:
        """Return the full path of a class that is named here; see :meth:`Library.class_path`."""
        return self.library.class_path(name, self.family)

    def timm_class(self, name: object) -> str:
        """Return the class that a name of a model of timm stands for here; see :meth:`Library.timm_class`."""
        return self.library.timm_class(name, self.family) if isinstance(name, str) else ""


def installed() -> Library:
    """Return what the files on disk describe, as seen from the working directory; read once per process."""
    folder = os.getcwd()  # noqa: PTH109  (this is asked for very often)
    return library_of(folder, (*sys.path, *trust.set_aside()))


@cache
def library_of(folder: str, path: tuple[str, ...]) -> Library:
    """Return the library of one working directory and search path of modules."""
    return Library(Files())


@cache
def _families(text: str) -> Mapping[str, Family]:
    """Read the registry's table from its source, as another revision had it; today's where it cannot be read."""
    found = {}
    for call in ast.walk(ast.parse(text)):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Family":
            try:
                words = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg}
                name = ast.literal_eval(call.args[0])
            except (ValueError, IndexError):
                return FAMILIES
            found[name] = Family(name, **words)
    return found if found.keys() >= FAMILIES.keys() else {**FAMILIES, **found}
