"""Read a folder by two patterns: what its splits are, what masks hold, what images without a mask are."""

from collections.abc import Mapping, Sequence
from typing import Literal

from segcli.datasets.pairing import few
from segcli.datasets.path_pattern import CLASS, SPLIT, PathPattern
from segcli.datasets.split_folders import NAMES
from segcli.survey.class_names import BACKGROUND, class_settings
from segcli.survey.folder import Folder
from segcli.survey.groups import group_settings
from segcli.survey.mask_values import values_in
from segcli.survey.pairing import Pairing
from segcli.survey.reading import Reading, channels, geometry, sizes_of
from segcli.survey.roles import Candidate, classes_of
from segcli.survey.setting import Setting, count
from segcli.survey.split_names import NameLists, meant_splits, name_lists
from segcli.survey.stack import Stack, stacked

_SHOWN = 3
"""Patterns that are told beside the one that is taken."""
_GOOD = ("good", "ok", "normal", "healthy", "negative", "background", "empty", "no_defect")
"""Folders of images in which there is nothing to find."""
FRACTION = Setting("data.val_fraction", 0.2, "nothing names a split to validate with: a fifth, by hashes of names")


def pattern_reading(folder: Folder, candidate: Candidate, others: Sequence[Candidate] = ()) -> Reading:
    """Return the keys for a pair of patterns.

    Args:
        folder: What they find files in.
        candidate: The patterns.
        others: Patterns that find as many images.
    """
    pairing = candidate.pairing
    images = list(pairing.masks)
    values, classes = values_in(folder, candidate), classes_of(pairing)
    masks_per_image = len(pairing.mask_files) / len(images)
    splits, lists = split_settings(folder, pairing)
    grouped, notes = group_settings(pairing)
    of_images = f"{count(len(images), 'image')} with a mask"
    named = class_settings(folder, values, classes)
    several = "*" in pairing.mask.rpartition("/")[2] and not classes
    stack = stacked([pairing, *(each.pairing for each in others)], candidate.pictures)
    files = 1 if stack is None else stack.files
    settings = [
        *([_of_stack(stack, pairing.image)] if stack else [_alone(pairing, of_images, others)]),
        Setting("data.mask", pairing.mask, _about_masks(pairing, classes), _rather("mask", pairing, others)),
        *splits,
        *(_objects(named) if several else named),
        *_missing(pairing, lists, named, classes),
        *channels(candidate.pictures, files),
        *grouped,
    ]
    if pairing.unused:
        notes.append(f"{count(pairing.unused, 'file')} fit data.mask and belong to no image")
    notes += values.faults
    image_of = {mask: image for image, masks in pairing.masks.items() for mask in masks}
    return Reading(
        f"{pairing.image} with {pairing.mask}",
        settings,
        len(images),
        sizes_of(folder, images),
        values,
        image_of,
        geometry(settings),
        files_per_image=masks_per_image,
        notes=notes,
    )


def split_settings(folder: Folder, pairing: Pairing) -> tuple[list[Setting], NameLists | None]:
    """Return the keys that tell which images train, and lists of names where these do.

    Args:
        folder: Where lists may lie.
        pairing: Patterns, and what they find.
    """
    if SPLIT in pairing.fields:
        values = pairing.fields[SPLIT]
        texts = list(dict.fromkeys(values))
        return splits_of_texts(texts, [values.count(text) for text in texts]), None
    images = [*pairing.masks, *pairing.lonely]
    lists = name_lists(folder, images)
    if lists is None:
        return [FRACTION], None
    if [*lists.images] == ["default"] and set(lists.images["default"]) == set(images):
        return [FRACTION], None
    texts = list(lists.images)
    told = ", ".join(f"{text} {len(listed)}" for text, listed in lists.images.items())
    found = [Setting("data.split_files", lists.pattern, f"lists of names: {told}")]
    return [*found, *splits_of_texts(texts, [len(lists.images[text]) for text in texts], of_lists=True)], lists


def splits_of_texts(texts: Sequence[str], numbers: Sequence[int], of_lists: bool = False) -> list[Setting]:
    """Return ``splits`` and ``val_fraction`` where names of splits need them.

    Args:
        texts: What splits are called.
        numbers: Images of each.
        of_lists: Whether lists are called so, of which others than those of splits do no harm.
    """
    told = ", ".join(f"{text} {number}" for text, number in zip(texts, numbers, strict=True))
    meant = meant_splits(texts)
    named = meant or {split: text for text in texts if (split := NAMES.get(text.casefold()))}
    found = list[Setting]()
    if meant:
        guess = "what each is for" if {*meant.values()} - {*NAMES} else ""
        found.append(Setting("data.splits", meant, f"images: {told}", guess))
    elif not of_lists:
        found = [Setting("data.val_fraction", FRACTION.value, f"{told} images, and none to validate with")]
        found = found if "val" not in named else []
    if "val" not in named and not any(setting.key == FRACTION.key for setting in found):
        found.append(FRACTION)
    return found


def _alone(pairing: Pairing, of_images: str, others: Sequence[Candidate]) -> Setting:
    return Setting("data.image", pairing.image, of_images, _rather("image", pairing, others))


def _of_stack(stack: Stack, alone: str) -> Setting:
    why = f"{stack.files} files for each image: {', '.join(stack.texts)}"
    return Setting("data.image", stack.image, why, f"channels of one image; or {alone} alone")


def _rather(key: Literal["image", "mask"], pairing: Pairing, others: Sequence[Candidate]) -> str:
    """Return which other patterns fit as well, beside the same images, or the same masks."""
    images, masks = set(pairing.masks), set(pairing.mask_files)
    fitting = [
        each.pairing
        for each in others
        if (set(each.pairing.masks) == images) != (set(each.pairing.mask_files) == masks)
        and (set(each.pairing.masks) == images) == (key == "mask")
    ]
    if len(pairing.mask_files) > len(images):  # of classes or objects: others are parts of them
        return ""
    texts = list(dict.fromkeys(getattr(each, key) for each in fitting))
    return f"or {few(texts, _SHOWN)}, which fits as well" if texts else ""


def _about_masks(pairing: Pairing, classes: Sequence[str]) -> str:
    files = count(len(pairing.mask_files), "file")
    if classes:
        return f"{files}: one for each class, {len(classes)} of them"
    if pairing.are_shapes:
        return f"{files} of outlines, one for each image"
    if len(pairing.mask_files) > len(pairing.masks):
        return f"{files}: one for each object"
    return f"{files}, one for each image"


def _objects(named: Sequence[Setting]) -> list[Setting]:
    """Return keys for masks of single objects in place of those for masks of two values."""
    why = next((setting.why for setting in named if setting.key == "data.mask_values"), "")
    kept = [setting for setting in named if setting.key != "data.mask_values"]
    value = [BACKGROUND, "object"]
    return [Setting("data.classes", value, f"a mask for each object: {why}", "the name; rename it"), *kept]


def _missing(
    pairing: Pairing, lists: NameLists | None, named: Sequence[Setting], classes: Sequence[str]
) -> list[Setting]:
    """Return what images without a mask are, where there are such that train or validate."""
    key = "data.missing_masks"
    if classes:
        each = {path: len(masks) for path, masks in pairing.masks.items()}
        lacking = sum(number < len(classes) for number in each.values()) + len(pairing.lonely)
        why = f"{count(lacking, 'image')} without the file of every class"
        return [Setting(key, "empty", why, "a class without file does not occur")] if lacking else []
    pattern = PathPattern(pairing.image)
    found = [(path, pattern.match(path) or {}) for path in pairing.lonely]
    if SPLIT in pattern.fields:
        known = {*pairing.fields[SPLIT]}
        found = [(path, fields) for path, fields in found if fields.get(SPLIT) in known]
    if lists is not None:
        listed = {image for images in lists.images.values() for image in images}
        found = [(path, fields) for path, fields in found if path in listed]
    if not found:
        return []
    why = f"{count(len(found), 'image')} without mask"
    ground = _ground(named)
    if ground and all(_is_good(fields) for _, fields in found):
        return [
            Setting(key, ground, f"{why}, in folders such as {_folder(found[0][1])}", "nothing is to be found there")
        ]
    if ground and pairing.mask.lower().endswith(".txt"):
        return [Setting(key, ground, why, "as YOLO has it, without objects")]
    return [
        Setting(key, "skip", f"{why}, which are left out", f"or the class that all of them is of, such as {ground}")
    ]


def _ground(named: Sequence[Setting]) -> str:
    """Return the first class."""
    for setting in named:
        if isinstance(setting.value, Mapping) and setting.value:
            return str(next(iter(setting.value.values())))
        if setting.key == "data.classes" and isinstance(setting.value, list):
            return str(setting.value[0])
    return ""


def _is_good(fields: Mapping[str, str]) -> bool:
    return any(value.lower() in _GOOD for field, value in fields.items() if field != CLASS)


def _folder(fields: Mapping[str, str]) -> str:
    return next(value for value in fields.values() if value.lower() in _GOOD)
