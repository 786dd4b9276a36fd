"""Pretrained weights come from the cache at once, from a hub that answers, or end in one error within seconds."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import timm
import torch
from huggingface_hub import close_session, constants
from safetensors.torch import save_file

from segcli.backbones import pretrained_files
from segcli.backbones.pretrained_files import weights_file, with_local_files
from segcli.backbones.timm_backbone import TimmBackbone
from tests.backbones.hub import Hub, serving

MODEL = "test_resnet"
REPOSITORY = "timm/test_resnet.r160_in1k"
REMEDIES = r"--model.backbone.weights FILE, .*--model.backbone.pretrained false"
MOST_S = 5.0


@pytest.fixture(scope="module")
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return timm.create_model(MODEL, pretrained=False).state_dict()


@pytest.fixture(scope="module")
def folder(weights: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the hub has: a model of timm, and one of somebody else's with a description."""
    folder = tmp_path_factory.mktemp("hub")
    own = folder / "me" / "mine"
    for place in (folder / REPOSITORY, own):
        place.mkdir(parents=True)
        save_file(weights, place / "model.safetensors")
    config = {"architecture": MODEL, "num_classes": 1000, "pretrained_cfg": {"tag": "x", "mean": [0.1, 0.2, 0.3]}}
    (own / "config.json").write_text(json.dumps(config))
    torch.save(weights, folder / "plain.pth")
    return folder


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Make an address the hub's, with an empty cache."""
    proxies = ("http_proxy", "https_proxy", "all_proxy")
    for name in (*proxies, *map(str.upper, proxies), "HF_HUB_ETAG_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(pretrained_files, "LIMIT_S", 0.5)
    close_session()

    def _use(url: str) -> None:
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")

    yield _use
    close_session()


def test_weights_are_downloaded_once_and_then_need_no_network(
    use: Callable[[str], None], folder: Path, weights: dict[str, torch.Tensor]
) -> None:
    with serving(folder) as hub:
        use(hub.url)
        first = TimmBackbone(MODEL)
        assert hub.downloads == [f"/{REPOSITORY}/resolve/main/model.safetensors"]
    ours = first.model.state_dict()
    torch.testing.assert_close(ours, {key: weights[key] for key in ours})
    begun = time.monotonic()
    again = TimmBackbone(MODEL, in_channels=4)  # the hub is gone
    assert time.monotonic() - begun < MOST_S / 2
    torch.testing.assert_close(again.model.state_dict()["bn1.weight"], weights["bn1.weight"])


def test_a_model_with_a_description_of_its_own(use: Callable[[str], None], folder: Path) -> None:
    with serving(folder) as hub:
        use(hub.url)
        assert TimmBackbone("hf-hub:me/mine", pretrained=False).mean == (0.1, 0.2, 0.3)
        assert hub.downloads == ["/me/mine/resolve/main/config.json"]
        first = TimmBackbone("hf-hub:me/mine").model.state_dict()
    with_local_files("hf-hub:me/mine", pretrained=True)
    torch.testing.assert_close(TimmBackbone("hf-hub:me/mine").model.state_dict(), first)


def test_an_older_file_of_torch_serves_where_there_is_no_other(
    use: Callable[[str], None], tmp_path: Path, weights: dict[str, torch.Tensor]
) -> None:
    (tmp_path / REPOSITORY).mkdir(parents=True)
    torch.save(weights, tmp_path / REPOSITORY / "pytorch_model.bin")
    with serving(tmp_path) as hub:
        use(hub.url)
        TimmBackbone(MODEL)
    file = weights_file({"hf_hub_id": REPOSITORY})
    assert file is not None
    assert file.name == "pytorch_model.bin"


def test_an_address_of_its_own(use: Callable[[str], None], folder: Path, weights: dict[str, torch.Tensor]) -> None:
    with serving(folder) as hub:
        use("http://127.0.0.1:9")
        place = {"url": f"{hub.url}/plain.pth", "hf_hub_id": None}
        TimmBackbone(MODEL, backbone_kwargs={"pretrained_cfg_overlay": place})
    again = TimmBackbone(MODEL, backbone_kwargs={"pretrained_cfg_overlay": place}).model.state_dict()
    assert hub.downloads == ["/plain.pth"]
    torch.testing.assert_close(again, {key: weights[key] for key in again})


def _refusing(_hub: Hub, use: Callable[[str], None], _monkeypatch: pytest.MonkeyPatch) -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        use(f"http://127.0.0.1:{free.getsockname()[1]}")
    return "no connection to 127.0.0.1"


def _hanging(hub: Hub, use: Callable[[str], None], _monkeypatch: pytest.MonkeyPatch) -> str:
    hub.status = 0
    use(hub.url)
    return r"did not answer within 0.5 s; HF_HUB_ETAG_TIMEOUT"


def _name_server_hanging(_hub: Hub, use: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: time.sleep(20))
    use("https://huggingface.co")
    return r"huggingface.co did not answer within 0.5 s"


def _forbidding(hub: Hub, use: Callable[[str], None], _monkeypatch: pytest.MonkeyPatch) -> str:
    hub.status = 403
    use(hub.url)
    return rf"answered 403 for /{REPOSITORY}/"


def _unavailable(hub: Hub, use: Callable[[str], None], _monkeypatch: pytest.MonkeyPatch) -> str:
    hub.status = 503
    use(hub.url)
    return "answered 503"


def _not_a_hub(hub: Hub, use: Callable[[str], None], _monkeypatch: pytest.MonkeyPatch) -> str:
    hub.status = 404
    use(hub.url)
    return "answered 404"


def _empty_hub(hub: Hub, use: Callable[[str], None], _monkeypatch: pytest.MonkeyPatch) -> str:
    hub.folder = hub.folder / "nothing"
    use(hub.url)
    return rf"has no model.safetensors or pytorch_model.bin of {REPOSITORY}"


def _proxy(hub: Hub, use: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, status: int = 403) -> str:
    hub.status = status
    monkeypatch.setenv("https_proxy", hub.url)
    use("https://huggingface.co")
    return rf"no connection to huggingface.co: {status}"


def _proxy_404(hub: Hub, use: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> str:
    return _proxy(hub, use, monkeypatch, 404)


def _offline(hub: Hub, use: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> str:
    use(hub.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return "not in the cache .*cache, and HF_HUB_OFFLINE is set"


NETWORKS = [
    *(_refusing, _hanging, _name_server_hanging, _forbidding, _unavailable, _not_a_hub, _empty_hub),
    *(_proxy, _proxy_404, _offline),
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_without_a_network_there_is_one_error_within_seconds(
    network: Callable[..., str], use: Callable[[str], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(folder) as hub:
        reason = network(hub, use, monkeypatch)
        begun = time.monotonic()
        with pytest.raises(OSError, match=rf"TimmBackbone got no pretrained weights for {MODEL}: .*{reason}") as caught:
            TimmBackbone(MODEL)
        assert time.monotonic() - begun < MOST_S
        with pytest.raises(OSError, match=r"whose description is not to be had"):
            TimmBackbone("hf-hub:me/mine", pretrained=False)
    message = str(caught.value)
    assert "--model.backbone.weights FILE" in message
    assert "--model.backbone.pretrained false" in message
    assert "\n" not in message
    assert caught.value.__suppress_context__


def test_an_address_that_hangs(use: Callable[[str], None], folder: Path) -> None:
    with serving(folder, status=0) as hub:
        use(hub.url)
        place = {"url": f"{hub.url}/plain.pth", "hf_hub_id": None}
        with pytest.raises(OSError, match=rf"did not answer within 0.5 s.*{REMEDIES}"):
            TimmBackbone(MODEL, backbone_kwargs={"pretrained_cfg_overlay": place})


def test_what_was_downloaded_in_part_is_not_taken(use: Callable[[str], None], folder: Path) -> None:
    with serving(folder) as hub:
        use(hub.url)
        TimmBackbone(MODEL)
    (blob,) = (path for path in Path(constants.HF_HUB_CACHE).rglob("blobs/*") if path.is_file())
    blob.rename(f"{blob}.incomplete")
    with pytest.raises(OSError, match="no connection to"):
        TimmBackbone(MODEL)


def test_a_damaged_file_of_the_cache_is_named(use: Callable[[str], None], folder: Path) -> None:
    with serving(folder) as hub:
        use(hub.url)
        TimmBackbone(MODEL)
    (blob,) = (path for path in Path(constants.HF_HUB_CACHE).rglob("blobs/*") if path.is_file())
    blob.write_bytes(blob.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=rf"if .*model.safetensors is damaged, remove it; .*{REMEDIES}"):
        TimmBackbone(MODEL)


def test_processes_of_one_job_download_once(use: Callable[[str], None], folder: Path) -> None:
    with serving(folder) as hub:
        use(hub.url)
        place = {"url": f"{hub.url}/plain.pth", "hf_hub_id": None}
        threads = [
            threading.Thread(target=weights_file, args=(config,)) for config in [place, {"hf_hub_id": REPOSITORY}] * 4
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(hub.downloads) == ["/plain.pth", f"/{REPOSITORY}/resolve/main/model.safetensors"]


def test_the_environment_sets_how_long_to_wait(
    use: Callable[[str], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_ETAG_TIMEOUT", "0.2")
    with serving(folder, status=0) as hub:
        use(hub.url)
        with pytest.raises(OSError, match=r"did not answer within 0.2 s"):
            weights_file({"hf_hub_id": REPOSITORY})


@pytest.mark.slow
def test_the_limit_leaves_time_to_say_so(
    use: Callable[[str], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    with serving(folder, status=0) as hub:
        place = {"url": f"{hub.url}/other.pth", "hf_hub_id": None}
        begun = time.monotonic()
        with pytest.raises(OSError, match=r"did not answer within 4 s"):
            TimmBackbone(MODEL, backbone_kwargs={"pretrained_cfg_overlay": place})
        assert time.monotonic() - begun < MOST_S


@pytest.mark.parametrize(
    "config", [{}, {"file": "x"}, {"state_dict": {"x": 1}}, {"hf_hub_id": "a/b", "source": "local-dir"}]
)
def test_nothing_is_fetched_where_timm_names_no_place_or_one_on_disk(config: dict[str, object]) -> None:
    assert weights_file(config) is None
    assert with_local_files("resnet18.a1_in1k", pretrained=True) == "resnet18.a1_in1k"


@pytest.mark.slow
def test_ranks_that_start_together_download_once(folder: Path, tmp_path: Path) -> None:
    code = f"from segcli.backbones.timm_backbone import TimmBackbone; TimmBackbone({MODEL!r})"
    with serving(folder) as hub:
        place = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "no_proxy": "127.0.0.1"}
        ranks = [subprocess.Popen([sys.executable, "-c", code], env={**os.environ, **place}) for _ in range(3)]
        assert [rank.wait(300) for rank in ranks] == [0, 0, 0]
    assert hub.downloads == [f"/{REPOSITORY}/resolve/main/model.safetensors"]
