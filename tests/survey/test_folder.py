import unicodedata
from pathlib import Path

from segcli.survey.folder import look_at_folder, spread
from tests.survey.data import mask, picture


def test_files_are_found_once_by_their_paths_without_runs_and_hidden_ones(tmp_path: Path) -> None:
    umlaut = unicodedata.normalize("NFD", "ü")
    for name in ("images/b.png", f"images/{umlaut}.png", "images/.hidden.png", "runs/x/1/predictions/a.png"):
        picture(tmp_path / name)
    mask(tmp_path / "labels" / "b.gt.png")
    (tmp_path / "runs/x/1/passport.json").write_text("{}")
    (tmp_path / "readme.md").write_text("x")
    folder = look_at_folder(tmp_path)

    assert [*folder.files] == ["images/b.png", "images/ü.png", "labels/b.gt.png", "readme.md"]
    assert folder.images == ["images/b.png", "images/ü.png", "labels/b.gt.png"]
    assert [(group.parent, group.suffix, group.names) for group in folder.groups] == [
        ("images", ".png", ["b", "ü"]),
        ("labels", ".png", ["b.gt"]),
    ]
    assert folder.groups[1].path("b.gt") == "labels/b.gt.png"
    assert list(folder.named("readme.md")) == ["readme.md"]


def test_items_are_spread_evenly_with_both_ends() -> None:
    assert spread(range(101), 5) == [0, 25, 50, 75, 100]
    assert spread([1, 2], 5) == [1, 2]
    assert spread([1, 2], 1) == [1]
