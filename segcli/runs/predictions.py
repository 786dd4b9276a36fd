"""Which predictions of something else a run scores, and how they are stored. Torch-free."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from segcli.runs.run_folder import PICTURES


@dataclass(frozen=True)
class Predictions:
    """What was predicted, and how it is stored.

    Attributes:
        folder: Of the files.
        split: Which images they are of, ``val`` or ``test``.
        values: What pixels hold: indices of ``classes``, or what ``masks`` of the data do.
        pattern: How a prediction is called, see :func:`segcli.inference.predicted_files.find_predictions`.
        others: Class of pixels of any other value; None refuses them.
    """

    folder: Path
    split: Literal["val", "test"] = "val"
    values: Literal["classes", "masks"] = "classes"
    pattern: str = "{name}"
    others: str | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Predictions":
        """Return what :meth:`record` returned."""
        known = {each.name for each in fields(cls)}
        given = {key: value for key, value in record.items() if key in known}
        return cls(**{**given, "folder": Path(record["folder"])})

    def record(self) -> dict[str, Any]:
        """Return it as the passport has it."""
        return {**asdict(self), "folder": str(self.folder)}

    def words(self) -> list[str]:
        """Return it as it is typed."""
        usual = Predictions(self.folder).record()
        given = {key: value for key, value in self.record().items() if value != usual[key]}
        return [str(self.folder), *(word for key, value in given.items() for word in (f"--{key}", value))]

    def run_name(self) -> str:
        """Return how its runs are called where nobody says it: like the folder, or what of its path has a name."""
        parts = self.folder.resolve().parts[1:] or ("",)
        at = next((at for at in reversed(range(len(parts))) if not _is_generic(parts[at])), len(parts) - 1)
        return parts[at] + ("" if at == len(parts) - 1 else f"_{PICTURES}")


def _is_generic(name: str) -> bool:
    """Return whether a folder is called like those that ``segcli predict`` writes."""
    return name.isdecimal() or name == PICTURES
