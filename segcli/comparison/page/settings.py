"""The section of the page that shows in which settings the groups differ."""

from segcli.comparison.comparison import Comparison
from segcli.comparison.page.elements import Html, element, section, table
from segcli.comparison.page.summary import pairs_of


def settings(comparison: Comparison) -> Html:
    """Return a table of the keys that differ from the best group, with the values of the groups."""
    rows = setting_rows(comparison)
    if not rows:
        return section("Settings", "settings", element("p", "The experiments differ in nothing but the seed."))
    labels = [group.label for group in comparison.groups]
    body = [
        (element("code", key), *(element("code", values[label]) if label in values else "" for label in labels))
        for key, values in rows.items()
    ]
    caption = f"Settings that differ from those of {labels[0]}"
    if any(len(values) < len(labels) for values in rows.values()):
        caption += "; an empty cell: as there, or of no meaning for this group"
    return section("Settings", "settings", table(caption, ("Key", *labels), body, range(len(labels) + 1)))


def setting_rows(comparison: Comparison) -> dict[str, dict[str, str]]:
    """Return, for every key in which a group differs from the best, the values by label of those that differ there."""
    rows: dict[str, dict[str, str]] = {}
    best = comparison.groups[0].label
    for pair in pairs_of(comparison, best):
        for key, first, second in pair.settings:
            rows.setdefault(key, {}).update({pair.first: first, pair.second: second})
    return rows
