from segcli.config.node import Source, dotted, from_plain, lookup

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
