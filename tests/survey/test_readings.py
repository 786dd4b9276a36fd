import shutil
from pathlib import Path

from segcli.survey.answers import Asked
from tests.survey.data import mask, pairs, picture, proposed, settings_of


def test_the_next_way_is_tried_where_one_does_not_load(tmp_path: Path) -> None:
    pairs(tmp_path, "x/{name}.png", "y/{name}_gt.png")
    (tmp_path / "all.csv").write_text("image,mask,split\nx/a.png,y/a_gt.png,other\n")
    assert settings_of(proposed(tmp_path))["data.image"] == "x/{name}.png"


def test_a_table_comes_before_patterns(tmp_path: Path) -> None:
    pairs(tmp_path, "x/{name}.png", "y/{name}_gt.png")
    (tmp_path / "all.csv").write_text("image,mask\n" + "".join(f"x/{n}.png,y/{n}_gt.png\n" for n in "abcd"))
    assert settings_of(proposed(tmp_path))["data.manifest"] == "all.csv"
    (tmp_path / "all.csv").unlink()
    assert "data.manifest" not in settings_of(proposed(tmp_path))


def test_patterns_that_fit_as_well_may_be_chosen(tmp_path: Path) -> None:
    for name in "abcdef":
        picture(tmp_path / f"images/{name}.png")
        mask(tmp_path / f"first/{name}_mask.png")
        mask(tmp_path / f"second/{name}_label.png", (0, 255, 255))
    likeliest = settings_of(proposed(tmp_path))["data.mask"]
    typed = iter(["2", *[""] * 9])
    chosen = settings_of(proposed(tmp_path, Asked(lambda _: next(typed), lambda _: None)))["data.mask"]
    assert {likeliest, chosen} == {"first/{name}_mask.png", "second/{name}_label.png"}
    shutil.rmtree(tmp_path / "first")
    assert settings_of(proposed(tmp_path))["data.mask"] == "second/{name}_label.png"
