import re
import shutil
from collections.abc import Callable
from pathlib import Path

import segcli
from segcli.config.compose import compose
from segcli.config.files import Revision
from segcli.config.library import Library
from segcli.experiment.model_cost import cost_of


def parameters(said: str) -> float:
    found = re.match(r"([\d.]+) M parameters, [\d.]+ GFLOPs per image of 32x32", said)
    assert found, said
    return float(found[1])


def test_a_wider_decoder_costs_more(tiny: Path) -> None:
    small = cost_of(compose([tiny]))
    assert parameters(cost_of(compose([tiny], ["--model.decoder.pyramid_channels", "256"]))) > parameters(small)


def test_a_model_that_cannot_be_built_says_why(tiny: Path) -> None:
    said = cost_of(compose([tiny], ["--model.decoder.segmentation_channels", "33"]))
    assert said.startswith("not built (model.decoder: ")


def test_a_revision_is_built_with_its_own_code(tiny: Path, git: Callable[..., str]) -> None:
    """The working tree doubles a default that the experiment does not state."""
    tiny.write_text(tiny.read_text().replace("pyramid_channels: 32, ", ""))
    shutil.copytree(Path(segcli.__file__).parent, "segcli", ignore=shutil.ignore_patterns("__pycache__"))
    git("add", "-A")
    git("commit", "--quiet", "-m", "Start")
    today = parameters(cost_of(compose([tiny])))
    fpn = Path("segcli/decoders/fpn.py")
    fpn.write_text(fpn.read_text().replace("pyramid_channels: int = 256", "pyramid_channels: int = 64"))
    git("commit", "--quiet", "-a", "-m", "Narrower")
    fpn.write_text(fpn.read_text() + "# changed since\n")
    assert parameters(cost_of(compose([tiny], library=Library(Revision("main"))))) < today


def test_code_that_fails_at_a_revision_is_told(tiny: Path, git: Callable[..., str]) -> None:
    """At its import, before that of torch: it is done at once."""
    init = Path("segcli/__init__.py")
    init.parent.mkdir()
    init.write_text("raise ValueError('not yet written')\n")
    git("add", "-A")
    git("commit", "--quiet", "-m", "Start")
    init.write_text("")
    said = cost_of(compose([tiny], library=Library(Revision("main"))))
    assert said == "not built with the code of main (ValueError: not yet written)"
