"""Who may ask: which names of the host, which pages, with which token."""

import re
import secrets
import socket
from dataclasses import dataclass

from starlette.requests import Request

from segcli.serve.address import is_number
from segcli.serve.request_error import RequestError

_PORT = re.compile(r":\d{1,5}$")
_OTHER_SITES = ("cross-site", "same-site")


@dataclass(frozen=True)
class Access:
    """What is asked of those who ask.

    Attributes:
        host: That is listened on.
        token: That they have to know; None for none.
    """

    host: str
    token: str | None = None

    def check_host(self, request: Request) -> None:
        """Refuse names that others may have pointed at this machine, where no token protects it.

        A number is none: a page from elsewhere has a name as its origin.

        Raises:
            RequestError: If the header Host has such a name.
        """
        name = _PORT.sub("", request.headers.get("host", "")).strip("[]").rstrip(".").lower()
        known = {"localhost", self.host.lower(), socket.gethostname().lower()}
        if self.token is None and name not in known and not is_number(name):
            raise RequestError(
                421, f"Host got {name[:80]!r}, which is no name of this server: {', '.join(sorted(known))}."
            )

    def check_caller(self, request: Request) -> None:
        """Refuse requests without the token, and those that a page of another site makes.

        Raises:
            RequestError: If it is such a request.
        """
        if request.headers.get("sec-fetch-site") in _OTHER_SITES:
            raise RequestError(403, "Pages of other sites may not ask this server.")
        if self.token is None:
            return
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        is_right = secrets.compare_digest(given.strip().encode(), self.token.encode())
        if kind.lower() != "bearer" or not is_right:
            what = "The token is wrong." if given else "A token is needed: the header Authorization: Bearer TOKEN."
            raise RequestError(401, what, {"WWW-Authenticate": "Bearer"})
