"""Folders of images and masks for tests, laid out in many ways."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from segcli.config.compose import compose
from segcli.datamodules.pattern_data_module import PatternDataModule
from segcli.survey.answers import Answers, Likeliest
from segcli.survey.experiment_text import experiment_text
from segcli.survey.folder import look_at_folder
from segcli.survey.proposal import Proposal, propose
from segcli.survey.training_size import Device

CPUS = Device("cpu", "CPUs")
HEIGHT, WIDTH = 24, 32


def picture(path: Path, channels: int = 3) -> None:
    """Write noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(list(path.as_posix().encode()))
    Image.fromarray(rng.integers(0, 256, (HEIGHT, WIDTH, channels), dtype=np.uint8).squeeze()).save(path)


def mask(path: Path, values: Sequence[int] = (0, 255), palette: bytes = b"") -> None:
    """Write the first value, with a stripe of each other one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((HEIGHT, WIDTH), values[0], np.uint8)
    for number, value in enumerate(values[1:]):
        pixels[number * 3 : number * 3 + 3] = value
    image = Image.fromarray(pixels)
    if palette:
        image.putpalette(palette)
    image.save(path)


def coloured(path: Path, colours: Sequence[tuple[int, int, int]]) -> None:
    """Write the same with colours."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.tile(np.array(colours[0], np.uint8), (HEIGHT, WIDTH, 1))
    for number, colour in enumerate(colours[1:]):
        pixels[number * 3 : number * 3 + 3] = colour
    Image.fromarray(pixels).save(path)


def pairs(
    root: Path,
    image: str,
    of_mask: str,
    names: Sequence[str] = tuple("abcdef"),
    write: Callable[..., None] = mask,
    *rest: Any,  # noqa: ANN401  (of the writer)
) -> None:
    """Write an image and a mask for each name; ``{name}`` stands for it in both paths."""
    for name in names:
        picture(root / image.replace("{name}", name))
        write(root / of_mask.replace("{name}", name), *rest)


def proposed(root: Path, answers: Answers | None = None, device: Device = CPUS) -> Proposal:
    """Look at a folder."""
    return propose(look_at_folder(root), str(root), device, answers or Likeliest())


def settings_of(proposal: Proposal) -> dict[str, Any]:
    """Values by keys."""
    return {setting.key: setting.value for setting in proposal.settings}


def loaded(proposal: Proposal, folder: Path, **corrected: Any) -> PatternDataModule:  # noqa: ANN401
    """Write the experiment, and build its data module, without transforms, with some keys corrected."""
    file = folder / "written.yaml"
    file.write_text(experiment_text(proposal), encoding="utf-8")
    data = compose([file]).expanded()["data"]
    arguments = {key: value for key, value in {**data["init_args"], **corrected}.items() if "transforms" not in key}
    module = PatternDataModule(**arguments)
    module.setup("fit")
    return module


def keys_written(proposal: Proposal) -> dict[str, Any]:
    """What the file says, as YAML has it."""
    return yaml.safe_load(experiment_text(proposal))
