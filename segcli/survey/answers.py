"""Who decides what the files of a folder leave open."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from segcli.datasets.mask_reader import parsed_value
from segcli.survey.setting import Setting

VALUES, IGNORED = "data.mask_values", "data.ignore_values"
_YES, _NO = ("", "y", "yes"), ("n", "no")


class Answers(ABC):
    """Decide what is open."""

    @abstractmethod
    def chosen(self, what: str, options: Sequence[str]) -> int:
        """Return which of several possibilities it is; the first is the likeliest.

        Args:
            what: The question.
            options: At least one.
        """

    @abstractmethod
    def corrected(self, settings: Sequence[Setting]) -> list[Setting]:
        """Return settings in which guesses are confirmed or corrected."""


class Likeliest(Answers):
    """Take what is likeliest, and leave guesses to be read."""

    def chosen(self, what: str, options: Sequence[str]) -> int:
        """Return the first."""
        return 0

    def corrected(self, settings: Sequence[Setting]) -> list[Setting]:
        """Return them as they are."""
        return list(settings)


class Asked(Answers):
    """Ask at the terminal; an empty answer takes what is likeliest.

    Args:
        ask: Shows a question and returns what was typed.
        say: Shows a line.
    """

    def __init__(self, ask: Callable[[str], str], say: Callable[[str], object]) -> None:
        self._ask, self._say = ask, say

    def chosen(self, what: str, options: Sequence[str]) -> int:
        """Return the number that was typed."""
        if len(options) < 2:
            return 0
        self._say(what)
        for number, option in enumerate(options, start=1):
            self._say(f"  {number}  {option}")
        while True:
            typed = self._ask("which [1]: ").strip()
            if not typed:
                return 0
            if typed.isdecimal() and 1 <= int(typed) <= len(options):
                return int(typed) - 1
            self._say(f"got {typed!r}, expected a number from 1 to {len(options)}")

    def corrected(self, settings: Sequence[Setting]) -> list[Setting]:
        """Return them with names as they were typed, and without what was refused."""
        found = list[Setting]()
        for setting in settings:
            if not setting.guess:
                found.append(setting)
            elif setting.key == VALUES and isinstance(setting.value, Mapping):
                found.append(self._named(setting))
            elif setting.key == IGNORED and isinstance(setting.value, list):
                found += self._ignored(setting, found)
            elif self._is_right(f"{setting.key}: {setting.value}  ({setting.why}; {setting.guess})"):
                found.append(replace(setting, guess=""))
        return found

    def _named(self, setting: Setting) -> Setting:
        assert isinstance(setting.value, Mapping)
        self._say(f"{setting.why}; what are they called?")
        names = {
            key: self._ask(f"  {key} ({setting.each.get(key, '')}) [{name}]: ").strip() or name
            for key, name in setting.value.items()
        }
        return replace(setting, value=names, guess="")

    def _ignored(self, setting: Setting, found: list[Setting]) -> list[Setting]:
        """Return the values that do not count; others become classes of the values that were named before."""
        assert isinstance(setting.value, list)
        ignored = list[int | str]()
        for key in setting.value:
            typed = self._ask(f"  {key}: {setting.guess}; Enter to ignore it, or the name of its class: ").strip()
            at = next((i for i, each in enumerate(found) if each.key == VALUES), None)
            if not typed or at is None:
                ignored.append(key)
                continue
            values = found[at].value
            assert isinstance(values, Mapping)
            merged = {**values, parsed_value(key) if isinstance(key, int) else key: typed}
            found[at] = replace(found[at], value=merged)
        return [replace(setting, value=ignored, guess="")] if ignored else []

    def _is_right(self, what: str) -> bool:
        self._say(what)
        while True:
            typed = self._ask("is that right [yes]: ").strip().lower()
            if typed in _YES or typed in _NO:
                return typed in _YES
            self._say(f"got {typed!r}, expected yes or no")
