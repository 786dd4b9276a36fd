import pytest
from starlette.requests import Request

from segcli.serve.access import Access
from segcli.serve.request_error import RequestError


def _request(**headers: str) -> Request:
    pairs = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": pairs})


@pytest.mark.parametrize("name", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "10.0.0.7", "localhost."])
def test_own_names_and_numbers_are_let_in(name: str) -> None:
    Access("127.0.0.1").check_host(_request(host=name))


@pytest.mark.parametrize("name", ["", "evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "::1x"])
def test_names_that_others_may_have_made_are_refused(name: str) -> None:
    with pytest.raises(RequestError, match="no name of this server") as caught:
        Access("127.0.0.1").check_host(_request(host=name))
    assert caught.value.status == 421


def test_the_name_that_is_listened_on_is_let_in_and_any_where_a_token_is_asked() -> None:
    Access("gpu7.example").check_host(_request(host="gpu7.example:8000"))
    Access("0.0.0.0", "secret").check_host(_request(host="models.example"))


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer x", "Basic secret", "secret", "Bearer secret2", "Bearer sécret"]
)
def test_a_wrong_token_is_refused(given: str) -> None:
    with pytest.raises(RequestError, match="token") as caught:
        Access("0.0.0.0", "secret").check_caller(_request(authorization=given) if given else _request())
    assert caught.value.status == 401
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}


def test_the_right_token_is_let_in() -> None:
    Access("0.0.0.0", "secret").check_caller(_request(authorization="bearer secret"))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_other_sites_are_refused(site: str) -> None:
    with pytest.raises(RequestError, match="other sites"):
        Access("127.0.0.1").check_caller(_request(sec_fetch_site=site))
