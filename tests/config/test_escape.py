import shlex
import subprocess

import pytest

from segcli.config.escape import code, command, fenced, markdown, page, plain, visible

NASTY = 'a|b`c`<img src=x>@octocat [x](http://e.org) www.e.org #12 *b* \x1b[31m\u202e\r\n\x00"&amp;'


def test_nothing_that_a_terminal_acts_on_is_left() -> None:
    assert visible(NASTY).isprintable()
    assert visible("Grün, 肺, é · ±") == "Grün, 肺, é · ±"
    assert visible("\x1b[2J\u202e\n") == "\\x1b[2J\\u202e\\n"
    assert plain("one\n\ttwo\x07") == "one\n\ttwo\\x07"


def test_nothing_of_a_value_is_markup() -> None:
    shown = markdown(NASTY)
    assert "\n" not in shown
    for part in ("<img", "@", "[x](", "://", "www.", " #12"):
        assert part not in shown
    assert "a\\|b\\`c\\`" in shown
    assert markdown("data.batch_size 8 → 16 [1, 2]") == "data.batch_size 8 → 16 [1, 2]"


@pytest.mark.parametrize(("text", "span"), [("a", "`a`"), ("a|b", "`a\\|b`"), ("a`b", "`` a`b ``"), ("\n", "`\\n`")])
def test_code_ends_where_it_should(text: str, span: str) -> None:
    assert code(text) == span


def test_a_page_gets_no_elements() -> None:
    assert page('<script>"\x1b') == "&lt;script&gt;&quot;\\x1b"


def test_a_block_of_code_ends_where_it_should() -> None:
    assert fenced("a\n") == "```\na\n```"
    assert fenced("a\n```\n<b>\x1b", "yaml") == "````yaml\na\n```\n<b>\\x1b\n````"


def test_a_command_that_is_shown_can_be_typed() -> None:
    words = ["printf", r"%s\0", "runs/a b", "it's \x1b[2J\u202e\n\x85é\U000e0001\\", "\udcff", "plain"]
    assert visible(command(words)) == command(words)
    done = subprocess.run(["bash", "-c", command(words)], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert done.stdout.decode(errors="surrogateescape").split("\0")[:-1] == words[2:]
    assert command(["fit", "a b"]) == shlex.join(["fit", "a b"])
