"""Names of classes for what masks hold: from files that name them, from folders, else guessed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml

from segcli.datasets.label_file import read_label_file
from segcli.datasets.mask_reader import is_colour
from segcli.sample import DataError
from segcli.survey.folder import Folder
from segcli.survey.mask_values import Key, MaskValues
from segcli.survey.setting import Setting, percent

BACKGROUND, FOREGROUND = "background", "foreground"
_VOID = 255
_RARE = 0.1
"""Share of black pixels in masks of colours, below which they look like pixels that nobody labelled."""
_DEEPEST = 2
"""Folders between the root and a file that names classes."""
_PLAIN_FILES = ("classes.txt", "class_names.txt", "labels.txt", "obj.names")
_YAML_FILES = ("data.yaml", "data.yml", "dataset.yaml")
_LABEL_FILES = ("labelmap.txt", "_classes.csv", "class_dict.csv", "dataset.json")
_LABEL_PATTERN = re.compile(r"(?i)config.*\.json|labels?\.json|classes\.json")
_RENAME = "the names; rename them"


@dataclass(frozen=True)
class Named:
    """Names that a file has.

    Attributes:
        file: Its path below the folder.
        names: Value, colour or label of objects, to class name.
        ignored: Names that are no classes.
        is_read: Whether ``data.label_file`` reads it.
    """

    file: str
    names: Mapping[Key, str]
    ignored: Sequence[str]
    is_read: bool


def class_settings(folder: Folder, values: MaskValues, classes: Sequence[str]) -> list[Setting]:
    """Return the keys that say what masks hold.

    Args:
        folder: Where files that name classes may lie.
        values: What was read.
        classes: Texts of ``{class}``; none where masks are of all classes.
    """
    if classes:
        why = f"folders or words of masks' names: {', '.join(classes)}; what is in none is {BACKGROUND}"
        return [Setting("data.classes", [_ground(classes), *classes], why)]
    named = next(_fitting(folder, values), None)
    if values.kind == "shapes":
        return _of_objects(values, named)
    if named is not None:
        return _from_file(values, named)
    return _guessed(values)


def _of_objects(values: MaskValues, named: Named | None) -> list[Setting]:
    names = {str(key): name for key, name in named.names.items()} if named else {}
    labels = list(dict.fromkeys([*names, *map(str, values.shares)]))
    texts = [names.get(label, f"class_{label}" if label.isdecimal() else label) for label in labels]
    ground = _ground(texts)
    where = f"objects in {values.where}" + (f", names of {named.file}" if named else "")
    numbers = [label for label in labels if label.isdecimal()]
    guess = _RENAME if numbers and not named else ""
    if labels == texts:
        why = f"{where}: " + ", ".join(f"{label} ({percent(values.shares[label])})" for label in labels)
        return [Setting("data.classes", [ground, *texts], f"{why}; first what is in no object", guess)]
    keys: list[Key] = [int(label) if label.isdecimal() else label for label in labels]
    given: dict[Key, str] = {-1: ground, **dict(zip(keys, texts, strict=True))}
    each: dict[Key, str] = {-1: "what is in no object"}
    each |= {
        key: f"{percent(values.shares.get(label, 0.0))} of the pixels" for key, label in zip(keys, labels, strict=True)
    }
    return [Setting("data.mask_values", given, where, guess, each)]


def _ground(names: Sequence[str]) -> str:
    return BACKGROUND if BACKGROUND not in names else "nothing"


def _from_file(values: MaskValues, named: Named) -> list[Setting]:
    ignored = f"; {', '.join(named.ignored)} is not evaluated" if named.ignored else ""
    seen = ", ".join(f"{_name_of(key, named.names)} {percent(share)}" for key, share in values.shares.items())
    if named.is_read:
        found = [Setting("data.label_file", named.file, f"names what {values.where} hold: {seen}{ignored}")]
    else:
        each = {key: _share(values, key) for key in named.names}
        found = [Setting("data.mask_values", dict(named.names), f"names of {named.file}, in its order", "", each)]
    strangers = [key for key in values.shares if _plain(key) not in named.names]
    return [*found, *_ignored(values, strangers)] if strangers else found


def _name_of(key: Key, names: Mapping[Key, str]) -> str:
    return names.get(_plain(key), str(key))


def _guessed(values: MaskValues) -> list[Setting]:
    keys = list(values.shares)
    if values.are_ids:
        return _merged(values)
    void = _void(values)
    kept = [key for key in keys if key not in void]
    two = values.kind == "threshold" or (len(kept) == 2 and set(kept) in ({0, 255}, {0, 1}, {"#000000", "#ffffff"}))
    if values.kind == "threshold":
        kept = [0, _VOID]
    names = [BACKGROUND, FOREGROUND] if two else [f"class_{number}" for number in range(len(kept))]
    if not two and values.kind == "values" and all(isinstance(key, int) for key in kept):
        names = [f"class_{key}" for key in kept]
    given = dict(zip(kept, names, strict=True))
    each = {key: _share(values, key) for key in kept}
    kinds = {"values": "values", "colours": "colours", "threshold": "sides of the threshold"}[values.kind]
    found = [Setting("data.mask_values", given, f"{len(kept)} {kinds} in {values.where}", _RENAME, each)]
    if values.kind == "threshold":
        found.append(Setting("data.mask_threshold", 128, "masks are in a lossy format: values near 0 and 255 occur"))
    return [*found, *_ignored(values, void)]


def _merged(values: MaskValues) -> list[Setting]:
    """Return keys that make one class of the numbers of single objects."""
    why = f"{values.where} hold 1 to n, up to {max(key for key in values.shares if isinstance(key, int))}"
    guess = "numbers of single objects; if they are classes, name them all in data.mask_values"
    return [
        Setting("data.classes", [BACKGROUND, "object"], "the class of value 0, and that of all others", _RENAME),
        Setting("data.mask_values", {0: BACKGROUND}, "what is in no object", "", {0: _share(values, 0)}),
        Setting("data.other_values", "object", why, guess),
    ]


def _ignored(values: MaskValues, keys: Sequence[Key]) -> list[Setting]:
    if not keys:
        return []
    shares = ", ".join(f"{key} ({percent(values.shares[key])})" for key in keys)
    reason = (
        "black in masks of colours: pixels without a label?"
        if keys == ["#000000"]
        else "beside classes, it usually marks pixels without a label"
    )
    return [Setting("data.ignore_values", list(keys), f"{shares} of the pixels", reason)]


def _void(values: MaskValues) -> list[Key]:
    """Return values that look like pixels without a label."""
    keys = list(values.shares)
    if values.kind == "values":
        others = [key for key in keys if key != _VOID and isinstance(key, int) and key >= 0]
        negative = [key for key in keys if isinstance(key, int) and key < 0]
        return [*negative, *([_VOID] if _VOID in keys and len(others) > 1 else [])]
    black = "#000000"
    is_rare = values.kind == "colours" and len(keys) > 2 and values.shares.get(black, 1.0) < _RARE
    return [black] if is_rare else []


def _share(values: MaskValues, key: Key) -> str:
    share = next((share for each, share in values.shares.items() if _plain(each) == _plain(key)), None)
    return "in no mask that was read" if share is None else percent(share)


def _plain(key: Key) -> Key:
    return key.lower() if isinstance(key, str) else key


def _fitting(folder: Folder, values: MaskValues) -> Iterator[Named]:
    """Yield the files whose names are of the values that masks hold."""
    seen = {_plain(key) for key in values.shares}
    for named in _files(folder):
        names = {_plain(key): name for key, name in named.names.items()}
        colours = any(is_colour(key) for key in names)
        if values.kind == "shapes":
            known = {str(key) for key in names} | set(names.values())
            if {str(key) for key in seen} <= known and any(str(key).isdecimal() for key in seen):
                yield Named(named.file, names, named.ignored, named.is_read)
        elif colours == (values.kind == "colours") and len(names) > 1:
            unnamed = seen - set(names) - {_VOID}
            if not unnamed:
                yield Named(named.file, names, named.ignored, named.is_read)


def _files(folder: Folder) -> Iterator[Named]:
    """Yield the names in files near the root."""
    near = [path for path in folder.files if path.count("/") <= _DEEPEST]
    for path in sorted(near, key=lambda each: (each.count("/"), each)):
        name = path.rpartition("/")[2].lower()
        if name in _LABEL_FILES or _LABEL_PATTERN.fullmatch(name):
            try:
                found = read_label_file(folder.files[path])
            except DataError:
                continue
            yield Named(path, found.values, found.ignored, is_read=True)
        elif name in _PLAIN_FILES or name in _YAML_FILES:
            names = _lines(folder, path) if name in _PLAIN_FILES else _of_yaml(folder, path)
            if names:
                yield Named(path, dict(enumerate(names)), (), is_read=False)


def _text(folder: Folder, path: str) -> str:
    try:
        return folder.files[path].read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""


def _lines(folder: Folder, path: str) -> list[str]:
    lines = [line.strip() for line in _text(folder, path).splitlines()]
    names = [line for line in lines if line]
    return names if len(set(names)) == len(names) else []


def _of_yaml(folder: Folder, path: str) -> list[str]:
    """Return the names in the ``data.yaml`` of YOLO."""
    try:
        content = yaml.safe_load(_text(folder, path))
        names = content["names"]
        return [str(names[key]) for key in range(len(names))]
    except (yaml.YAMLError, KeyError, TypeError, IndexError, AttributeError):
        return []
