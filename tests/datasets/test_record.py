from pathlib import Path

from segcli.datasets.record import MaskFile, Record, paired, with_class_files

A, B = Path("a.png"), Path("b.png")


def test_files_are_those_that_there_are() -> None:
    assert paired([(A, B)])[0].files == [A, B]
    (found,) = with_class_files([(A, [None, B])], ["x", "y"])
    assert found == Record("a", A, (MaskFile(None, "x"), MaskFile(B, "y")))
    assert found.files == [A, B]
