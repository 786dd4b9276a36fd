"""What ``segcli list backbones NAME`` prints of one model of timm."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from segcli.config.errors import ConfigError, Problem
from segcli.config.escape import markdown, markdown_table
from segcli.config.output import say, say_text
from segcli.program import program

if TYPE_CHECKING:
    from segcli.config.catalogue import Entry
    from segcli.experiment.backbone_facts import BackboneFacts

_NO_WEIGHTS = "none"
_STAGES_SHOWN, _PARTS_SHOWN = 30, 4


def model_named(pattern: str, models: Sequence[Entry]) -> Entry | None:
    """Return the model that a pattern names in full, with a tag or without; None if it names none."""
    name, dot, tag = pattern.lower().partition(".")
    found = next((model for model in models if model.name.lower() == name), None)
    return found if found is not None and (not dot or tag in found.facts["tags"]) else None


def print_backbone(entry: Entry, name: str, others: int, form: str) -> None:
    """Print it.

    Args:
        entry: The model.
        name: As typed, with a tag or without.
        others: Models whose names contain that one.
        form: ``text``, ``markdown`` or ``json``.

    Raises:
        ConfigError: If it cannot be a backbone.
    """
    from segcli.experiment.backbone_facts import backbone_facts

    try:
        facts = backbone_facts(entry.name)
    except (OSError, ValueError) as error:
        raise ConfigError([Problem(str(error))]) from None
    if form == "json":
        say_text(json.dumps([asdict(replace(entry, facts={**entry.facts, **asdict(facts)}))], indent=2))
    elif form == "markdown":
        say(*markdown_table(("fact", "value"), [[markdown(cell) for cell in row] for row in _rows(entry, facts)]))
    else:
        _print_text(entry, facts, name, others)


def _print_text(entry: Entry, facts: BackboneFacts, name: str, others: int) -> None:
    from segcli.config.tables import line_width, text_table

    say(f"{entry.name}   from timm ({facts.model}), {facts.parameters:,} parameters without its classifier")
    say(*text_table(list(_rows(entry, facts)), widest=(16,), indent=2, width=line_width()))
    levels = [(str(each.index), str(each.stride), str(each.channels)) for each in facts.levels]
    say("", *text_table(levels, ("level", "stride", "channels"), indent=2))
    if facts.stages:
        stages = [(str(i), f"{each.parameters:,}", _parts(each.parts)) for i, each in enumerate(facts.stages)]
        shown = stages if len(stages) <= _STAGES_SHOWN else [*stages[:3], ("...", "", ""), *stages[-1:]]
        say("", *text_table(shown, ("stage", "parameters", "modules"), indent=2, width=line_width()))
    tag = f".{entry.facts['tags'][0]}" if entry.facts["tags"] and "." not in name else ""
    say("", f"In an experiment:  model: {{backbone: {name.lower()}{tag.removesuffix('.')}}}")
    if others:
        names = "1 other name contains" if others == 1 else f"{others} other names contain"
        say(f"{names} it:  {program()} list backbones '*{entry.name}*'")


def _rows(entry: Entry, facts: BackboneFacts) -> Iterator[tuple[str, str]]:
    yield "weights", ", ".join(entry.facts["tags"]) or _NO_WEIGHTS
    yield "images", _sizes(facts)
    own = max(level.stride for level in facts.levels)
    others = ", ".join(map(str, facts.output_strides))
    yield "output_stride", f"{others} or {own}, its own" if others else f"{own} only"
    if facts.prefix_tokens:
        yield "prefix tokens", f"{facts.prefix_tokens} with each level"
    yield "normalise", "offered" if facts.has_final_norm else "not offered"
    yield "tail_blocks", "offered" if facts.has_tail else "not offered"
    if not facts.stages:
        yield "stages", "not told: no layer_decay, and model.freezing thaws it as a whole"


def _sizes(facts: BackboneFacts) -> str:
    if facts.image_size is None:
        return f"any size, padded to multiples of {facts.size_multiple} px"
    other = "; for another set backbone_kwargs: {img_size: [H, W]}" if facts.takes_img_size else ""
    return f"{facts.image_size[0]}x{facts.image_size[1]} px only{other}"


def _parts(parts: Sequence[str]) -> str:
    return " ".join(parts if len(parts) <= _PARTS_SHOWN else (*parts[: _PARTS_SHOWN - 1], "...", parts[-1]))
