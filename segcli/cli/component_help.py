"""``--model.decoder.help FPN``: the arguments of one component, read from its source without importing it."""

from docstring_parser import parse as parse_docstring

from segcli.config.catalogue import arguments_of
from segcli.config.dumper import dump_inline
from segcli.config.errors import ConfigError, Problem
from segcli.config.library import UnknownClassError, installed
from segcli.registry import Family


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


def _manual(key: str, path: str, family: Family | None) -> str:
    found, parameters = installed().accepted(path, family)
    if found is None:
        raise ConfigError([Problem(f"the source of {path} cannot be read", key)])
    manual = parse_docstring(found.doc)
    lines = [f"{found.class_path}", "", manual.short_description or "", ""]
    if manual.long_description:
        lines += [manual.long_description, ""]
    for argument in arguments_of(manual, parameters.values()):
        default = "required" if argument.required else f"default: {dump_inline(argument.default)}"
        lines.append(f"  --{key}.{argument.name} {argument.type}  ({default})")
        lines.append(f"        {argument.description}".rstrip())
    return "\n".join(lines) + "\n"
