from pathlib import Path

from segcli.inspection.check_data import check_data
from tests.inspection.data import data_in, labels, scene, the_only, write, write_data


def test_a_class_absent_from_train_is_an_error_and_from_val_a_warning(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    for name in "abcd":
        write(folder, "train", name, scene(ord(name)), labels(values=(0, 1)))
    finding = the_only(check_data(data_in(folder)), "class-absent-from-train")
    assert (finding.severity, finding.message) == ("error", "train has no pixel of car")

    folder = write_data(tmp_path / "other")
    for name in "ef":
        write(folder, "val", name, scene(ord(name)), labels(values=(0, 2)))
    report = check_data(data_in(folder))
    finding = the_only(report, "class-absent-from-val")
    assert (finding.severity, finding.message) == ("warning", "val has no pixel of tree")
    assert report.count("error") == 0


def test_one_class_nearly_everywhere_is_a_warning_and_weights_are_a_note(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    rare = labels(values=(0,))
    rare[0, :3] = (1, 1, 2)
    for name in "abcd":
        write(folder, "train", name, scene(ord(name)), rare)
    report = check_data(data_in(folder))
    finding = the_only(report, "one-class")
    assert (finding.severity, finding.message) == ("warning", "99.9% of the pixels of train are ground")
    note = the_only(report, "uneven-classes")
    assert note.severity == "note"
    assert "class_weights: enet would weigh them from 0.0" in note.advice
    assert "(car)" in note.advice
