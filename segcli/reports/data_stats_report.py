"""What a data set holds, and how it is written."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from segcli.config.escape import markdown, markdown_table, visible
from segcli.config.tables import line_width, text_table
from segcli.inspection.statistics import DataStatistics, SplitStatistics
from segcli.inspection.statistics_table import COLUMNS, about_split, class_row


def data_stats_report(statistics: DataStatistics, form: str) -> str:
    """Return what there is as text, markdown or json."""
    return {"text": _text, "markdown": _markdown, "json": _json}[form](statistics)


def _text(statistics: DataStatistics) -> str:
    parts: list[str] = []
    for split in statistics.splits:
        table = text_table(_rows(split), COLUMNS, indent=2, width=line_width())
        parts += [*([""] if parts else []), *map(visible, about_split(split)), *table]
    return "\n".join(parts)


def _markdown(statistics: DataStatistics) -> str:
    parts: list[str] = []
    for split in statistics.splits:
        table = markdown_table(COLUMNS, (map(markdown, row) for row in _rows(split)))
        parts += [*([""] if parts else []), *map(markdown, about_split(split)), "", *table]
    return "\n".join(parts)


def _rows(split: SplitStatistics) -> Sequence[tuple[str, ...]]:
    return [class_row(one) for one in split.classes]


def _json(statistics: DataStatistics) -> str:
    record = asdict(statistics)
    for split in record["splits"]:
        split["sizes"] = [
            {"height": height, "width": width, "images": images} for (height, width), images in split["sizes"].items()
        ]
    return json.dumps(record, indent=2)
