"""``--model.decoder.help FPN``: the arguments of one component, read from its source without importing it."""

from docstring_parser import parse as parse_docstring

from segcli.config.errors import ConfigError, Problem
from segcli.config.library import UnknownClassError, installed
from segcli.registry import Family, RegistryError


def component_help(flag: str, name: str | None = None) -> str:
    """Return the manual of a component.

    Args:
        flag: ``--<key>.help``.
        name: Short name or class path; None lists what may stand at the key.

    Raises:
        ConfigError: If no component stands at the key, or there is none of that name.
    """
    key = flag.removeprefix("--").removesuffix(".help")
    library = installed()
    place = library.root
    for part in key.split("."):
        place = place.child(part)
    if place.arguments_of is not None:
        return _manual(key, place.arguments_of, None)
    if place.family is None:
        raise ConfigError([Problem("no component stands here; try model.decoder.help or data.help", key)])
    if name is None:
        options = (*library.names(place.family), *place.family.packages)
        return f"{key}: one of {', '.join(options)}; --{key}.help NAME shows its arguments\n"
    try:
        return _manual(key, place.class_path(name), place.family)
    except UnknownClassError as error:
        raise ConfigError([Problem(str(error), key, options=error.options)]) from None
    except RegistryError as error:
        raise ConfigError([Problem(str(error), key)]) from None


def _manual(key: str, path: str, family: Family | None) -> str:
    found, parameters = installed().accepted(path, family)
    if found is None:
        raise ConfigError([Problem(f"the source of {path} cannot be read", key)])
    manual = parse_docstring(found.doc)
    described = {entry.arg_name: " ".join((entry.description or "").split()) for entry in manual.params}
    lines = [f"{found.class_path}", "", manual.short_description or "", ""]
    if manual.long_description:
        lines += [manual.long_description, ""]
    for parameter in parameters.values():
        default = "required" if parameter.required else f"default: {_shown(parameter.default)}"
        lines.append(f"  --{key}.{parameter.name} {parameter.annotation}  ({default})")
        lines.append(f"        {described.get(parameter.name, '')}".rstrip())
    return "\n".join(lines) + "\n"


def _shown(default: object) -> str:
    return "null" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
