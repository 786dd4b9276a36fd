from pathlib import Path

from segcli.inspection.check_data import check_data
from tests.inspection.data import data_in, scene, the_only, write, write_data


def test_several_sizes_are_a_note(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    write(folder, "val", "z", scene(50, 30, 40))
    finding = the_only(check_data(data_in(folder)), "image-sizes")
    assert finding.severity == "note"
    assert "2 sizes, from 40 x 30 to 64 x 48 px; 6 of 7 are 64 x 48 px" in finding.message
