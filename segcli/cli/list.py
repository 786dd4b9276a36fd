"""List what experiments can name: ``segcli list [FAMILY] [PATTERN]``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import PurePath
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from segcli.cli.backbone_page import model_named, print_backbone
from segcli.cli.verb import FORMAT, Option, Verb
from segcli.config.errors import ConfigError, Problem, did_you_mean
from segcli.config.escape import code, markdown, markdown_table
from segcli.config.output import say, say_text
from segcli.program import program

if TYPE_CHECKING:
    from segcli.cli.command_line import Typed
    from segcli.config.catalogue import Argument, Entry

VERB = Verb(
    "list",
    "List what experiments can name, with arguments, types and defaults, and the package it comes from.",
    ("[FAMILY] [PATTERN]",),
    (FORMAT, Option("--matrix", "of decoders: which kinds of backbones each goes with")),
    (
        ("", "families and their members"),
        ("decoders", "decoders and their arguments"),
        ("transforms 'Random*Crop'", "those whose name matches"),
        ("backbones 'resnet50*'", "names and pretrained tags of timm"),
        ("backbones resnet50", "levels, stages, sizes and parameters of one"),
        ("experiments", "experiments here, and what they are made of"),
        ("decoders --matrix", "which decoders go with which kinds of backbones, tried out"),
        ("losses --format json", "for programs"),
    ),
    """
FAMILY is one of backbones, decoders, losses, metrics, datamodules, listings, readers, optimizers, schedules,
parameter_groups, freezing, transforms, callbacks, loggers, presets and experiments. PATTERN is a part of the name, or
with * ? [ the whole of it; case does not matter.
""",
    words="FAMILY and PATTERN",
)
MAX_IN_FULL = 30
_NO_WEIGHTS = "(no pretrained weights)"

Row = tuple[str, ...]


def run(options: Typed) -> int:
    """Print the list."""
    from segcli.config.catalogue import describe, matches, names_of, timm_models

    family, pattern = _chosen(options)
    if not family:
        _print_overview(options)
        return 0
    names = [name for name in names_of(family) if any(matches(part, pattern) for part in (name, _stem(name)))]
    if options.has("--matrix"):
        _print_matrix(family, pattern, names, options.format)
        return 0
    briefly = options.format == "text" and len(names) > MAX_IN_FULL
    entries = [describe(name, family, briefly) for name in names]
    timm = timm_models(pattern) if family == "backbones" else []
    if not entries and not (timm and pattern):
        raise _nothing_found(family, pattern)
    if (model := model_named(pattern, timm)) is not None:
        print_backbone(model, pattern, len(timm) - 1, options.format)
        return 0
    if options.format == "json":
        _print_json([asdict(entry) for entry in (*entries, *(timm if pattern else ()))])
    elif options.format == "markdown":
        _print_markdown(family, entries, timm if pattern else [])
    else:
        _print_text(family, pattern, entries, timm)
    return 0


def _print_matrix(family: str, pattern: str, names: Sequence[str], form: str) -> None:
    from segcli.cli.decoder_matrix import print_matrix

    if family != "decoders":
        raise ConfigError([Problem(f"--matrix is of decoders, and got {family}: {program()} list decoders --matrix")])
    if not names:
        raise _nothing_found(family, pattern)
    print_matrix(names, form)


def _stem(name: str) -> str:
    """Return the last part of an experiment's path, without suffix; of anything else, the name."""
    return PurePath(name).stem if name.endswith((".yaml", ".yml")) else name


def _chosen(options: Typed) -> tuple[str, str]:
    from segcli.config.catalogue import LISTED, names_of

    family, pattern, *rest = [*options.words, "", ""][: max(2, len(options.words))]
    if family and family not in LISTED:
        homes = [other for other in LISTED if other != "experiments" and family in names_of(other)]
        hint = f"; try: {program()} list {homes[0]} {family}" if homes else did_you_mean(family, LISTED)
        raise ConfigError([Problem(f"no family {family!r}{hint}", options=LISTED)])
    if rest:
        message = f"list takes a family and a pattern, and got {rest[0]!r} as well; put a pattern with * in quotes"
        raise ConfigError([Problem(message)])
    return family, pattern


def _nothing_found(family: str, pattern: str) -> ConfigError:
    from segcli.config.catalogue import names_of, timm_models
    from segcli.config.other_names import did_you_mean_among

    names = names_of(family) + ([entry.name for entry in timm_models()] if family == "backbones" else [])
    if not names:
        where = (
            "they are the YAML files in experiments/, or in this folder"
            if family == "experiments"
            else f"installed packages may bring some: {program()} guide plug-ins"
        )
        return ConfigError([Problem(f"no {family} here; {where}")])
    word = pattern.strip("*?")
    near = get_close_matches(word.lower(), {name.lower(): name for name in names}, n=5)
    options = tuple(name for name in names if name.lower() in near) or tuple(names)
    message = f"none of the {len(names)} {family} is called {pattern!r}{did_you_mean_among(word, family, names)}"
    return ConfigError([Problem(message, options=options)])


def _print_overview(options: Typed) -> None:
    from segcli.config.catalogue import LISTED, names_of
    from segcli.config.tables import line_width

    found = {family: names_of(family) for family in LISTED}
    if options.format == "json":
        _print_json([{"family": family, "count": len(names), "names": names} for family, names in found.items()])
    elif options.format == "markdown":
        _print_table(("family", "members", "names"), [(f, str(len(n)), ", ".join(n)) for f, n in found.items()])
    else:
        for family, names in found.items():
            shown = ", ".join(names) + (", for every model of timm" if family == "backbones" else "")
            say(f"{family:13}{len(names):4}  {shorten(shown, line_width() - 19, placeholder=' ...')}".rstrip())
        say("", f"next   arguments and defaults:   {program()} list decoders")
        say(f"       the names of timm:        {program()} list backbones 'resnet*'")
        say(f"       one component:            {program()} list transforms RandomScaledCrop")


def _print_text(family: str, pattern: str, entries: list[Entry], timm: list[Entry]) -> None:
    if family == "presets":
        _print_columns([_file_row(entry) for entry in entries], widest=(44,))
    elif family == "experiments":
        _print_experiments(entries)
    elif len(entries) > MAX_IN_FULL:
        _print_columns([(entry.name, entry.package, _line(entry)) for entry in entries], widest=(30, 20))
        say("", f"{len(entries)} {family}; with arguments:  {program()} list {family} {entries[0].name}")
    else:
        for number, entry in enumerate(entries):
            say(*[""] * bool(number))
            _print_component(entry)
    if timm and pattern:
        say(*[""] * bool(entries))
        _print_columns([(entry.name, ", ".join(entry.facts["tags"]) or _NO_WEIGHTS) for entry in timm], widest=(50,))
        say("", f"{len(timm)} timm names, each with the tags of its weights; the name alone takes the first.")
        tag = next((f"{entry.name}.{entry.facts['tags'][0]}" for entry in timm if entry.facts["tags"]), timm[0].name)
        say(f"In an experiment:  model: {{backbone: {tag.removesuffix('.')}}}")
    elif timm:
        say("", f"{len(timm)} timm names; {program()} list backbones 'resnet*'")


def _print_experiments(entries: list[Entry]) -> None:
    from segcli.config.tables import text_table

    lines = text_table([_file_row(entry)[:-1] for entry in entries])
    for entry, line in zip(entries, lines, strict=True):
        say(line)
        _print_columns([(_line(entry),)], widest=(), indent=4)


def _print_component(entry: Entry) -> None:
    say(f"{entry.name}   from {entry.package}")
    _print_columns([(_line(entry),)], widest=(), indent=2)
    rows = [(a.name, a.type, "required" if a.required else _default(a), a.description) for a in entry.arguments]
    _print_columns(rows, widest=(26, 30, 20), indent=4)


def _file_row(entry: Entry) -> Row:
    if entry.family == "presets":
        return entry.name, entry.summary
    if "error" in entry.facts:
        return entry.name, "", "", "", _line(entry)
    return entry.name, entry.facts["data"], entry.facts["backbone"], entry.facts["decoder"], entry.summary


def _line(entry: Entry) -> str:
    verb = "does not compose: " if entry.family == "experiments" else ""
    return f"{verb}{entry.facts['error']}" if "error" in entry.facts else entry.summary


def _default(argument: Argument) -> str:
    from segcli.config.dumper import dump_inline

    is_plain = isinstance(argument.default, bool | int | float | str | list | tuple | dict | None)
    return dump_inline(argument.default) if is_plain else str(argument.default)


def _print_columns(rows: Sequence[Row], widest: Sequence[int], indent: int = 0) -> None:
    """Print cells in columns; those wider than ``widest``, and the last column, are folded."""
    from segcli.config.tables import line_width, text_table

    cells = [[cell.replace("``", "`") for cell in row] for row in rows]
    say(*text_table(cells, widest=widest, indent=indent, width=line_width()))


def _print_markdown(family: str, entries: list[Entry], timm: list[Entry]) -> None:
    if family == "presets":
        _print_table(("name", "summary"), [_file_row(entry) for entry in entries])
    elif family == "experiments":
        _print_table(("experiment", "data", "backbone", "decoder", "summary"), [_file_row(entry) for entry in entries])
    elif entries:
        rows = [(e.name, _line(e), e.package) for e in entries]
        _print_table(("name", "summary", "package", "arguments"), rows, ["<br>".join(_in_short(e)) for e in entries])
    if timm:
        say(*[""] * bool(entries))
        _print_table(("timm name", "tags"), [(entry.name, ", ".join(entry.facts["tags"])) for entry in timm])


def _in_short(entry: Entry) -> Iterator[str]:
    for each in entry.arguments:
        yield code(f"{each.name}: {each.type or 'Any'}{'' if each.required else f' = {_default(each)}'}")


def _print_table(header: Row, rows: Sequence[Row], last: Sequence[str] = ()) -> None:
    """Print a table in Markdown; ``last`` is what a last column holds, where that is Markdown already."""
    cells = [[markdown(cell) for cell in row] for row in rows]
    cells = [[*row, cell] for row, cell in zip(cells, last, strict=True)] if last else cells
    say(*markdown_table(header, cells))


def _print_json(tree: list[dict[str, Any]]) -> None:
    say_text(json.dumps(tree, indent=2, default=str))
