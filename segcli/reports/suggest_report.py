"""Suggested images, as they are told on a terminal, in Markdown and as JSON."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from segcli.comparison.figures import plural
from segcli.config.errors import in_a_line
from segcli.config.escape import code, command, fenced, markdown, markdown_table, visible
from segcli.config.tables import text_table
from segcli.program import program
from segcli.suggest.output_names import EXPERIMENT, LIST, MASKS, PICTURE, SKIPPED, TABLE

if TYPE_CHECKING:
    from segcli.experiment.suggest import Suggested

_SHOWN = 10
_HEAD = ("rank", "image", "uncertainty", "distance")


def suggest_report(suggested: "Suggested", checkpoint: str, form: str) -> str:
    """Return what was suggested and what comes next.

    Args:
        suggested: It.
        checkpoint: As it was typed, for the commands.
        form: ``text``, ``markdown`` or ``json``.
    """
    if form == "json":
        files = {"output": str(suggested.folder), "experiment": suggested.experiment or None}
        return json.dumps({**files, **suggested.found.record()}, ensure_ascii=False, indent=2)
    is_markdown = form == "markdown"
    write, quote = (markdown, code) if is_markdown else (visible, visible)
    chosen = suggested.found.chosen[:_SHOWN]
    rows = [(str(each.rank), str(each.image), f"{each.uncertainty:.3f}", _distance(each.distance)) for each in chosen]
    bullet = "- " if is_markdown else ""
    lines = [*(f"{bullet}{write(line)}" for line in _about(suggested)), ""]
    lines += markdown_table(_HEAD, (map(markdown, row) for row in rows)) if is_markdown else text_table(rows, _HEAD)
    rest = len(suggested.found.chosen) - len(chosen)
    lines += ["", write(f"and {rest} more")] if rest and is_markdown else [f"and {rest} more"] if rest else []
    lines += [
        "",
        f"{write('written to')} {quote(str(suggested.folder))}: {', '.join(map(quote, _files(suggested)))}",
        "",
    ]
    lines += [_step(at, text, words, is_markdown) for at, (text, words) in enumerate(_next(suggested, checkpoint), 1)]
    if suggested.experiment:
        text = fenced(suggested.experiment.rstrip(), "yaml") if is_markdown else _indented(suggested.experiment)
        lines += ["", f"{quote(f'{suggested.folder}/{EXPERIMENT}')}:", "", *text.splitlines()]
    return "\n".join(lines)


def _about(suggested: "Suggested") -> Iterator[str]:
    found = suggested.found
    pool, others = found.pool, f" and {plural(found.centres, 'labelled image')}" if found.centres else ""
    number = plural(len(found.chosen), "image")
    yield f"{number} of {found.ranked} in {pool.folder}, by {found.by}, unlike each other{others}"
    if found.no_centres:
        yield f"not compared with labelled images: {in_a_line(found.no_centres)}"
    if found.reduced:
        yield f"{plural(found.reduced, 'image')} of more than 4 million pixels looked at in a smaller copy"
    if pool.labelled:
        yield f"left out: {plural(len(pool.labelled), 'image')} that the data hold already"
    if pool.copies:
        yield f"left out: {plural(len(pool.copies), 'copy').replace('copys', 'copies')} of other images"
    for each in found.skipped[:_SHOWN]:
        yield f"SKIPPED {each.file}: {each.reason}"
    if len(found.skipped) > _SHOWN:
        yield f"and {len(found.skipped) - _SHOWN} more are skipped, see {SKIPPED}"


def _files(suggested: "Suggested") -> list[str]:
    return [TABLE, LIST, PICTURE, *([SKIPPED] if suggested.found.skipped else [])]


def _next(suggested: "Suggested", checkpoint: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what to do, and the command that does it, if one does."""
    folder = suggested.folder
    yield "predictions to begin from", ["predict", "--ckpt_path", checkpoint, f"@{folder / LIST}"]
    if not suggested.experiment:
        yield "masks of several labels per pixel are files for each class, which data.image and data.mask find", []
        return
    yield f"masks as {folder / MASKS}/NAME.png, named in {TABLE}; {suggested.values}", []
    if suggested.is_whole:
        more = "" if suggested.with_labelled else ", on these images alone, of which a fifth validate"
        yield f"train{more}", ["fit", "-c", str(folder / EXPERIMENT)]
    else:
        yield f"the section data of {folder / EXPERIMENT}, in your experiment, reads them", []


def _step(at: int, text: str, words: list[str], is_markdown: bool) -> str:
    write, quote = (markdown, code) if is_markdown else (visible, visible)
    return f"{at}. {write(text)}" + (f": {quote(f'{program()} {command(words)}')}" if words else "")


def _indented(text: str) -> str:
    return "\n".join(f"  {visible(line)}" for line in text.splitlines())


def _distance(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
