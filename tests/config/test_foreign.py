from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segcli.config import trust
from segcli.config.compose import compose
from segcli.config.foreign import find_foreign, is_known, without
from segcli.config.library import installed
from segcli.registry import FAMILIES
from tests.conftest import working_directory

Write = Callable[[str, str], Path]
CLASS = "class Mine:\n    def __init__(self, cmd: str = '') -> None:\n        open('ran', 'w').close()\n"


@pytest.fixture
def module(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A module of the author's, which leaves a file behind when it is imported."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return write("theirs.py", f"open('imported', 'w').close()\n{CLASS}")


def _names() -> Iterator[str]:
    library = installed()
    for family in FAMILIES.values():
        for name in library.options(family):
            if name[0].isupper() and (path := library.class_path(name, family)):
                yield path


def test_every_class_with_a_short_name_is_known() -> None:
    strangers = [path for path in _names() if not is_known(path, installed()) and installed().signature(path)]
    assert strangers == []


@pytest.mark.parametrize(
    "path",
    [
        *("os.system", "subprocess.run", "subprocess.Popen", "builtins.exec", "torch.load", "torch.hub.load"),
        *("torch.nn.os.system", "torch.optim.optimizer.os.system", "pytorch_lightning.callbacks.os.system"),
        *("torch.nn.modules.module.functools.partial", "segcli.config.files.Revision", "theirs.Mine", "antigravity.x"),
        *("albumentations.core.composition.random.Random", "pytorch_lightning.trainer.trainer.Trainer"),
    ],
)
def test_what_no_registry_names_is_foreign(module: Path, path: str) -> None:
    assert not is_known(path, installed())


PLACES = [
    "model: {decoder: {class_path: theirs.Mine}}",
    "model: {backbone: {class_path: theirs.Mine}}",
    "model: {loss: {class_path: WeightedSum, terms: [{class_path: theirs.Mine}]}}",
    "model: {optimizer: theirs.Mine}",
    "model: {schedule: theirs.Mine}",
    "model: {backbone: {backbone_kwargs: {act_layer: theirs.Mine}}}",
    "trainer: {callbacks: [{class_path: LambdaCallback, on_fit_start: theirs.Mine}]}",
    "trainer: {callbacks: [{class_path: LambdaCallback, on_fit_start: {class_path: theirs.Mine}}]}",
    "trainer: {callbacks: [{class_path: theirs.Mine}, ModelSummary]}",
    "trainer: {callbacks: theirs.Mine}",
    "trainer: {logger: theirs.Mine}",
    "trainer: {strategy: theirs.Mine}",
    "trainer: {strategy: {class_path: theirs.Mine}}",
    "trainer: {profiler: {class_path: theirs.Mine}}",
    "trainer: {plugins: [{class_path: theirs.Mine}]}",
]
DATA = [
    "data: theirs.Mine",
    "data: {class_path: ShapesDataModule, train_transforms: [theirs.Mine, HorizontalFlip]}",
    "data: {class_path: ShapesDataModule, train_transforms: [{class_path: Lambda, image: theirs.Mine}]}",
    "data: {class_path: ShapesDataModule, train_transforms: [{class_path: OneOf, transforms: [theirs.Mine]}]}",
]


@pytest.mark.parametrize("text", [f"data: ShapesDataModule\n{line}" for line in PLACES] + DATA)
def test_it_is_found_and_left_out_wherever_it_stands(module: Path, write: Write, text: str) -> None:
    experiment = compose([write("x.yaml", text)], checked=False)
    foreign = find_foreign(experiment)
    assert [each.name for each in foreign] == ["theirs.Mine"]
    assert str(foreign[0].source).startswith("x.yaml:")
    tree, _ = without(experiment, foreign)
    assert "theirs" not in str(tree)
    assert not Path("imported").exists()


def test_what_is_needed_is_filled_in_with_what_is_known(module: Path, write: Write) -> None:
    experiment = compose([write("x.yaml", "data: theirs.Mine\nmodel: {decoder: theirs.Mine}")], checked=False)
    tree, filled = without(experiment, find_foreign(experiment))
    assert filled == {"data", "model.decoder"}
    assert tree["model"]["decoder"]["class_path"].endswith("FPN")


def test_the_environment_and_remote_models_are_foreign_to_strangers(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "sk_live")
    lines = ["data: {class_path: FolderDataModule, root: '${oc.env:SECRET}', classes: ['${oc.decode:x}-${vars.a}']}"]
    lines += ["vars: {r: oc.env, a: 1}", "run: {name: '${${vars.r}:SECRET}', root: 'runs-${vars.a}'}"]
    lines += ["model: {backbone: {name: 'hf-hub:somebody/model'}}"]
    file = write("x.yaml", "\n".join(lines))
    with working_directory(tmp_path), trust.limited():
        experiment = compose([file])
        assert "sk_live" not in str(experiment.plain())
        assert experiment.get("data.root") == "${oc.env:SECRET}"
        assert experiment.get("run.root") == "runs-1"
        found = {each.key for each in find_foreign(experiment)}
    assert found == {"data.root", "data.classes.0", "run.name", "model.backbone.name"}
