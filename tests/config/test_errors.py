import time

import pytest

from segcli.config.errors import MAX_OPTIONS, ConfigError, Problem, did_you_mean
from segcli.config.node import Source


def test_a_problem_says_what_where_and_options() -> None:
    problem = Problem("is wrong", "a.b", Source("x.yaml", 3), Source("y.yaml", 1), ("p", "q"))
    assert str(problem) == "error: a.b: is wrong\n  --> x.yaml:3  (over y.yaml:1)\n  options: p, q"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (Source("--a.b"), "  --> --a.b on the command line"),
        (Source("the mapping given"), "  --> the mapping given"),
        (Source("x.ckpt"), "  --> x.ckpt"),
    ],
)
def test_only_a_flag_is_on_the_command_line(source: Source, line: str) -> None:
    assert str(Problem("is wrong", source=source)).splitlines()[1] == line


def test_a_notebook_shows_lines_and_no_traceback_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ConfigError([Problem("is wrong", "a.b", Source("x.yaml", 3))])
    assert error._render_traceback_() == ["error: a.b: is wrong", "  --> x.yaml:3"]
    monkeypatch.setenv("SEGCLI_TRACEBACK", "1")
    with pytest.raises(ConfigError) as caught:
        raise error
    assert caught.value._render_traceback_()[0] == "Traceback (most recent call last):"


def test_long_lists_of_options_are_cut() -> None:
    text = str(Problem("x", options=tuple(str(n) for n in range(MAX_OPTIONS + 5))))
    assert text.endswith("and 5 more")


def test_several_problems_are_counted() -> None:
    assert str(ConfigError([Problem("a"), Problem("b")])) == "error: a\nerror: b\n2 errors. Nothing was run."
    assert str(ConfigError([Problem("a")])) == "error: a"


def test_suggestions_ignore_case_and_keep_quiet_when_nothing_is_near() -> None:
    assert did_you_mean("unet", ["FPN", "UNet"]) == " (did you mean 'UNet'?)"
    assert did_you_mean("zzz", ["FPN", "UNet"]) == ""


def test_a_suggestion_is_found_for_a_long_path_and_soon_among_very_many() -> None:
    folder = "/home/somebody/experiments/of/a/long/project/that/fills/a/line/of/text/runs"
    assert did_you_mean(f"{folder}/camvit", [f"{folder}/camvid"]) == f" (did you mean '{folder}/camvid'?)"
    names = [f"{folder}/{number:06}.yaml" for number in range(100_000)]
    began = time.process_time()
    did_you_mean(f"{folder}/x.yaml", names)
    assert time.process_time() - began < 2
