"""Numbers of channels, layers and the like that a decoder is given."""

from collections.abc import Sequence


def expect_at_least_one(decoder: str, **counts: int | Sequence[int] | None) -> None:
    """Refuse counts below 1, with which torch builds layers that hold nothing.

    Args:
        decoder: Its name, for the message.
        counts: Numbers, or lists of them, by the argument that gave them; None was not given.

    Raises:
        ValueError: If one is below 1, or a list is empty.
    """
    for argument, given in counts.items():
        if given is None:
            continue
        numbers = (given,) if isinstance(given, int) else given
        if not numbers or min(numbers) < 1:
            expected = "at least 1" if isinstance(given, int) else "a list of numbers, each at least 1"
            raise ValueError(f"{decoder} got {argument} {given}, expected {expected}; leave it out for the usual.")
