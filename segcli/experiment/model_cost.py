"""What the model of an experiment costs, also with the code of another revision."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from segcli.config import trust
from segcli.config.compose import Experiment
from segcli.config.files import Revision
from segcli.config.foreign import find_foreign
from segcli.experiment.meta_build import ModelCost, measure_model
from segcli.experiment.parts import PartError

_MEASURE = """
import dataclasses, json, sys
from segcli.experiment.meta_build import measure_model
print(json.dumps(dataclasses.asdict(measure_model(json.load(sys.stdin)))))
"""


def cost_of(experiment: Experiment) -> str:
    """Return parameters, and floating-point operations per image, of an experiment's model; or why it is not built.

    With the code of a revision that differs from the one on disk, the model is built in a process of its own.
    """
    files = experiment.library.files
    if trust.is_limited() and (foreign := find_foreign(experiment)):
        return f"not built ({foreign[0].key}: {foreign[0].name} is not among the registries)"
    if isinstance(files, Revision) and any(path.suffix == ".py" for path in files.changed):
        if trust.is_limited():
            return f"not built (the code of {files.name} is another; {trust.OWN_CODE} runs it)"
        return _cost_at(experiment, files)
    try:
        return _said(measure_model(experiment.expanded()))
    except PartError as error:
        return f"not built ({error.key}: {error})"


def _cost_at(experiment: Experiment, revision: Revision) -> str:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for path in revision.below(revision.top, (".py",)):
            copy = folder / path.relative_to(revision.top)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(revision.read_text(path), encoding="utf-8")
        tree = json.dumps(experiment.expanded())
        command = [sys.executable, "-c", _MEASURE]
        done = subprocess.run(command, cwd=folder, input=tree, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
        return f"not built with the code of {revision.name} ({reason})"
    return _said(ModelCost(**json.loads(done.stdout.splitlines()[-1])))


def _said(cost: ModelCost) -> str:
    batch, _, height, width = cost.input_shape
    per_image = cost.flops / batch / 1e9
    return f"{cost.parameters / 1e6:.2f} M parameters, {per_image:.2f} GFLOPs per image of {height}x{width}"
