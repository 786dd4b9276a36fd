import json
from pathlib import Path

from segcli.experiment.suggest import Suggested
from segcli.program import program
from segcli.reports.suggest_report import suggest_report
from segcli.suggest.measure import Skipped
from segcli.suggest.pool import Pool
from segcli.suggest.suggestions import Suggestion, Suggestions

POOL = Pool(Path("p|"), (), (Path("p/b.png"),), (Path("p/c.png"), Path("p/d.png")), ())


def _suggested(number: int = 12, **more: object) -> Suggested:
    chosen = tuple(
        Suggestion(at, Path(f"p/{at}|.png"), f"masks/{at}.png", 0.5, None if at == 1 else 0.25)
        for at in range(1, number + 1)
    )
    found = Suggestions(chosen, POOL, "entropy", 40, 2, 7, "", (Skipped(Path("p/x.png"), "is no image"),))
    about = {"experiment": "extends: a\ndata: b\n", "with_labelled": True, "is_whole": True, **more}
    return Suggested(Path("out dir"), found, values="0 a, 1 b", **about)  # type: ignore[arg-type]


def test_text_says_what_was_chosen_and_what_comes_next() -> None:
    lines = suggest_report(_suggested(), "best.ckpt", "text").splitlines()
    assert lines[:5] == [
        "12 images of 40 in p|, by entropy, unlike each other and 7 labelled images",
        "2 images of more than 4 million pixels looked at in a smaller copy",
        "left out: 1 image that the data hold already",
        "left out: 2 copies of other images",
        "SKIPPED p/x.png: is no image",
    ]
    assert lines[6].split() == ["rank", "image", "uncertainty", "distance"]
    assert lines[7].split() == ["1", "p/1|.png", "0.500"]
    assert lines[17] == "and 2 more"
    text = "\n".join(lines)
    assert "written to out dir: suggestions.csv, suggestions.txt, suggestions.png, skipped.csv" in text
    assert f"1. predictions to begin from: {program()} predict --ckpt_path best.ckpt '@out dir/suggestions.txt'" in text
    assert "masks as out dir/masks/NAME.png, named in suggestions.csv; 0 a, 1 b" in text
    assert f"3. train: {program()} fit -c 'out dir/labelled.yaml'" in text
    assert lines[-2:] == ["  extends: a", "  data: b"]


def test_what_cannot_be_done_is_not_advised() -> None:
    assert "on these images alone" in suggest_report(_suggested(with_labelled=False), "a", "text")
    without = suggest_report(_suggested(is_whole=False), "a", "text")
    assert "the section data of out dir/labelled.yaml" in without
    assert "fit" not in without
    several = suggest_report(_suggested(experiment=""), "a", "text")
    assert "files for each class" in several
    assert "labelled.yaml" not in several


def test_markdown_is_a_table_and_json_holds_everything() -> None:
    text = suggest_report(_suggested(), "best.ckpt", "markdown")
    assert r"| 2 | p/2\|.png | 0.500 | 0.250 |" in text
    assert "```yaml\nextends: a\ndata: b\n```" in text
    record = json.loads(suggest_report(_suggested(), "best.ckpt", "json"))
    assert (record["output"], len(record["suggestions"]), record["images"]) == ("out dir", 12, 40)
    assert record["experiment"] == "extends: a\ndata: b\n"
    assert json.loads(suggest_report(_suggested(experiment=""), "a", "json"))["experiment"] is None
