"""Why a request is refused: a status of HTTP, and words."""

from collections.abc import Mapping


class RequestError(Exception):
    """A request that is not answered as it asks.

    Args:
        status: Of HTTP, 400 to 599.
        message: What is wrong, and what to do.
        headers: Of the answer.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})
