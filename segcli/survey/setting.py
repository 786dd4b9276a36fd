"""A key of the experiment that is proposed, with the reason for its value."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Setting:
    """One value of the experiment.

    Attributes:
        key: Dotted, such as ``data.image``.
        value: What YAML can hold.
        why: Why it is that, for the comment behind it.
        guess: What else it may be; empty where the files leave no doubt.
        each: For a mapping, why each of its values is what it is.
    """

    key: str
    value: object
    why: str = ""
    guess: str = ""
    each: Mapping[int | str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """Return what ``--format json`` says of it."""
        each = {"each": {str(key): text for key, text in self.each.items()}} if self.each else {}
        return {"key": self.key, "value": self.value, "why": self.why, "guess": self.guess or None, **each}


def percent(share: float) -> str:
    """Write a share: ``22.1 %``, with as many digits as tell it from nothing."""
    number = 100 * share
    return f"{number:.1f} %" if number >= 0.1 or not number else f"{number:.1g} %" if number > 1e-4 else "< 0.0001 %"


def count(number: int, what: str) -> str:
    """Write a number of things: ``1 mask``, ``3 masks``."""
    return f"{number} {what}{'' if number == 1 else 's'}"
