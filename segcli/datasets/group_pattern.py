"""Which images belong together, such as the frames of one drive: a pattern over their paths. Torch-free."""

import re
from collections.abc import Sequence

from segcli.datasets.file_names import without_suffix
from segcli.datasets.pattern_text import fault_of, fields_of, tokens_of

_SHOWN = 5


class GroupPatternError(ValueError):
    """A pattern is wrong, or does not fit the images; the message says why."""


class GroupPattern:
    """Name the group of an image by the fields of a pattern over its path.

    ``"{drive}_*"`` makes ``0016E5`` of ``val/0016E5_07959.png``, ``"{patient}/*"`` makes ``p07`` of
    ``images/p07/slice_3.png``, ``"{city}_{sequence}_*"`` makes ``bonn/000004`` of ``bonn_000004_000019.png``. A pattern
    of n parts between slashes is compared with the last n parts of the path, without the suffix. A field takes as few
    characters as possible, at least one, ``*`` any number; neither takes a slash.

    Args:
        pattern: Text, ``{fields}`` and ``*``.

    Attributes:
        text: The pattern.
        fields: Names of its fields.

    Raises:
        GroupPatternError: If it has no field, a field twice or without a name, a brace too many, an empty part, or
            fields that nothing separates.
    """

    def __init__(self, pattern: str) -> None:
        self.text = pattern
        tokens = tokens_of(pattern)
        self.fields = tuple(fields_of(tokens))
        self._check(fault_of(pattern, tokens))
        self._parts = pattern.count("/") + 1
        self._regex = re.compile("".join(map(_regex, tokens)), re.DOTALL)

    def group(self, path: str) -> str | None:
        """Return the group of an image; None if the pattern does not fit it.

        Args:
            path: Below the folder of the data, with slashes, with or without the suffix of an image.
        """
        found = self._regex.fullmatch("/".join(without_suffix(path).split("/")[-self._parts :]))
        return "/".join(found.groups()) if found else None

    def groups(self, paths: Sequence[str]) -> list[str]:
        """Return the group of every image.

        Raises:
            GroupPatternError: If the pattern does not fit one of them.
        """
        found = [self.group(path) for path in paths]
        strangers = [without_suffix(path) for path, name in zip(paths, found, strict=True) if name is None]
        if strangers:
            listed = ", ".join(strangers[:_SHOWN]) + (
                f" and {len(strangers) - _SHOWN} more" if len(strangers) > _SHOWN else ""
            )
            raise GroupPatternError(
                f"got {self.text!r}, which does not fit {len(strangers)} of {len(paths)} images: {listed}; it is "
                "compared with the end of these paths. Correct it, or move these images out of the data"
            )
        return [name for name in found if name is not None]

    def _check(self, wrong: str) -> None:
        if not wrong and not self.fields:
            wrong = "it has no {field} to name the group"
        elif not wrong and len(set(self.fields)) < len(self.fields):
            wrong = "a field stands in it twice"
        if wrong:
            raise GroupPatternError(
                f"got {self.text!r}: {wrong}; expected a pattern such as '{{drive}}_*' or '{{patient}}/*'"
            )


def _regex(token: re.Match[str]) -> str:
    return {"field": "([^/]+?)", "any": "[^/]*?", "slash": "/"}.get(str(token.lastgroup)) or re.escape(token[0])
