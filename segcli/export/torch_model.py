"""A graph of ``torch.export``, which PyTorch runs without the code that made it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch.export import ExportedProgram

from segcli.export.description import KEY, Description, ExportError
from segcli.export.exported_model import ExportedModel, Images
from segcli.export.trace import Traced, first_line, quiet_torch

_ENTRY = f"{KEY}.json"


class TorchModel(ExportedModel):
    """A file that ``torch.export.save`` wrote.

    Args:
        program: Of the file.
        description: What the file says of itself.
    """

    name, file_name = "torch", "model.pt2"

    def __init__(self, program: ExportedProgram, description: Description) -> None:
        self._module, self.description = program.module(), description

    @classmethod
    def write(cls, traced: Traced, description: Description, path: Path) -> None:
        """Write a file."""
        _save(traced.program, description, path)

    @classmethod
    def describe(cls, path: Path, description: Description) -> None:
        """Let a file say something else of itself."""
        _save(torch.export.load(path), description, path)

    @classmethod
    def opened(cls, path: Path, threads: int = 0) -> "TorchModel":
        """Open a file; it runs on as many threads as torch does."""
        found: dict[str, Any] = {_ENTRY: ""}
        try:
            with quiet_torch():
                program = torch.export.load(path, extra_files=found)
        except Exception as error:
            raise ExportError(f"{path} cannot be opened by torch.export: {first_line(error)}") from None
        text = found[_ENTRY]
        return cls(program, Description.of_text(text.decode() if isinstance(text, bytes) else text, path))

    @torch.no_grad()
    def run(self, images: Images) -> Mapping[str, NDArray[Any]]:
        """Run it on a batch.

        Raises:
            ExportError: If it is not for images of that size or number.
        """
        try:
            found = self._module(torch.from_numpy(images))
        except (AssertionError, RuntimeError) as error:
            height, width = images.shape[1:3]
            raise ExportError(
                f"an image of {height}x{width} pixels is refused ({first_line(error)}); export for that size: "
                f"--size {height}x{width}"
            ) from None
        return {name: each.numpy() for name, each in zip(self.description.outputs, found, strict=True)}


def _save(program: ExportedProgram, description: Description, path: Path) -> None:
    try:
        with quiet_torch():
            torch.export.save(program, path, extra_files={_ENTRY: description.text()})
    except Exception as error:
        raise ExportError(f"torch.export cannot save the model: {first_line(error)}") from error
