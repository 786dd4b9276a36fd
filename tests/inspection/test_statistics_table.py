from segcli.inspection.statistics import ClassStatistics
from segcli.inspection.statistics_table import COLUMNS, about_split, class_row
from tests.inspection.made_statistics import make_statistics


def test_a_row_says_all_of_a_class() -> None:
    split = make_statistics("sky", "car").splits[0]
    assert class_row(split.classes[1]) == ("car", "10.00%", "1,000", "1", "1", "20", "1 to 3,000")
    assert class_row(split.classes[0]) == ("sky", "0.00%", "0", "0", "0", "–", "–")  # noqa: RUF001
    assert class_row(ClassStatistics("x", 0, None, 0, None))[1] == "–"  # noqa: RUF001
    assert len(COLUMNS) == 7


def test_sizes_and_channels_are_told() -> None:
    assert about_split(make_statistics("sky").splits[0]) == [
        "train: 5 images of 64 x 48, 40 x 30 px, 12.5% of the pixels ignored",
        "channels from 0 to 1: mean 0.500, standard deviation 0.250",
    ]
