"""The ways in which a folder can be read, the surest first: a known data set, annotations, a table, patterns."""

from collections.abc import Iterator, Sequence

from segcli.datasets.path_pattern import CHANNEL
from segcli.datasets.record_image import NATIVE
from segcli.survey.answers import Answers
from segcli.survey.class_names import BACKGROUND, class_settings
from segcli.survey.class_shares import names_of
from segcli.survey.coco_files import CocoFiles, coco_files
from segcli.survey.folder import Folder
from segcli.survey.known_data_sets import KnownDataSet, known_data_sets
from segcli.survey.manifest_file import ManifestFile, manifest_file
from segcli.survey.mask_values import values_in
from segcli.survey.pairing import Pairing
from segcli.survey.pattern_reading import FRACTION, pattern_reading, splits_of_texts
from segcli.survey.reading import Reading, channels, geometry, sizes_of
from segcli.survey.roles import Candidate, Viewer
from segcli.survey.setting import Setting, count, percent

_PATTERNS = 4
"""Pairs of patterns that are tried until one loads."""
_ENOUGH = 0.8
"""Share of the images that the best patterns find, which those of a known data set have to find."""


def readings(folder: Folder, candidates: Sequence[Candidate], viewer: Viewer, answers: Answers) -> Iterator[Reading]:
    """Yield the ways to read a folder, the surest first.

    Args:
        folder: What lies in it.
        candidates: Patterns of images and masks, the best first.
        viewer: Looks at files.
        answers: Decides between patterns that are as good as each other.
    """
    most = max((len(each.pairing.masks) for each in candidates), default=0)
    for known in known_data_sets(folder):
        if len(known.pairing.masks) >= _ENOUGH * most and (found := _of_known(folder, known, viewer)) is not None:
            yield found
    annotations = coco_files(folder)
    if annotations is not None:
        yield _of_coco(folder, annotations, viewer)
    table = manifest_file(folder)
    if table is not None and (found := _of_table(folder, table, viewer)) is not None:
        yield found
    as_good = [each for each in candidates if len(each.pairing.masks) == most]
    equal = as_good[:_PATTERNS]
    options = [f"{each.pairing.image} with {each.pairing.mask}" for each in equal]
    chosen = [equal[answers.chosen("which are images and masks?", options)]] if equal else []
    ordered = [*chosen, *(each for each in candidates if each not in chosen)]
    for candidate in ordered[:_PATTERNS]:
        yield pattern_reading(folder, candidate, as_good)


def _of_known(folder: Folder, known: KnownDataSet, viewer: Viewer) -> Reading | None:
    """Return a preset; None if masks hold what it does not name."""
    pairing = known.pairing
    candidate = Candidate(pairing, viewer.look_at(list(pairing.masks)), viewer.look_at(pairing.mask_files))
    if not candidate.pictures or not candidate.masks:
        return None
    values = values_in(folder, candidate)
    keys = {key: value for key, value in known.keys.items() if key != "root"}
    keys = {key: value for key, value in keys.items() if key in _OF_THE_MODULE}
    named = {*names_of(keys, folder.root), *(str(value).lower() for value in keys.get("ignore_values", ()))}
    strangers = [key for key in values.shares if str(key).lower() not in named]
    is_read_so = values.kind == "colours" or not any(str(key).startswith("#") for key in named)
    if is_read_so and strangers and "other_values" not in keys and "label_file" not in keys:
        return None
    seen = ", ".join(f"{key} {percent(share)}" for key, share in values.shares.items())
    files = len(set(pairing.fields.get(CHANNEL, ("",))))
    native = channels(candidate.pictures, files) if keys.get("image_mode") == NATIVE else []
    own = [setting for setting in native if not setting.key.startswith("data.")]
    return Reading(
        f"the data set {known.preset}",
        own,
        len(pairing.masks) // files,
        sizes_of(folder, list(pairing.masks)),
        values if is_read_so else None,
        {mask: image for image, masks in pairing.masks.items() for mask in masks},
        {known.preset: known.about, **geometry(native)},
        keys,
        notes=[f"values of {values.where}: {seen}"],
    )


_OF_THE_MODULE = (
    *("image", "mask", "splits", "split_files", "classes", "mask_values", "ignore_values", "ignore_classes"),
    *("other_values", "mask_threshold", "label_file", "missing_masks", "group", "image_mode"),
)
"""Keys of presets that say where and what data are."""


def _of_coco(folder: Folder, found: CocoFiles, viewer: Viewer) -> Reading:
    ground = BACKGROUND if BACKGROUND not in found.objects else "nothing"
    told = ", ".join(f"{name} {count(number, 'object')}" for name, number in found.objects.items())
    empty = f"; without objects, and left out: {', '.join(found.empty)}" if found.empty else ""
    files = found.files[""] if "" in found.files else dict(found.files)
    names = {path.rpartition("/")[2]: path for path in folder.images}
    images = [names[name] for each in found.names if (name := each.rpartition("/")[2]) in names]
    settings = [
        Setting("data.coco", files, f"annotations of {count(found.images, 'image')}"),
        *([FRACTION] if "val" not in found.files else []),
        Setting("data.classes", [ground, *found.objects], f"first what is in no object; {told}{empty}"),
        *channels(viewer.look_at(images)),
    ]
    return Reading("annotations of COCO", settings, found.images, list(found.sizes), presets=geometry(settings))


def _of_table(folder: Folder, table: ManifestFile, viewer: Viewer) -> Reading | None:
    images = list(table.masks)
    pairing = Pairing("", "", table.masks, table.lonely, 0, {})
    candidate = Candidate(pairing, viewer.look_at(images), viewer.look_at(pairing.mask_files))
    if not candidate.pictures or not candidate.masks:
        return None
    values = values_in(folder, candidate)
    texts = list(dict.fromkeys(table.splits))
    splits = splits_of_texts(texts, [table.splits.count(text) for text in texts]) if texts else [FRACTION]
    missing = f"{count(len(table.lonely), 'row')} without mask, left out"
    settings = [
        Setting("data.manifest", table.file, f"{count(len(images), 'row')} with image and mask"),
        *splits,
        *class_settings(folder, values, ()),
        *([Setting("data.missing_masks", "skip", missing, "or a class")] if table.lonely else []),
        *channels(candidate.pictures),
        *_group(table),
    ]
    return Reading(
        f"the table {table.file}",
        settings,
        len(images),
        sizes_of(folder, images),
        values,
        {mask: image for image, masks in table.masks.items() for mask in masks},
        geometry(settings),
        notes=values.faults,
    )


def _group(table: ManifestFile) -> list[Setting]:
    if table.group is None or table.groups < 2:
        return []
    why = f"column of {count(table.groups, 'group')}"
    return [Setting("data.group", table.group, why, "rows of one value belong together")]
