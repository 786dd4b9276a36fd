from segcli.inspection.finding import DataReport, Finding


def test_findings_are_counted_by_severity() -> None:
    report = DataReport({}, [Finding("error", "a", ""), Finding("note", "b", ""), Finding("error", "c", "")])
    assert [report.count(severity) for severity in ("error", "warning", "note")] == [2, 0, 1]


def test_added_findings_are_put_in_order() -> None:
    report = DataReport({"train": 1}, [Finding("error", "a", ""), Finding("note", "b", "")])
    added = report.with_findings([Finding("warning", "c", ""), Finding("error", "d", "")])
    assert [finding.kind for finding in added.findings] == ["a", "d", "c", "b"]
    assert added.images == {"train": 1}
