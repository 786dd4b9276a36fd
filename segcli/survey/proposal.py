"""What is proposed for a folder, and how it comes about: one way to read it after the other, until one loads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segcli.config.component import component
from segcli.sample import DataError
from segcli.survey.answers import Answers
from segcli.survey.class_shares import class_shares, classes_seen, names_of
from segcli.survey.folder import Folder
from segcli.survey.groups import GROUP
from segcli.survey.reading import Reading
from segcli.survey.readings import readings
from segcli.survey.roles import Viewer, candidates_in
from segcli.survey.setting import Setting, count, percent
from segcli.survey.training_size import Device, size_text, training_size
from segcli.survey.verified import Verified, verified

_DATA = "data."
_REASONS = 2
"""Ways to read the folder of which is said why they failed."""
_FEWEST = 2
"""Images, of which one validates."""
_SKEWED = 20
"""Largest share of a class by the smallest, from which weights are proposed."""
PARENT = "segcli:own_folder"
_BRINGS = "random crops, mirrored and recoloured; ImageNet weights of resnet34; 50 epochs"


class NothingFoundError(Exception):
    """Nothing in a folder can be trained on; the message says what is there, and what is missing."""


@dataclass(frozen=True)
class Proposal:
    """An experiment on a folder.

    Attributes:
        root: The folder, as the experiment names it.
        extends: Its parents, each with what it brings.
        settings: Its keys, in order.
        images: Number of images with masks.
        splits: How many images each split has.
        classes: Names, in order.
        shares: Name of every class that was seen, to its share of the pixels.
        sizes: How large images are, in words.
        notes: What else was found.
    """

    root: str
    extends: Mapping[str, str]
    settings: Sequence[Setting]
    images: int
    splits: Mapping[str, int]
    classes: Sequence[str]
    shares: Mapping[str, float]
    sizes: str
    notes: Sequence[str] = ()

    @property
    def guesses(self) -> list[Setting]:
        """Settings that may be otherwise."""
        return [setting for setting in self.settings if setting.guess]


@dataclass
class _Attempt:
    """A reading with the settings that are tried."""

    reading: Reading
    settings: list[Setting]
    found: Verified
    keys: Mapping[str, Any]
    notes: list[str] = field(default_factory=list)


def propose(folder: Folder, root: str, device: Device, answers: Answers) -> Proposal:
    """Return the experiment for a folder.

    Args:
        folder: What lies in it.
        root: How the experiment names it.
        device: What will train.
        answers: Decides what files leave open.

    Raises:
        NothingFoundError: If there is nothing to train on.
    """
    if not folder.files:
        raise NothingFoundError(f"{folder.root} is empty: expected images, and masks beside them.")
    viewer = Viewer(folder)
    candidates = candidates_in(folder, viewer)
    reasons = list[str]()
    for reading in readings(folder, candidates, viewer, answers):
        try:
            attempt = _loading(str(folder.root), reading, answers)
        except DataError as error:
            reasons.append(f"{reading.about}: {error}")
            continue
        return _proposal(root, device, attempt, viewer)
    raise NothingFoundError(_nothing(folder, viewer, reasons))


def _loading(root: str, reading: Reading, answers: Answers) -> _Attempt:
    """Return the settings with which a reading loads; without groups where these leave a split empty."""
    _require_enough(reading)
    settings = answers.corrected(reading.settings)
    keys = _keys(reading, settings)
    try:
        return _Attempt(reading, settings, verified(root, keys), keys)
    except DataError:
        without = [setting for setting in settings if setting.key != GROUP]
        if len(without) == len(settings):
            raise
        keys, note = _keys(reading, without), "groups of images were seen, but they leave a split without images"
        return _Attempt(reading, without, verified(root, keys), keys, [note])


def _require_enough(reading: Reading) -> None:
    """Refuse one image alone, and masks that hold one value.

    Raises:
        DataError: If so.
    """
    if reading.images < _FEWEST:
        raise DataError("there is 1 image with a mask, expected at least 2: one to train, one to validate with.")
    values = reading.values
    if values is not None and values.kind != "shapes" and len(values.shares) == 1:
        (only,) = values.shares
        raise DataError(f"{values.where} hold {only} alone, expected at least two values: one for each class.")


def _keys(reading: Reading, settings: Sequence[Setting]) -> dict[str, Any]:
    own = {setting.key.removeprefix(_DATA): setting.value for setting in settings if setting.key.startswith(_DATA)}
    return {**reading.preset_keys, **own}


def _proposal(root: str, device: Device, attempt: _Attempt, viewer: Viewer) -> Proposal:
    reading, found = attempt.reading, attempt.found
    crop, batch = training_size(reading.sizes, len(found.images["train"]), device)
    shares = _shares(attempt, viewer.folder.root)
    own = [Setting("data.root", root, f"{count(reading.images, 'image')} with masks"), *attempt.settings]
    weights = _weights(attempt, shares, viewer.folder.root)
    notes = [*reading.notes, *attempt.notes, *found.faults]
    return Proposal(
        root,
        {PARENT: _BRINGS, **reading.presets},
        _by_section([crop, *own, batch, *weights]),
        reading.images,
        {split: len(images) for split, images in found.images.items()},
        found.classes,
        shares,
        size_text(reading.sizes),
        list(dict.fromkeys(notes)),
    )


def _by_section(settings: Sequence[Setting]) -> list[Setting]:
    """Put keys of one section together, sections in the order of their first."""
    sections = list(dict.fromkeys(setting.key.partition(".")[0] for setting in settings))
    return sorted(settings, key=lambda setting: sections.index(setting.key.partition(".")[0]))


def _rest(attempt: _Attempt) -> str | None:
    """Return the class of pixels that no mask names: of shapes, and of masks of classes and objects."""
    values, keys = attempt.reading.values, attempt.keys
    by_file = "{class}" in str(keys.get("mask")) or "*" in str(keys.get("mask"))
    is_shapes = values is not None and values.kind == "shapes"
    return attempt.found.classes[0] if is_shapes or by_file else None


def _shares(attempt: _Attempt, root: Path) -> dict[str, float]:
    values = attempt.reading.values
    if values is None or "{class}" in str(attempt.keys.get("mask")):
        return {}
    names, factor = names_of(attempt.keys, root), attempt.reading.files_per_image
    if "*" in str(attempt.keys.get("mask")):
        names = {key: attempt.found.classes[int(key not in ("0", "#000000"))] for key in map(str, values.shares)}
    return class_shares(values, names, attempt.found.classes, _rest(attempt), factor)


def _weights(attempt: _Attempt, shares: Mapping[str, float], root: Path) -> Iterator[Setting]:
    """Yield weights of classes if some are rare, and all of them are in training masks that were read."""
    classes, values = attempt.found.classes, attempt.reading.values
    if values is None or set(shares) != set(classes) or min(shares.values()) <= 0:
        return
    rarest, commonest = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
    train = {str(Path(image)) for image in attempt.found.images["train"]}
    masks = [mask for mask, image in attempt.reading.image_of.items() if str(root / image) in train]
    names = names_of(attempt.keys, root)
    seen = classes_seen(values, names, masks, _rest(attempt))
    if shares[commonest] < _SKEWED * shares[rarest] or set(classes) - seen:
        return
    why = f"{rarest} has {percent(shares[rarest])} of the pixels, {commonest} {percent(shares[commonest])}"
    loss = component("CrossEntropyLoss") | {"class_weights": "enet"}
    yield Setting("model.loss", loss, f"{why}: weights by 1 / ln(1.02 + share)")


def _nothing(folder: Folder, viewer: Viewer, reasons: Sequence[str]) -> str:
    """Say what is in a folder, and why nothing of it can be trained on."""
    kinds: dict[str, int] = {}
    for file in folder.files.values():
        kinds[file.suffix.lower() or "no suffix"] = kinds.get(file.suffix.lower() or "no suffix", 0) + 1
    there = ", ".join(
        f"{number} {kind}" for kind, number in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    )
    lines = [f"{folder.root} holds {there}, and nothing that can be trained on."]
    if not folder.images:
        lines.append("There are no images, such as .png, .jpg or .tif; name a folder that holds them.")
    elif reasons:
        lines += [line for reason in reasons[:_REASONS] for line in reason.splitlines()]
    elif viewer.faults:
        lines += [*dict.fromkeys(viewer.faults.values())][:_REASONS]
    else:
        lines.append(
            "There are images, but no masks that belong to them: files of the same name in another folder, with a word "
            "more in their name (a.jpg, a_mask.png), a folder for each class, outlines in JSON, or a table. Masks of "
            "more than 64 values or colours are none: were they saved with loss, or resized with interpolation?"
        )
    return "\n  ".join(lines)
