from pathlib import Path

import pytest

from segcli.config.compose import compose
from segcli.experiment.check_frames import frame_warnings


def warnings(folder: Path, names: list[str], more: str = "", image_dir: str = "image") -> list[str]:
    for name in names:
        file = folder / "cells" / image_dir / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "x.yaml"
    file.write_text(
        "extends: segcli:own_folder\n"
        f"data: {{root: {folder}/cells, image_dir: image, mask_dir: label, classes: [a, b]{more}}}\n"
    )
    return [problem.message for problem in frame_warnings(compose([file]))]


FRAMES = [f"clip_{number:03d}.png" for number in range(30)]


@pytest.mark.parametrize("image_dir", ["image", "image/val", "val/image"])
def test_frames_without_groups_are_told(tmp_path: Path, image_dir: str) -> None:
    (message,) = warnings(tmp_path, FRAMES, image_dir=image_dir)
    assert message.startswith("the images look like frames of one sequence (clip_…); if they are, data.group, such as ")
    assert "'{clip}_*'" in message


def test_groups_other_names_and_no_data_are_no_warning(tmp_path: Path) -> None:
    assert warnings(tmp_path / "1", FRAMES, ", group: '{clip}_*'") == []
    assert warnings(tmp_path / "2", [f"{name}.png" for name in "abcdefghijkl"]) == []
    assert warnings(tmp_path / "3", []) == []
