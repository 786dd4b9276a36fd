"""Write differences for a terminal or a pull request."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from segcli.config.diff import Change
from segcli.config.errors import Problem
from segcli.config.escape import code, markdown, markdown_table, visible
from segcli.config.keys import GROUPS
from segcli.config.review import Effect, Review
from segcli.experiment.experiment_diff import ExperimentDiff
from segcli.ledger.staleness import Stale

_WIDEST = 60
_MANY = 6


def diff_text(found: ExperimentDiff, form: str) -> str:
    """Return the differences of two experiments, by group; ``form`` is text or markdown."""
    body = _comparison_table(found) if form == "markdown" else _comparison_lines(found)
    remarks = found.remarks()
    if form == "markdown":
        return "\n".join([*(body if found.changes else ["no difference"]), *map(markdown, remarks)])
    return "\n".join(map(visible, [*(body if found.changes else ["no difference"]), *remarks]))


def _comparison_lines(found: ExperimentDiff) -> list[str]:
    lines = []
    for group in GROUPS:
        rows = [(change, _where(change)) for change in found.changes if change.group == group]
        lines += [group, *_columns(rows)] if rows else []
    return lines


def _comparison_table(found: ExperimentDiff) -> list[str]:
    rows = [(c.group, f"**{markdown(c.key)}**", *map(markdown, (c.old, c.new, _where(c)))) for c in found.changes]
    head = ("", "", code(found.a), code(found.b), "through")
    return [*markdown_table(head, rows), ""]


def review_text(
    found: Review, revision: str, form: str, costs: Mapping[str, tuple[str, str]], stale: Sequence[Stale] = ()
) -> str:
    """Return what a working tree does to experiments, and to recorded results; ``form`` is text or markdown."""
    names, is_markdown = _short_names(_users(found)), form == "markdown"
    head = f"{_counts(found)} since {revision}"
    lines = [f"### {markdown(head)}", ""] if is_markdown else [head]
    lines += _effects_table(found, names) if is_markdown else _effect_lines(found, names)
    remarks = _remarks(found, names, costs)
    if stale:
        remarks.append(f"recorded results that are now stale: {_listed([str(each) for each in stale], {})}")
    if is_markdown:
        return "\n".join([*lines, *(f"- {markdown(line)}" for line in remarks)])
    return "\n".join(map(visible, [*lines, *remarks]))


def _effects_table(found: Review, names: Mapping[str, str]) -> list[str]:
    rows = [
        (
            e.change.group,
            f"**{markdown(e.change.key)}**",
            *map(markdown, (f"{e.change.old} → {e.change.new}", _through(e), _users_of(e, names))),
        )
        for e in found.effects
    ]
    return [*markdown_table(("", "", "change", "through", "experiments"), rows), ""] if rows else []


def _effect_lines(found: Review, names: Mapping[str, str]) -> list[str]:
    lines = []
    for group in GROUPS:
        mine = [effect for effect in found.effects if effect.change.group == group]
        rows = [(effect.change, f"{_through(effect)}  {_users_of(effect, names)}") for effect in mine]
        lines += [group, *_columns(rows)] if rows else []
    return lines


def _users_of(effect: Effect, names: Mapping[str, str]) -> str:
    return _listed(effect.experiments, names)


def _counts(found: Review) -> str:
    """Say how many experiments change, and what else happens to some."""
    count, broken = len(found.pairs), len(found.broken)
    words = [f"{count or 'no'} experiment{'' if count == 1 else 's'} change{'s' if count == 1 else ''}"]
    words += [f"{broken} {'does' if broken == 1 else 'do'} not compose"] if broken else []
    for label in ("mended", "added", "removed"):
        words += [f"{len(getattr(found, label))} {label}"] if getattr(found, label) else []
    return ", ".join(words)


def _remarks(found: Review, names: Mapping[str, str], costs: Mapping[str, tuple[str, str]]) -> list[str]:
    lines = [f"{names[name]}: {a if a == b else f'{a} → {b}'}" for name, (a, b) in costs.items()]
    for (before, after), users in found.batches.items():
        lines.append(f"effective batch {before} → {after}: {_listed(users, names)}")
    lines += _mistakes("does not compose", found.broken, names)
    lines += _mistakes("composes again; it did not", found.mended, names)
    lines += _mistakes("does not compose on either side", found.still_broken, names)
    lines += [f"added: {_listed(found.added, names)}"] if found.added else []
    lines += [f"removed: {_listed(found.removed, names)}"] if found.removed else []
    for file, users in found.code.items():
        lines.append(f"code changed, results may differ: {file} (used by {_listed(users, names)})")
    if found.other_code:
        lines.append(f"other code changed: {_listed(found.other_code, {})}")
    for key, users in found.hidden.items():
        lines.append(
            f"not shown: {key} (moved path, run folder, logger or workers; --all shows it): {_listed(users, names)}"
        )
    return [*lines, f"unchanged: {_listed(found.unchanged, names)}"]


def _mistakes(what: str, found: Mapping[str, Problem], names: Mapping[str, str]) -> list[str]:
    """Return a line for each of a few experiments with a mistake."""
    shown = list(found.items())[:_MANY]
    lines = [f"{names[name]} {what}: {p.key + ': ' if p.key else ''}{_one_line(p)} ({p.source})" for name, p in shown]
    return lines + ([f"{len(found) - _MANY} more: {what}"] if len(found) > _MANY else [])


def _one_line(problem: Problem) -> str:
    return " ".join(problem.message.split())


def _users(found: Review) -> list[str]:
    named = [*(effect.experiments for effect in found.effects), *found.code.values(), *found.hidden.values()]
    sides = [found.pairs, found.added, found.removed, found.unchanged, found.broken, found.mended, found.still_broken]
    return [name for names in (*named, *sides) for name in names]


def _through(effect: Effect) -> str:
    where = _where(effect.change)
    return f"through {where}" if len(effect.experiments) > 1 else where


def _where(change: Change) -> str:
    return str(change.origin) if change.origin is not None else ""


def _listed(those: Sequence[str], names: Mapping[str, str]) -> str:
    """Name a few, count many."""
    if not those:
        return "none"
    shown = ", ".join(names.get(name, name) for name in those[:_MANY])
    return shown if len(those) <= _MANY else f"{len(those)}: {shown}, …"


def _short_names(files: Sequence[str]) -> dict[str, str]:
    """Return the stem of each file, or its path where two have one stem."""
    unique = list(dict.fromkeys(files))
    stems = [PurePath(file).stem for file in unique]
    return {file: stem if stems.count(stem) == 1 else file for file, stem in zip(unique, stems, strict=True)}


def _columns(rows: Sequence[tuple[Change, str]]) -> list[str]:
    """Return one line per change, or three where the values are long."""
    values = [f"{change.old} → {change.new}" for change, _ in rows]
    key_width = max(len(change.key) for change, _ in rows)
    width = max((len(value) for value in values if len(value) <= _WIDEST), default=0)
    lines = []
    for (change, where), value in zip(rows, values, strict=True):
        if len(value) <= _WIDEST:
            lines.append(f"  {change.key:{key_width}}  {value:{width}}  {where}".rstrip())
        else:
            lines += [f"  {change.key:{key_width}}  {where}", f"    - {change.old}", f"    + {change.new}"]
    return lines
