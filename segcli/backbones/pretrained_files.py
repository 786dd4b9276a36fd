"""Files of pretrained weights that timm names: from the cache, or from the network if that answers within seconds.

Hugging Face's client tries a network that is not there for the better part of a minute before it gives up, even for
files in its cache. So the cache is looked into first, and of what is not in it one question is asked, within a time
limit, before a download begins.
"""

import os
import queue
import textwrap
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from filelock import FileLock
from huggingface_hub import constants, get_hf_file_metadata, hf_hub_download, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, OfflineModeIsEnabled
from torch.hub import download_url_to_file, get_dir

LIMIT_S = 4.0
"""Seconds within which the network must answer, unless the environment sets ``HF_HUB_ETAG_TIMEOUT``."""
_HUB = "hf-hub:"
_WEIGHTS, _SAFE_WEIGHTS = "pytorch_model.bin", "model.safetensors"
_NO_HEAD = (405, 501)
_WIDEST = 120


def with_local_files(name: str, pretrained: bool) -> str:
    """Return the name of a model as timm finds it without a network: ``hf-hub:owner/model`` as a folder of the cache.

    Args:
        name: Model, with or without a source.
        pretrained: Whether its weights are wanted, or its description alone.

    Raises:
        OSError: If a file is neither in the cache nor to be downloaded; the message says why.
    """
    if not name.startswith(_HUB):
        return name
    repository, _, revision = name.removeprefix(_HUB).partition("@")
    description = _from_hub(repository, ["config.json"], revision or None)
    if pretrained:
        _from_hub(repository, [_SAFE_WEIGHTS, _WEIGHTS], revision or None)
    return f"local-dir:{description.parent}"


def weights_file(config: Mapping[str, Any]) -> Path | None:
    """Return the file of weights that timm would download.

    Args:
        config: What timm notes of the weights: ``hf_hub_id``, ``url`` and more.

    Returns:
        None where timm names none, or one that lies on disk already.

    Raises:
        OSError: If it is neither in the cache nor to be downloaded; the message says why.
    """
    if config.get("file") or config.get("state_dict") or config.get("source") in ("hf-hub", "local-dir"):
        return None
    if config.get("hf_hub_id"):
        repository, _, revision = str(config["hf_hub_id"]).partition("@")
        return _from_hub(repository, list(_candidates(config.get("hf_hub_filename") or _WEIGHTS)), revision or None)
    return _from_url(config["url"]) if config.get("url") else None


def _candidates(filename: str) -> Iterator[str]:
    """Yield a file's names, those that hold no code first, as timm tries them."""
    if filename == _WEIGHTS:
        yield _SAFE_WEIGHTS
    elif filename.endswith(".bin"):
        yield f"{filename.removesuffix('.bin')}.safetensors"
    yield filename


def _from_hub(repository: str, filenames: list[str], revision: str | None) -> Path:
    for filename in filenames:
        cached = try_to_load_from_cache(repository, filename, revision=revision)
        if isinstance(cached, str):
            return Path(cached)
    for filename in filenames:
        url = hf_hub_url(repository, filename, revision=revision, endpoint=constants.ENDPOINT)
        if isinstance(_answer(url, partial(get_hf_file_metadata, url, timeout=_limit_s())), EntryNotFoundError):
            continue
        try:
            return Path(hf_hub_download(repository, filename, revision=revision))
        except Exception as error:  # of whichever library the client builds upon
            raise OSError(_reason(error, url)) from None
    raise OSError(f"{urlsplit(constants.ENDPOINT).netloc} has no {' or '.join(filenames)} of {repository}")


def _from_url(url: str | tuple[str, str]) -> Path:
    address, filename = (url, Path(urlsplit(url).path).name) if isinstance(url, str) else url
    target = Path(get_dir()) / "checkpoints" / filename
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):  # processes of one job download it once
        if not target.is_file():
            _answer(address, partial(_head, address))
            try:
                download_url_to_file(address, str(target))
            except Exception as error:  # of the network, the disk, or a hash that does not fit
                raise OSError(_reason(error, address)) from None
    return target


def _head(url: str) -> None:
    try:
        urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=_limit_s()).close()
    except urllib.error.HTTPError as error:
        if error.code not in _NO_HEAD:
            raise


def _answer(url: str, ask: Callable[[], object]) -> object:
    """Return the answer to one question, that a repository has no such file included; or raise why there is none.

    In a thread, since the resolution of a name has no time limit of its own.
    """
    answers: queue.Queue[object] = queue.Queue()

    def work() -> None:
        try:
            answers.put(ask())
        except Exception as error:
            answers.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        answer = answers.get(timeout=_limit_s())
    except queue.Empty:
        answer = TimeoutError()
    if isinstance(answer, Exception) and not isinstance(answer, EntryNotFoundError):
        raise OSError(_reason(answer, url)) from None
    return answer


def _reason(error: Exception, url: str) -> str:
    """Say in a few words why there is no file."""
    host = urlsplit(url).netloc
    if isinstance(error, OfflineModeIsEnabled):
        return f"they are not in the cache {constants.HF_HUB_CACHE}, and HF_HUB_OFFLINE is set"
    if isinstance(error, HfHubHTTPError) and getattr(error, "response", None) is not None:
        return f"{host} answered {error.response.status_code} for {urlsplit(url).path}"
    if isinstance(error, urllib.error.HTTPError):
        return f"{host} answered {error.code} for {urlsplit(url).path}"
    if isinstance(error, TimeoutError) or "timeout" in type(error).__name__.lower():
        return f"{host} did not answer within {_limit_s():g} s; HF_HUB_ETAG_TIMEOUT sets how long to wait"
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return f"no connection to {host}: {textwrap.shorten(line, _WIDEST)}"


def _limit_s() -> float:
    return float(os.environ.get("HF_HUB_ETAG_TIMEOUT") or LIMIT_S)
