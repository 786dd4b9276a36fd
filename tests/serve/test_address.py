import socket

import pytest

from segcli.config.errors import ConfigError
from segcli.serve.address import address_of, is_loopback, is_number, listen


def test_a_free_port_is_found_and_told() -> None:
    with listen("127.0.0.1", 0) as found:
        port = found.getsockname()[1]
        assert address_of(found) == f"http://127.0.0.1:{port}"
        with socket.create_connection(("127.0.0.1", port)):
            pass


def test_all_addresses_are_told_by_the_name_of_the_machine() -> None:
    with listen("0.0.0.0", 0) as found:
        assert address_of(found).startswith(f"http://{socket.gethostname()}:")


def test_a_port_in_use_is_told_with_another_that_works() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port} of 127.0.0.1 is in use; --port {port + 1} .*--port 0"):
            listen("127.0.0.1", port)


def test_a_port_may_be_used_again_at_once() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = first.accept()
            accepted.close()
            client.recv(1)
    listen("127.0.0.1", port).close()


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("no.such.host.invalid", "no host that is known here"),
        ("192.0.2.1", "no address of this machine; leave it out"),
        ("a" * 300, "no host"),
    ],
)
def test_a_wrong_host_is_told(host: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        listen(host, 0)


def test_loopback_is_known() -> None:
    assert [host for host in ("localhost", "127.0.0.1", "127.9.9.9", "::1") if not is_loopback(host)] == []
    assert [host for host in ("0.0.0.0", "::", "10.0.0.1", "gpu7", "localhost.example") if is_loopback(host)] == []
    assert not is_number("localhost")
