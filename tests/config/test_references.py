import random

import pytest
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from segcli.config.references import NUMBERED, Piece, Reference, last_part, written_out

TEXTS = ["abc", "1", "true", "null", "a b", "p,q", "it's", 'say "x"', "\\", "C:\\dir\\", "x${y}z", "\\${y}", "{a}", "}"]
TEXTS += ["[1", "'", '"', "\\'", "", "/data/x-1", "é", "a:b", "$", "${", " lead", "1e3", "a\nb", '\\\\"', "=x", "%"]
PARTS = [
    "\x010\x02",
    "\x011\x02",
    "${oc.env:T}",
    "${oc.env:NO,\x010\x02}",
    "${oc.env:NO,'q \x010\x02 z'}",
    "x",
    "/",
    "'",
]
PARTS += [
    '${oc.env:NO,"q \x011\x02"}',
    "${oc.env:\x012\x02}",
    "\\\\",
    "a\\${b}",
    "${oc.env:NO,a\x010\x02}",
    '"',
    "{",
    "}",
]
PARTS += [
    "${oc.env:NO,${oc.env:NO2,\x011\x02}}",
    "${oc.env:NO,\"${oc.env:NO2,'\x010\x02'}\"}",
    " ",
    "${oc.env:NO,'\\\\\x010\x02'}",
]


def _evaluated(template: str, texts: list[str]) -> object:
    """Return what OmegaConf makes of a template with texts in its holes; not set where it is no interpolation."""
    config = OmegaConf.create({"value": "", "texts": texts}, flags={"allow_objects": True})
    config["value"] = NUMBERED.sub(r"${texts[\1]}", template)
    return config["value"]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_written_out_has_the_same_value(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", "secret 'x' \"y\"")
    monkeypatch.setenv("ab", "nested")
    draw, tried = random.Random(seed), 0
    while tried < 60:
        texts = [text.replace("${", "") for text in draw.choices(TEXTS, k=2)] + ["ab"]
        template = "".join(draw.choices(PARTS, k=draw.randint(1, 4)))
        try:
            wanted = _evaluated(template, texts)
        except OmegaConfBaseException:
            continue
        assert _evaluated(Reference(written_out(template, texts), ()).text, []) == wanted
        tried += 1


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("template", ["\x010\x02${oc.env:T}", "${oc.env:NO,\x010\x02}", "${oc.env:NO,'a \x010\x02'}"])
def test_any_text_can_be_written_out(text: str, template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", "value")
    wanted = {"\x010\x02${oc.env:T}": f"{text}value", "${oc.env:NO,\x010\x02}": text}.get(template, f"a {text}")
    assert _evaluated(Reference(written_out(template, [text]), ()).text, []) == wanted


def test_a_reference_stands_within_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", "value")
    inner = Reference((Piece("a-"), Piece("${oc.env:T}", is_open=True)), ("T",))
    assert Reference(written_out("x/\x010\x02", [inner]), ()).text == "x/a-${oc.env:T}"
    assert _evaluated(Reference(written_out("${oc.env:NO,\x010\x02}", [inner]), ()).text, []) == "a-value"


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("/data/${oc.env:T}", "${oc.env:T}"),
        ("${oc.env:T}/camvid", "camvid"),
        ("${oc.env:T,/data/x}", "${oc.env:T}"),
        ("${oc.env:T,/data/x}/camvid/", "camvid"),
    ],
)
def test_the_last_part_of_a_path_has_no_part_of_a_default(text: str, last: str) -> None:
    assert last_part(text) == last
