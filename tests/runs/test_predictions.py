from pathlib import Path

import pytest

from segcli.runs.predictions import Predictions


def test_what_is_recorded_is_read_and_typed_again() -> None:
    whole = Predictions(Path("out"), "test", "masks", "{name}_pred", "road")
    assert Predictions.of({**whole.record(), "files": 3, "sha256": "0"}) == whole
    told = ["--split", "test", "--values", "masks", "--pattern", "{name}_pred", "--others", "road"]
    assert whole.words() == ["out", *told]
    assert Predictions(Path("out")).words() == ["out"]


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("nnunet", "nnunet"),
        ("work/pred", "pred"),
        ("runs/fpn/3/predictions/12", "fpn_predictions"),
        ("fpn/predictions", "fpn_predictions"),
        ("/1/2", "2"),
    ],
)
def test_runs_are_called_like_the_folder_unless_that_says_nothing(folder: str, name: str, tmp_path: Path) -> None:
    assert Predictions(Path(folder) if folder[0] == "/" else tmp_path / folder).run_name() == name
