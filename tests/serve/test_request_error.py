from segcli.serve.request_error import RequestError


def test_it_holds_what_is_answered() -> None:
    error = RequestError(503, "Later.", {"Retry-After": "1"})
    assert (error.status, str(error), error.headers) == (503, "Later.", {"Retry-After": "1"})
    assert RequestError(400, "No.").headers == {}
