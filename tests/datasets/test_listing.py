from pathlib import Path

from segcli.datasets.listing import Listing
from segcli.datasets.record import Record


class Own(Listing):
    """A listing of a user's own."""

    root, has_masks, split_name = Path(), True, "nothing"

    def images(self) -> list[Record]:
        return [Record("a", Path("a.png"))]


def test_all_images_are_records_unless_a_listing_says_more() -> None:
    assert Own().records() == Own().images()
