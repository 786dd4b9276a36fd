"""How a data set lies on the disk, as its preset says, and how many of its images are there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from segcli.config.files import PACKAGE


@dataclass(frozen=True)
class Layout:
    """Where the files of a data set lie below its folder.

    Attributes:
        root: The folder, below the working directory.
        image: Pattern of images, with ``{name}`` and, without lists, ``{split}``.
        mask: Pattern of masks.
        split_files: Pattern of lists of names, with ``{split}``; None where folders tell the splits.
        splits: Split to what it is called in ``{split}``.
    """

    root: Path
    image: str
    mask: str
    split_files: str | None
    splits: Mapping[str, str]

    def count(self, root: Path) -> dict[str, int]:
        """Return how many images of each split have their mask, in a folder that may be missing.

        Args:
            root: The folder of the data set, wherever it is.
        """
        return {
            split: sum(self._is_there(root, split, name) for name in self._names(root, split)) for split in self.splits
        }

    def _is_there(self, root: Path, split: str, name: str) -> bool:
        patterns = (self.image, self.mask)
        return all((root / each.format(name=name, split=self.splits[split])).is_file() for each in patterns)

    def _names(self, root: Path, split: str) -> Iterator[str]:
        called = self.splits[split]
        if self.split_files is None:
            pattern = root / self.image.format(name="*", split=called)
            yield from (path.stem for path in pattern.parent.glob(pattern.name) if not path.name.startswith("."))
            return
        file = root / self.split_files.format(split=called)
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        yield from (words[0] for line in lines if (words := line.split()) and not line.startswith("#"))


@cache
def layout_of(preset: str, splits: tuple[str, ...]) -> Layout:
    """Read how a data set lies from its preset.

    Args:
        preset: Name of the preset, such as ``voc`` for ``segcli:data/voc``.
        splits: Its splits, where the preset does not name them.
    """
    keys = yaml.safe_load((PACKAGE / "presets" / "data" / f"{preset}.yaml").read_text(encoding="utf-8"))["data"]
    called = keys.get("splits") or {split: split for split in splits}
    return Layout(Path(keys["root"]), keys["image"], keys["mask"], keys.get("split_files"), called)
