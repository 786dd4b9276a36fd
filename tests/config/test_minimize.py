from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from segcli.config.compose import compose
from segcli.config.dumper import dump_standalone
from segcli.config.errors import ConfigError
from segcli.config.minimize import minimize

Write = Callable[[str, str], Path]


@pytest.fixture
def minimized(write: Write) -> Callable[..., str]:
    """Minimize a text, and see that it composes to the same."""

    def _minimized(text: str, base: str = "{}") -> str:
        write("base.yaml", base)
        file = write("x.yaml", text)
        before = compose([file], checked=False).plain()
        result = minimize(file)
        assert file.read_text() == dedent(text)
        file.write_text(result.text)
        assert repr(compose([file], checked=False).plain()) == repr(before)
        return result.text

    return _minimized


def test_what_a_parent_says_goes_and_the_rest_stays_as_written(minimized: Callable[..., str]) -> None:
    base = "trainer: {max_epochs: 7, precision: bf16-mixed}\ndata: {class_path: ShapesDataModule, batch_size: 4}"
    text = """
        # An experiment.
        extends: base.yaml
        trainer:
          precision: "bf16-mixed"  # the same
          # how long
          max_epochs:   8   # more
        data: {batch_size: 4, image_size: 0x20}  # small
    """
    left = """
        # An experiment.
        extends: base.yaml
        trainer:
          # how long
          max_epochs:   8   # more
        data: {image_size: 0x20}  # small
    """
    assert minimized(text, base) == dedent(left)


def test_a_variable_of_the_environment_stays_whatever_its_value(
    minimized: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RATE", "0.5")
    text = "extends: base.yaml\nmodel: {optimizer: {lr: '${oc.env:RATE}'}}\n"
    assert minimized(text, "model: {optimizer: {lr: 0.5}}") == text
    assert minimized(text, "model: {optimizer: {lr: '${oc.env:RATE}'}}") == "extends: base.yaml\n"


def test_a_mapping_that_says_nothing_new_goes_with_its_key(minimized: Callable[..., str]) -> None:
    assert minimized("seed_everything: 1\nmodel:\n  decoder: FPN\n  loss: CrossEntropyLoss\n") == "seed_everything: 1\n"
    assert minimized("trainer: {max_epochs: 50}\n") == ""
    assert minimized("{trainer: {max_epochs: 50}}\n") == "{}\n"


def test_values_that_are_equal_but_of_another_type_stay(minimized: Callable[..., str]) -> None:
    text = "extends: base.yaml\nrun:\n  a: 1.0\n  b: true\n  c: '1'\n"
    assert minimized(text, "run: {a: 1, b: 1, c: 1}") == text


def test_extends_stays_even_where_it_adds_nothing(minimized: Callable[..., str]) -> None:
    text = "extends: base.yaml\nmodel:\n  extends: base.yaml\n"
    assert minimized(text) == text


def test_tags_and_appended_keys_stay_where_they_matter(minimized: Callable[..., str]) -> None:
    base = "trainer: {profiler: simple, callbacks: [ModelSummary]}\nrun: {a: {b: 1, c: 2}}"
    text = "extends: base.yaml\ntrainer: {profiler: !del , callbacks+: [EarlyStopping]}\nrun: {a: !replace {b: 1}}\n"
    assert minimized(text, base) == text


def test_a_variable_stays_while_something_uses_it(minimized: Callable[..., str]) -> None:
    used = 'vars: {n: 3}\ntrainer: {max_steps: "${vars.n}"}\n'
    assert minimized(used) == used


def test_a_variable_goes_with_its_last_user(minimized: Callable[..., str]) -> None:
    text = 'vars: {n: 50}\ntrainer: {max_epochs: "${vars.n}"}\nseed_everything: 4\n'
    assert minimized(text) == "seed_everything: 4\n"


def test_a_flattened_file_shrinks_to_what_is_new(write: Write, minimized: Callable[..., str]) -> None:
    flat = dump_standalone(
        compose([write("y.yaml", "seed_everything: 5\nmodel: {optimizer: {lr: 1}}")], checked=False).root
    )
    assert flat.count("\n") > 30
    left = "seed_everything: 5\nmodel:\n  optimizer:\n    init_args:\n      lr: 1\n"
    assert minimized(flat) == left


def test_defaults_none_stays_where_the_defaults_would_add_something(minimized: Callable[..., str]) -> None:
    text = "defaults: none\nmodel: {decoder: FPN}\n"
    assert minimized(text) == text


def test_what_was_dropped_names_who_says_the_same(write: Write) -> None:
    write("base.yaml", "\nvars: {n: 3}\nrun: {a: '${vars.n}', b: [1, {c: 2}]}")
    text = """
        extends: base.yaml
        vars: {n: 3}
        run: {b: [1, {c: 2}]}
        model: {loss: CrossEntropyLoss, decoder: {init_args: {}}}
    """
    dropped = minimize(write("x.yaml", text)).dropped
    assert [(d.key, d.value, str(d.source)) for d in dropped] == [
        ("run.b", [1, {"c": 2}], "base.yaml:3"),
        ("model.loss", "CrossEntropyLoss", "segcli/defaults.yaml:7"),
        ("model.decoder.init_args", {}, "None"),
        ("vars.n", 3, "base.yaml:2"),
    ]


def test_keys_inside_lists_are_looked_at(minimized: Callable[..., str]) -> None:
    text = "trainer:\n  callbacks:\n    - class_path: ModelSummary\n      init_args: {}\n"
    assert minimized(text) == "trainer:\n  callbacks:\n    - class_path: ModelSummary\n"


def test_what_an_alias_needs_stays(minimized: Callable[..., str]) -> None:
    text = "trainer: {max_epochs: &n 50, max_steps: *n}\n"
    assert minimized(text) == text


def test_a_file_with_mistakes_is_refused(write: Write) -> None:
    with pytest.raises(ConfigError, match="key stands twice"):
        minimize(write("x.yaml", "a: 1\na: 1"))
    with pytest.raises(ConfigError, match=r"no value refers to \$\{vars.n\}"):
        minimize(write("x.yaml", "vars: {n: 1}"))


def test_no_file_is_left_behind(write: Write) -> None:
    file = write("x.yaml", "trainer: {max_epochs: 50}")
    minimize(file)
    assert list(file.parent.iterdir()) == [file]
