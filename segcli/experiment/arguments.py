"""What ``fit``, ``validate``, ``test``, ``predict`` and ``tune`` work on: files, overrides and a checkpoint."""

from dataclasses import dataclass, field
from pathlib import Path

from segcli.config.node import MappingNode


@dataclass
class RunArguments:
    """What a verb that trains or measures was given.

    Attributes:
        verb: Its name.
        files: Experiment files, in order; a later one overrides.
        overrides: ``--key value`` arguments as typed.
        checkpoint: Value of ``--ckpt_path``.
        line: All that was typed after the verb, for the record.
        tree: An experiment that is no file, below the files.
    """

    verb: str
    files: list[Path] = field(default_factory=list)
    overrides: list[str] = field(default_factory=list)
    checkpoint: Path | None = None
    line: list[str] = field(default_factory=list)
    tree: MappingNode | None = None

    @property
    def is_given(self) -> bool:
        """Whether there is an experiment, beside that of a checkpoint."""
        return bool(self.files) or self.tree is not None
