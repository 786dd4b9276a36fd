from collections.abc import Sequence
from pathlib import Path

import pytest

from segcli.cli.main import main
from segcli.datamodules.class_names import require_class_names
from segcli.sample import DataError

FOLDER = "data: {{class_path: FolderDataModule, root: d, {}}}"
LABELS = "data: {{class_path: MultilabelFolderDataModule, root: d, {}}}\nmodel: {{task: multilabel}}"


@pytest.mark.parametrize(
    "names", [["", "a"], ["a", "  "], ["a", "\t\n"], ["a", "b", "a"], ["a", "a "], ["é", "e\u0301"]]
)
def test_names_that_are_blank_or_read_alike_are_refused(names: Sequence[str]) -> None:
    with pytest.raises(DataError, match=r"^data\.classes got "):
        require_class_names(names, "data.classes")


def test_other_names_are_free() -> None:
    require_class_names(["road", "Road", "road 2", "0", "名"], "data.classes")


@pytest.mark.parametrize("verb", [["check"], ["fit", "-c"]])
@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        (FOLDER.format("\n  classes: ['', b]"), "data.classes", "''"),
        (FOLDER.format("\n  classes: [a, b, a]"), "data.classes", "the name 'a' for classes 0 and 2"),
        (FOLDER.format("\n  mask_values: {0: a, 1: ' '}"), "data.mask_values", "' '"),
        (FOLDER.format("\n  classes: [a, b, a], mask_values: {0: a, 1: b}"), "data.classes", "the name 'a'"),
        (LABELS.format("\n  classes: [a, ' ']"), "data.classes", "' '"),
        (LABELS.format("\n  classes: [a, a]"), "data.classes", "['a', 'a'], expected"),
    ],
)
def test_it_is_one_error_with_its_line(
    text: str,
    key: str,
    reason: str,
    verb: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("x.yaml").write_text(text + "\n", encoding="utf-8")
    assert main([*verb, "x.yaml"]) == 2
    told = "".join(capsys.readouterr())
    assert f"error: {key}: got {reason}" in told
    assert "--> x.yaml:2" in told
    assert told.count("error: ") == 1
