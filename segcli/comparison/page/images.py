"""The section of the page that shows the images which each group segments worst."""

from collections.abc import Mapping

from segcli.comparison.comparison import Comparison, Group
from segcli.comparison.figures import score
from segcli.comparison.group_counts import GroupCounts
from segcli.comparison.page.elements import Html, element, joined, section
from segcli.comparison.worst_images import WorstImage, data_uri, median_run, most_pictures, worst_images
from segcli.runs.unreadable_run import UnreadableRunError


def images(comparison: Comparison, counts: Mapping[str, GroupCounts]) -> Html:
    """Return the worst images of every group's median run, with the scores that other groups have on them.

    Args:
        comparison: What was found.
        counts: Of the validation images of every group, by its label.
    """
    explained = (
        "Image, truth and prediction of the validation images with the lowest mIoU, of the run of each group whose "
        "value is the median. Scores of other groups are means over their runs."
    )
    most = most_pictures(comparison.groups)
    groups = [_of_group(group, counts, most) for group in comparison.groups]
    return section("Worst images", "images", element("p", explained), *groups)


def _of_group(group: Group, counts: Mapping[str, GroupCounts], most: int) -> Html:
    run = median_run(group)
    heading = element("h3", group.label, element("small", f" run {run.name}"))
    try:
        found = worst_images(run)
    except UnreadableRunError as error:
        return joined([heading, element("p", f"{run.name} {error}.")])
    if not found:
        return joined([heading, element("p", f"{run.name} has no worst images.")])
    shown = [_picture(image, group.label, counts) for image in found[:most]]
    return joined([heading, element("div", *shown, class_="images")])


def _picture(image: WorstImage, label: str, counts: Mapping[str, GroupCounts]) -> Html:
    words = f"{image.name}: image, truth and prediction of {label}"
    try:
        shown = element("img", src=data_uri(image.picture), alt=words, loading="lazy")
    except (OSError, ValueError) as error:
        shown = element("p", f"{image.picture.name} cannot be read: {type(error).__name__}.")
    others = [
        joined([f"{other}: ", score(each.image_scores.get(image.name))])
        for other, each in counts.items()
        if other != label
    ]
    own = joined([element("strong", image.name), " ", element("span", f"{label}: {score(image.score)}", class_="own")])
    caption = joined([own, *(element("span", each) for each in others)], " ")
    return element("figure", shown, element("figcaption", caption))
