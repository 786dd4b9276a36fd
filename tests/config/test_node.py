import pytest

from segcli.config.loader import load_text
from segcli.config.node import (
    ComponentNode,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Source,
    dotted,
    from_plain,
    lookup,
    mapping,
)

TREE = from_plain({"a": {"class_path": "X", "init_args": {"b": [1, {"c": 2}]}}, "m": {0: "x"}}, Source("f", 1))


def test_plain_undoes_from_plain() -> None:
    assert TREE.plain() == {"a": {"class_path": "X", "init_args": {"b": [1, {"c": 2}]}}, "m": {0: "x"}}


def test_lookup_leaves_init_args_out_or_not() -> None:
    for path in (("a", "b", "1", "c"), ("a", "init_args", "b", 1, "c")):
        node = lookup(TREE, path)
        assert node is not None
        assert node.value == 2


def test_lookup_of_number_keys_by_their_text() -> None:
    node = lookup(TREE, ("m", "0"))
    assert node is not None
    assert node.value == "x"


def test_lookup_of_what_is_not_there() -> None:
    for path in (("z",), ("a", "b", "7"), ("a", "b", "0", "d")):
        assert lookup(TREE, path) is None


def test_sources_and_paths_read_as_users_write_them() -> None:
    assert str(Source("f.yaml", 3)) == "f.yaml:3"
    assert str(Source("--a.b")) == "--a.b"
    assert dotted(("a", "init_args", "b", 0)) == "a.b.0"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("3", ScalarNode),
        ("[3]", SequenceNode),
        ("{depth: 3}", MappingNode),
        ("{init_args: {depth: 3}}", MappingNode),
        ("{class_path: UNet}", ComponentNode),
    ],
)
def test_a_value_says_of_which_kind_its_node_is(text: str, kind: type[Node]) -> None:
    node = load_text(text, "x.yaml")
    assert type(node) is kind
    assert type(from_plain(node.plain(), node.source)) is kind
    assert type(ScalarNode(None, node.source).laid_over(None, node.value)) is kind


@pytest.mark.parametrize("text", ["{class_path: UNet, init_args: {depth: 3}}", "{class_path: UNet, depth: 3}"])
def test_a_component_has_its_arguments_in_either_form(text: str) -> None:
    node = load_text(text, "x.yaml")
    assert isinstance(node, ComponentNode)
    assert node.name == "UNet"
    arguments = {**node.arguments, **node.beside}
    assert {key: child.plain() for key, child in arguments.items()} == {"depth": 3}


def test_a_node_that_becomes_another_is_so_for_whoever_holds_it() -> None:
    node = ScalarNode("${vars.decoder}", Source("x.yaml", 1))
    holder = mapping({"decoder": node}, node.source)
    node.become(load_text("{class_path: UNet}", "y.yaml").value)
    assert isinstance(holder.value["decoder"], ComponentNode)
    assert holder.plain() == {"decoder": {"class_path": "UNet"}}
    assert node.source.where == "x.yaml"


def test_laid_over_keeps_all_but_the_tag() -> None:
    first, second = (ScalarNode(n, Source("x.yaml", n), tag="replace", written=str(n), key="k") for n in (1, 2))
    node = second.laid_over(first, 3)
    assert (node.value, node.source, node.over, node.tag) == (3, second.source, first, "")
    assert (node.written, node.key) == ("2", "k")
