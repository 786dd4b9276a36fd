"""Which images belong together, by folders that tell them apart or by numbers in their names."""

from collections.abc import Sequence

from segcli.datasets.frame_names import frame_sequences
from segcli.datasets.group_pattern import GroupPattern, GroupPatternError
from segcli.datasets.path_pattern import NAME, SPLIT
from segcli.survey.pairing import Pairing
from segcli.survey.setting import Setting, count

GROUP = "data.group"
_FEWEST = 5
"""Groups below which a split by groups would be too coarse to guess it."""


def group_settings(pairing: Pairing) -> tuple[list[Setting], list[str]]:
    """Return the key that keeps images together, where one is likely, and what else names suggest.

    Args:
        pairing: Patterns, and the images that they find.
    """
    by_folder = _by_folder(pairing)
    if by_folder is not None:
        return [by_folder], []
    images, notes = list(pairing.masks), _few_folders(pairing)
    found = frame_sequences(images)
    if found is None or SPLIT in pairing.fields or len(found.names) < 2:
        return [], notes
    if len(found.names) >= _FEWEST and _fits(found.pattern, images):
        reason = "numbers in names that count up"
        return [Setting(GROUP, found.pattern, f"images look like frames of {found}", reason)], []
    told = f"images are numbered like frames of {found}: if they are, neighbours are alike; see data.group"
    return [], [*notes, told]


def _few_folders(pairing: Pairing) -> list[str]:
    """Return a note of folders that may be groups, but are too few to split by without being asked."""
    if SPLIT in pairing.fields:
        return []
    folders = pairing.image.rpartition("/")[0]
    fields = [field for field in pairing.fields if f"{{{field}}}" in folders and field != NAME]
    number = len(set(pairing.fields[fields[0]])) if fields else 0
    if not 1 < number < _FEWEST:
        return []
    return [f"images lie in {number} folders; if each is a patient or a clip, keep them together: see data.group"]


def _by_folder(pairing: Pairing) -> Setting | None:
    """Return a group for each folder that a field stands for."""
    parts = pairing.image.split("/")
    for at in range(len(parts) - 1):
        fields = [field for field in pairing.fields if f"{{{field}}}" in parts[at] and field not in (NAME, SPLIT)]
        number = len(set(pairing.fields[fields[0]])) if fields else 0
        if number < _FEWEST or number > len(pairing.masks) // 2:
            continue
        pattern = "/".join([f"{{{fields[0]}}}", *("*" for _ in parts[at + 1 :])])
        if _fits(pattern, list(pairing.masks)):
            return Setting(GROUP, pattern, count(number, "folder"), "images of one folder belong together")
    return None


def _fits(pattern: str, images: Sequence[str]) -> bool:
    try:
        return len(set(GroupPattern(pattern).groups(images))) >= _FEWEST
    except GroupPatternError:
        return False
