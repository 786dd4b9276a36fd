import json

from segcli.inspection.finding import DataReport, Finding
from segcli.reports.data_check_report import MOST_FILES, data_check_report

FILES = tuple(f"train: {number}.png" for number in range(MOST_FILES + 3))
REPORT = DataReport(
    {"train": 12, "val": 3},
    [Finding("error", "files", "2 files are <bad>", "mend | them", FILES), Finding("note", "image-sizes", "two sizes")],
)


def test_text_names_the_first_files_and_counts_the_others() -> None:
    lines = data_check_report(REPORT, "text").splitlines()
    assert lines[0] == "error: 2 files are <bad>"
    assert lines[1 : MOST_FILES + 1] == [f"  {file}" for file in FILES[:MOST_FILES]]
    assert lines[MOST_FILES + 1] == "  and 3 more: --format json"
    assert lines[MOST_FILES + 2] == "  -> mend | them"
    assert lines[-2:] == ["note: two sizes", "images: train 12, val 3. 1 error, 0 warnings, 1 note."]


def test_markdown_is_a_list_without_markup_of_values() -> None:
    text = data_check_report(REPORT, "markdown")
    assert text.startswith("- **error**: 2 files are &lt;bad&gt;; mend \\| them\n  - train: 0.png\n")
    assert text.endswith("- **note**: two sizes\n\nimages: train 12, val 3. 1 error, 0 warnings, 1 note.")


def test_json_holds_all() -> None:
    record = json.loads(data_check_report(REPORT, "json"))
    assert record["counts"] == {"error": 1, "warning": 0, "note": 1}
    assert record["images"] == {"train": 12, "val": 3}
    assert record["findings"][0]["files"] == list(FILES)
    assert record["findings"][1] == {
        "severity": "note",
        "kind": "image-sizes",
        "message": "two sizes",
        "advice": "",
        "files": [],
    }


def test_without_findings_there_is_a_line() -> None:
    expected = "images: train 1. 0 errors, 0 warnings, 0 notes."
    assert [data_check_report(DataReport({"train": 1}, []), form) for form in ("text", "markdown")] == [expected] * 2
