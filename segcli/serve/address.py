"""Where a server listens."""

import errno
import ipaddress
import socket

from segcli.config.errors import ConfigError, Problem

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: Name or number, of IP version 4 or 6.
        port: 0 for any that is free.

    Raises:
        ConfigError: If there is no such host here, the port is in use, or not for everybody.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise ConfigError([Problem(f"--host got {host}, which is no host that is known here")]) from None
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a server that has ended keeps its port a minute
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError as error:
        found.close()
        raise ConfigError([Problem(_told(host, port, error))]) from None
    return found


def address_of(listening: socket.socket) -> str:
    """Return the address that a browser opens, such as ``http://127.0.0.1:8000``."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(
        host, f"[{host}]" if ":" in host else host
    )
    return f"http://{shown}:{port}"


def is_loopback(host: str) -> bool:
    """Return whether only this machine can ask at a host."""
    return host.lower() == "localhost" or (is_number(host) and ipaddress.ip_address(host).is_loopback)


def is_number(name: str) -> bool:
    """Return whether a host is an address of IP version 4 or 6."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _told(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; --port {_next(port)} takes another, --port 0 any that is free"
    if error.errno == errno.EACCES:
        return f"port {port} is not for everybody; --port 8000, or another above 1023, is"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host got {host}, which is no address of this machine; leave it out for this machine only"
    return f"cannot listen on {host}, port {port}: {error.strerror or error}"


def _next(port: int) -> int:
    return port + 1 if port < 65535 else 8000
