from dataclasses import replace
from pathlib import Path

import pytest

from segcli.datasets.hugging_face import TableCell
from segcli.datasets.listing import Listing, require_once, require_records
from segcli.datasets.record import Record
from segcli.sample import DataError


class Own(Listing):
    """A listing of a user's own."""

    def images(self) -> list[Record]:
        return [Record("a", Path("a.png"))]


def test_all_images_are_records_unless_a_listing_says_more() -> None:
    own = Own(Path())
    assert own.records() == own.images()
    own.check_settings()


def test_a_file_is_in_a_data_set_once() -> None:
    require_once([Path("a"), Path("b")], "it")
    with pytest.raises(DataError, match="it names a twice"):
        require_once([Path("a"), Path("b"), Path("a")], "it")


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], "the listing Own found no images below data; correct data.root or data.listing"),
        (["a.png"], "the listing Own returned something else than a list of records"),
        (None, "the listing Own returned something else"),
        ([Record("a", Path("a.png")), Record("b", Path("a.png"))], r"the listing Own names a\.png twice"),
    ],
)
def test_what_is_no_list_of_records_is_refused(found: list[Record], message: str) -> None:
    with pytest.raises(DataError, match=message):
        require_records(found, Own(Path("data")))


def test_names_are_given_once() -> None:
    found = [Record("a", Path("x/a.png")), Record("a", Path("y/a.png"))]
    with pytest.raises(DataError, match=r"Own calls two images 'a', x/a\.png and y/a\.png; rename one of these files"):
        require_records(found, Own(Path("data")))
    of_splits = [replace(record, split=split) for record, split in zip(found, ("train", "val"), strict=True)]
    assert require_records(of_splits, Own(Path("data"))) == of_splits


@pytest.mark.parametrize("files", [1, 2, 3])
@pytest.mark.parametrize("packed", [0, 1, 2, 3])
def test_all_files_of_an_image_lie_inside_others_or_none(files: int, packed: int) -> None:
    cells = tuple(TableCell(Path("a.parquet"), str(number), "image", number) for number in range(packed))
    more = tuple(Path(f"{number}.png") for number in range(1, files))
    found = [Record("a", Path("0.png"), more=more, packed=cells)]
    if packed in (0, files):
        assert require_records(found, Own(Path("data"))) == found
    else:
        with pytest.raises(DataError, match=rf"0\.png has {files} files, image and more, and {packed} in packed"):
            require_records(found, Own(Path("data")))


@pytest.mark.parametrize("packed", [None, Path("a.png"), (Path("a.png"),), TableCell(Path("a.parquet"), "0", "x", 0)])
def test_what_is_packed_is_a_tuple_of_such(packed: object) -> None:
    found = [Record("a", Path("a.png"), packed=packed)]  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"packed of a\.png is no tuple of PackedFile"):
        require_records(found, Own(Path("data")))
