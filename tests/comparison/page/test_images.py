from pathlib import Path

from segcli.comparison.group_counts import GroupCounts
from segcli.comparison.page.images import images
from segcli.comparison.worst_images import median_run, worst_images
from tests.comparison.made_comparison import make_comparison


def test_pictures_are_inside_with_the_scores_of_the_other_groups(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path)
    counts = {group.label: GroupCounts.of(group, "val") for group in comparison.groups}
    found = images(comparison, counts)
    assert found.count('src="data:image/webp;base64,') == 4
    assert 'alt="003.png: image, truth and prediction of FPN"' in found
    own = f"{worst_images(median_run(comparison.groups[0]))[0].score:.3f}"
    other = f"{counts['UNet'].image_scores['003.png']:.3f}"
    assert (
        f'<strong>003.png</strong> <span class="own">FPN: {own}</span> <span>UNet: {other}</span></figcaption>' in found
    )
    assert f"run {median_run(comparison.groups[0]).name}" in found


def test_runs_without_pictures_have_a_sentence(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, labels=("FPN",), worst=False)
    assert "has no pictures of its worst images." in images(comparison, {})


def test_a_damaged_picture_does_not_hide_the_others(tmp_path: Path) -> None:
    comparison = make_comparison(tmp_path, labels=("FPN",), runs=1)
    worst = comparison.groups[0].runs[0].path / "worst"
    (worst / "01.png").write_bytes(b"no picture")
    found = images(comparison, {"FPN": GroupCounts((), None, {}, ())})
    assert "01.png cannot be read" in found
    assert found.count("<img") == 1
