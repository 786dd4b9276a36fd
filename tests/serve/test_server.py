import http.client
import signal
import subprocess
import sys
from pathlib import Path

CODE = """
from tests.serve.conftest import Brightest
from segcli.inference.inference_settings import InferenceSettings
from segcli.serve.access import Access
from segcli.serve.address import address_of, listen
from segcli.serve.application import Application
from segcli.serve.examples import Examples
from segcli.serve.limits import Limits
from segcli.serve.served_model import ServedModel
from segcli.serve.server import run_server

predictor, limits = Brightest(), Limits()
model = ServedModel(predictor, InferenceSettings(), (), {}, limits)
with listen("127.0.0.1", 0) as listening:
    print(address_of(listening), flush=True)
    run_server(Application(model, Access("127.0.0.1"), Examples(None, predictor, limits)), listening)
print("ended")
"""


def test_the_interrupt_key_ends_it_quietly() -> None:
    root = Path(__file__).parents[2]
    words = [sys.executable, "-c", f"import signal; signal.signal(signal.SIGINT, signal.default_int_handler){CODE}"]
    started = subprocess.Popen(words, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
    assert started.stdout is not None
    address = started.stdout.readline().strip()
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    connection.request("GET", "/health")
    assert connection.getresponse().read() == b'{"status": "ok"}'
    connection.close()
    started.send_signal(signal.SIGINT)
    told, complaints = started.communicate(timeout=30)
    assert (started.returncode, told, complaints) == (0, "ended\n", "")
