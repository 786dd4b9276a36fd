"""Keys of the experiment that is being typed, and what their values may be, for the shell's completion. Torch-free."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from segcli.config.component import class_key
from segcli.config.compose import Experiment, compose
from segcli.config.errors import ConfigError
from segcli.config.experiment_file import experiment_file
from segcli.config.library import SCALARS, Place, UnknownClassError, installed
from segcli.config.signatures import Parameter
from segcli.config.types import alternatives, literals, takes_null
from segcli.registry import FAMILIES, SECTIONS

ANYTHING = ""
"""Among the values of a key: it may name a file."""
_BACKBONE_NAME = "model.backbone.name"
_ANY_DATA = ("--data", "PatternDataModule", "--data.root", "images")


class CompletedKeys:
    """The keys of an experiment, as far as it was typed.

    Args:
        files: Its files.
        overrides: ``--key value`` arguments that are whole.
    """

    def __init__(self, files: Sequence[str], overrides: Sequence[str]) -> None:
        self._files, self._overrides = files, overrides

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield every key that may be overridden, and the type and default of the argument that it sets."""
        yield from ((key, _shown(parameter)) for key, parameter in self._keys())

    def values(self, key: str) -> Iterator[str]:
        """Yield what may follow a key; :data:`ANYTHING` where that may be a file."""
        parameter = dict(self._keys()).get(key)
        if key == _BACKBONE_NAME:
            yield from installed().timm_names
        elif parameter is not None:
            family, types = installed().family_of(parameter.annotation), alternatives(parameter.annotation)
            names = {name.id for each in types for name in ast.walk(each) if isinstance(name, ast.Name)}
            yield from installed().options(family) if family is not None else ()
            yield from installed().timm_names if family is not None and family.of_timm else ()
            yield from (str(value) for value in literals(types))
            yield from ("true", "false") if "bool" in names else ()
            yield from ("null",) if takes_null(parameter.annotation) else ()
            yield from (ANYTHING,) if names & {"str", "Path"} else ()

    @cached_property
    def _experiment(self) -> Experiment:
        """What was typed so far, or what can be composed of it."""
        data = () if self._files else _ANY_DATA
        for overrides in (self._overrides, ()):
            try:
                return compose([experiment_file(file) for file in self._files], [*data, *overrides], checked=False)
            except ConfigError:
                continue
        return compose([], _ANY_DATA, checked=False)

    def _keys(self) -> Iterator[tuple[str, Parameter]]:
        yield from SCALARS.items()
        for section in ("data", *SECTIONS):
            yield from self._below(section, installed().root.child(section))

    def _below(self, key: str, place: Place) -> Iterator[tuple[str, Parameter]]:
        path = place.arguments_of
        if place.family is not None:
            yield key, Parameter(key, place.family.types[0])
            path = self._class(key, place)
        if path is None:
            return
        _, parameters = installed().accepted(str(path), place.family)
        inside = place.inside(str(path))
        for name, parameter in parameters.items():
            below = inside.child(name)
            if below.family is None:
                yield f"{key}.{name}", parameter
            else:
                yield from self._below(f"{key}.{name}", below)

    def _class(self, key: str, place: Place) -> str | None:
        name = self._experiment.get(class_key(key))
        try:
            return place.class_path(str(name)) if name else None
        except UnknownClassError:  # it may be half typed
            return None


def members(family: str) -> Iterable[str]:
    """Return the names of the components of a family; none where there is no such."""
    return installed().options(FAMILIES[family]) if family in FAMILIES else ()


def _shown(parameter: Parameter) -> str:
    default = "" if parameter.default is None or not parameter.annotation else f" = {parameter.default}"
    return f"{parameter.annotation}{default}"
