from dataclasses import replace
from pathlib import Path

import pytest

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
    with pytest.raises(DataError, match="the listing Own calls two images 'a'; give each a name of its own"):
        require_records(found, Own(Path("data")))
    of_splits = [replace(record, split=split) for record, split in zip(found, ("train", "val"), strict=True)]
    assert require_records(of_splits, Own(Path("data"))) == of_splits
