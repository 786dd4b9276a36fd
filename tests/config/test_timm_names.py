from pathlib import Path

import timm

from segcli.config.files import Files
from segcli.config.library import installed
from segcli.config.timm_names import TimmModel, read_timm_models

SOURCE = """
from ._registry import register_model, generate_default_cfgs


def _cfg(url='', **kwargs):
    return {'url': url, **kwargs}


def _hub_cfg(**kwargs):
    return _cfg(hf_hub_id='timm/', **kwargs)


default_cfgs = generate_default_cfgs({
    'net_10.untrained': _cfg(),
    'net_10.first': _cfg(hf_hub_id='timm/'),
    'net_10.default*': _cfg('https://example.org/net.pth'),
    # 'net_10.commented': _cfg(hf_hub_id='timm/'),
    'net_9': {'origin_url': 'https://example.org', 'url': ''},
    'net_11.hub': _hub_cfg(
        num_classes=0,
    ),
})


@register_model
def net_10(pretrained=False, **kwargs): ...


@register_model
def net_9(pretrained=False, **kwargs): ...


@register_model
def net_11(pretrained=False, **kwargs): ...


register_model_deprecations(__name__, {'old_net': 'net_9'})
"""


def _installed() -> list[TimmModel]:
    file = installed().modules.file("timm")
    assert file is not None
    return read_timm_models(file.parent, Files())


def test_tags_are_those_with_weights_the_default_first(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "net.py").write_text(SOURCE)
    assert read_timm_models(tmp_path, Files()) == [
        TimmModel("net_9"),
        TimmModel("net_10", ("default", "first")),
        TimmModel("net_11", ("hub",)),
    ]


def test_names_are_those_of_timm_in_its_order() -> None:
    assert [model.name for model in _installed()] == timm.list_models()


def test_tags_are_those_of_timm() -> None:
    mine = {f"{model.name}.{tag}".rstrip(".") for model in _installed() for tag in model.tags}
    theirs = set(timm.list_models(pretrained=True))
    assert not mine - theirs
    assert len(theirs - mine) <= 0.01 * len(theirs), sorted(theirs - mine)  # a later timm may compute more tables


def test_the_first_tag_is_what_timm_takes_by_default() -> None:
    for model in _installed():
        if model.tags:
            assert (timm.models.get_pretrained_cfg(model.name).tag or "") == model.tags[0]
