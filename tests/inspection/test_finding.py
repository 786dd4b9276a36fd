from segcli.inspection.finding import DataReport, Finding


def test_findings_are_counted_by_severity() -> None:
    report = DataReport({}, [Finding("error", "a", ""), Finding("note", "b", ""), Finding("error", "c", "")])
    assert [report.count(severity) for severity in ("error", "warning", "note")] == [2, 0, 1]
