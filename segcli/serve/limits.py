"""What a server takes on at most."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of a request, and of all together.

    Attributes:
        max_pixels: Height times width of an image.
        max_bytes: Of its file.
        queue: Images that wait while one is predicted; others are refused.
        timeout_s: Seconds that a body may take to arrive, and that an image may wait before it is predicted.
    """

    max_pixels: int = 25_000_000
    max_bytes: int = 25 * 2**20
    queue: int = 8
    timeout_s: float = 30.0

    def record(self) -> dict[str, float]:
        """Return them as JSON holds them."""
        return asdict(self)
