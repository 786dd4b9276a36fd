import base64
import io
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segcli.inference.inference_settings import InferenceSettings
from segcli.serve.limits import Limits
from tests.serve.conftest import CLASSES, Brightest, Client, encoded, photo, running
from tests.serve.made_files import png_header

JSON = "application/json"


def test_a_prediction_is_a_png_of_class_indices(client: Client) -> None:
    reply = client.predict(encoded(photo()))
    assert reply.status == 200
    assert reply.headers["content-type"] == "image/png"
    assert reply.headers["x-segcli-size"] == "40x60"
    assert float(reply.headers["x-segcli-milliseconds"]) > 0
    assert reply.picture.mode == "P"
    assert np.array_equal(np.array(reply.picture), photo().argmax(-1))
    assert reply.picture.convert("RGB").getpixel((59, 0)) == (0, 200, 0)


def test_json_tells_shares_and_confidence(client: Client) -> None:
    found = client.predict(encoded(photo()), "?confidence=1&picture=1", Accept=JSON).json
    assert [each["name"] for each in found["classes"]] == list(CLASSES)
    assert [each["pixels"] for each in found["classes"]] == [800, 800, 800]
    assert (found["height"], found["width"]) == (40, 60)
    labels = np.array(Image.open(io.BytesIO(base64.b64decode(found["labels"]))))
    assert np.array_equal(labels, photo().argmax(-1))
    sure = np.array(Image.open(io.BytesIO(base64.b64decode(found["confidence"]))))
    assert (sure == 200).all()
    assert np.array_equal(np.array(Image.open(io.BytesIO(base64.b64decode(found["picture"])))), photo())
    plain = client.predict(encoded(photo()), Accept=JSON).json
    assert "confidence" not in plain
    assert "picture" not in plain


def test_info_tells_classes_and_limits(client: Client) -> None:
    found = client.get("/info").json
    assert found["classes"][1] == {"name": "red <b>", "colour": "#c80000"}
    assert found["confidence"] is True
    assert found["limits"]["max_pixels"] == 25_000_000
    assert found["sha256"] == {"best.ckpt": "0123"}
    assert client.get("/health").json == {"status": "ok"}


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/none", "GET", 404), ("/predict", "GET", 405), ("/examples/0", "GET", 404), ("/examples/../x", "GET", 404)],
)
def test_other_addresses_are_told_in_words(client: Client, path: str, method: str, status: int) -> None:
    reply = client.ask(method, path)
    assert reply.status == status
    assert reply.error.endswith(".")


def test_every_answer_forbids_the_browser_what_it_does_not_need(client: Client) -> None:
    replies = [client.get("/"), client.get("/info"), client.predict(encoded(photo())), client.predict(b"")]
    for reply in replies:
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in reply.headers
        assert "server" not in reply.headers


def test_the_script_has_a_nonce_of_its_own_each_time(client: Client) -> None:
    policies = [client.get("/").headers["content-security-policy"] for _ in range(2)]
    assert policies[0] != policies[1]
    nonce = policies[0].partition("nonce-")[2].partition("'")[0]
    assert nonce not in client.get("/").content.decode()
    assert "unsafe-inline" not in policies[0]


def test_many_images_at_once_are_answered_or_sent_away() -> None:
    predictor = Brightest()
    with running(predictor, Limits(queue=3)) as client:
        predictor.seconds = 0.05
        codes = Counter(_at_once(client, 40))
        assert codes[200] >= 4
        assert set(codes) == {200, 503}
        predictor.seconds = 0
        assert client.predict(encoded(photo())).status == 200


def test_who_is_sent_away_is_told_when_to_come_back() -> None:
    with _busy(Limits(queue=0)) as client:
        away = client.predict(encoded(photo()))
    assert away.status == 503
    assert away.headers["retry-after"] == "1"
    assert "try again" in away.error


def test_who_waits_too_long_is_told() -> None:
    with _busy(Limits(timeout_s=0.2)) as client:
        assert client.predict(encoded(photo())).status == 504


def test_nothing_is_predicted_for_who_has_left() -> None:
    predictor = Brightest()
    with _busy(Limits(), predictor) as client:
        before, body = predictor.begun, encoded(photo())
        with socket.create_connection(("127.0.0.1", client.port)) as left:
            left.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            time.sleep(0.1)
    assert predictor.begun == before


@contextmanager
def _busy(limits: Limits, predictor: Brightest | None = None) -> Iterator[Client]:
    """Yield a client of a server that predicts an image for a second."""
    predictor = predictor or Brightest()
    with running(predictor, limits) as client:
        predictor.seconds, before = 1.0, predictor.begun
        first = threading.Thread(target=client.predict, args=[encoded(photo())])
        first.start()
        while predictor.begun == before and first.is_alive():
            time.sleep(0.01)
        yield client
        first.join()


def _at_once(client: Client, number: int) -> list[int]:
    body, codes = encoded(photo()), []
    threads = [threading.Thread(target=lambda: codes.append(client.predict(body).status)) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == number
    return codes


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_large_file_is_refused_although_it_is_being_sent(in_parts: bool) -> None:
    with running(Brightest(), Limits(max_bytes=2**20)) as client:
        body = (bytes(2**18) for _ in range(7)) if in_parts else bytes(7 * 2**18)
        reply = client.predict(body)
    assert reply.status == 413
    assert "at most 1 MiB" in reply.error


def test_pixels_beyond_the_limit_are_refused_before_they_are_decoded(client: Client) -> None:
    reply = client.predict(png_header(50_000, 50_000))
    assert reply.status == 413
    assert "25,000,000" in reply.error


def test_a_fault_of_the_program_is_told_as_such() -> None:
    predictor = Brightest()
    with running(predictor) as client:
        predictor.fault = KeyError("secret")
        reply = client.predict(encoded(photo()))
        assert reply.status == 500
        assert "secret" not in reply.error
        predictor.fault = RuntimeError("DefaultCPUAllocator: can't allocate memory")
        assert client.predict(encoded(photo())).status == 413
        predictor.fault = None
        assert client.predict(encoded(photo())).status == 200


def test_the_token_opens_all_but_page_and_health() -> None:
    with running(Brightest(), token="s3cret-s3cret-s3cret") as client:
        assert client.get("/").status == 200
        assert client.get("/health").status == 200
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret-s3cret-s3cret"}):
            assert client.get("/info", **headers).status == 401
            assert client.predict(encoded(photo()), **headers).status == 401
        assert client.predict(encoded(photo()), Authorization="Bearer s3cret-s3cret-s3cret").status == 200


def test_other_names_of_the_host_are_refused(client: Client) -> None:
    for path in ("/", "/info", "/health"):
        assert client.get(path, Host="evil.example:8000").status == 421
    assert client.predict(encoded(photo()), Host="evil.example").status == 421
    assert client.get("/info", Host="localhost:8000").status == 200


def test_pages_of_other_sites_are_refused(client: Client) -> None:
    assert client.predict(encoded(photo()), **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert client.predict(encoded(photo()), **{"Sec-Fetch-Site": "same-origin"}).status == 200
    assert client.get("/", **{"Sec-Fetch-Site": "cross-site"}).status == 200  # a link


def test_several_labels_per_pixel_are_masks() -> None:
    with running(Brightest("multilabel")) as client:
        found = client.predict(encoded(photo()), "?confidence=1").json
        assert len(found["masks"]) == len(found["confidence"]) == 3
        masks = [np.array(Image.open(io.BytesIO(base64.b64decode(each)))) for each in found["masks"]]
        assert np.array_equal(np.stack(masks), np.moveaxis(photo() > 127, -1, 0))
        reply = client.predict(encoded(photo()), Accept="image/png")
        assert reply.status == 406
        assert "several classes" in reply.error


def test_a_model_without_probabilities_says_so() -> None:
    with running(Brightest(is_sure=False)) as client:
        about = client.get("/info").json
        assert about["confidence"] is False
        assert about["tta"] == []
        assert "confidence" not in client.predict(encoded(photo()), "?confidence=1", Accept=JSON).json
        reply = client.predict(encoded(photo()), "?tta=hflip")
        assert reply.status == 400
        assert "labels only" in reply.error


def test_large_images_go_through_in_tiles() -> None:
    with running(Brightest(), settings=InferenceSettings(tile=64)) as client:
        reply = client.predict(encoded(photo(200, 300)), Accept=JSON)
        assert reply.json["tile"] == 64
        labels = np.array(Image.open(io.BytesIO(base64.b64decode(reply.json["labels"]))))
        assert np.array_equal(labels, photo(200, 300).argmax(-1))


def test_examples_are_offered(tmp_path: Path) -> None:
    for name in ("b.png", "a.png"):
        Image.fromarray(photo()).save(tmp_path / name)
    with running(Brightest(), examples=tmp_path) as client:
        assert client.get("/info").json["examples"] == 2
        assert client.get("/examples/0").content == (tmp_path / "a.png").read_bytes()
        small = client.get("/examples/1/thumbnail")
        assert small.headers["content-type"] == "image/jpeg"
        assert small.picture.size == (60, 40)
        assert client.get("/examples/2").status == 404
