import itertools

import pytest
from jsonschema import Draft7Validator

from segcli.config.schema_types import TypeSchemas
from segcli.config.types import accepts
from segcli.registry import FAMILIES

SHARED = {"value": {"not": {"type": "null"}}, "interpolation": {"pattern": r"\$\{", "type": "string"}, "extends": True}
COMPONENTS = {"losses": {"enum": ["Dice"]}, "losses.item": {"enum": ["Dice"]}}


def fits(annotation: str, value: object, appended: bool = False) -> bool:
    types = TypeSchemas(FAMILIES)
    schema = types.appended(annotation) if appended else types.value(annotation)
    assert schema is not None
    whole = {"allOf": [schema], "definitions": {**SHARED, **COMPONENTS, **types.definitions}}
    Draft7Validator.check_schema(whole)
    return Draft7Validator(whole).is_valid(value)


@pytest.mark.parametrize(
    "annotation",
    [
        "int",
        "float",
        "bool",
        "str",
        "None",
        "int | None",
        "Optional[float]",
        "typing.Optional[int]",
        "Union[str, int]",
        "Literal['a', 'b']",
        "Optional[Literal['a', None]]",
        "'int | None'",
        "Union['Run', None]",
        "Annotated[int, 3]",
        "list",
        "list[int]",
        "Sequence[str] | None",
        "tuple[int, ...]",
        "tuple[int, str]",
        "tuple[float, float] | float",
        "list[tuple[int, int]]",
        "tuple[()]",
        "dict",
        "dict[str, float]",
        "dict[str, list[int]]",
        "Mapping[str, Any]",
        "dict[Literal['a'], int]",
        "Any",
        "",
        "torch.device",
        "Path | str",
        "Callable[[Any], int]",
        "not a type",
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 3, -1, 0.5, "a", "c", "", [], [1], [1, 2], ["a"], [1, "a"], [[1, 2]], [None], [0.5, 1, 2]),
        *({}, {"a": 1}, {"a": 0.5}, {"a": [1]}, {"b": "x"}),
    ],
    ids=repr,
)
def test_the_schema_takes_what_the_annotation_takes(annotation: str, value: object) -> None:
    assert fits(annotation, value) == any(accepts(annotation, each) for each in _spellings(value))


def _spellings(value: object) -> list[object]:
    """Return a value with any of its numbers and booleans taken as the text that was written."""
    if isinstance(value, list):
        return [list(items) for items in itertools.product(*map(_spellings, value))]
    return [value, str(value)] if isinstance(value, bool | int | float) else [value]


@pytest.mark.parametrize("annotation", ["int", "bool | None", "Literal['a']", "list[int]", "dict[str, int]"])
def test_an_interpolation_may_stand_for_any_value(annotation: str) -> None:
    assert fits(annotation, "${vars.x}")
    assert not fits(annotation, "vars.x")


def test_it_may_stand_inside_lists_and_mappings() -> None:
    assert fits("tuple[int, int]", [1, "${.x}"])
    assert fits("dict[str, int]", {"a": "${.x}"})


def test_keys_are_strings_even_where_the_type_says_int() -> None:
    assert fits("dict[int, str]", {"0": "road", "-1": "void", "extends": "names.yaml"})
    assert not fits("dict[int, str]", {"road": "0"})
    assert not fits("dict[Literal['a'], int]", {"b": 1})


def test_digits_address_elements_of_a_list_below() -> None:
    assert fits("list[int]", {"0": 3, "12": 4})
    assert not fits("list[int]", {"0": "a"})
    assert not fits("list[int]", {"a": 3})
    assert not fits("list[int]", {})
    assert fits("tuple[int, str]", {"1": "a"})


def test_components_are_references_to_their_family() -> None:
    assert fits("Loss | None", None)
    assert fits("list[Loss]", ["Dice", "Dice"])
    assert fits("list[Loss]", {"0": "Dice"})
    assert not fits("list[Loss]", "Dice")
    assert not fits("list[Loss]", ["Dize"])


def test_only_elements_of_a_list_must_say_what_they_are() -> None:
    types = TypeSchemas(FAMILIES)
    types.value("list[Loss]")
    alternatives = types.definitions["type0"]["anyOf"]
    assert alternatives[0]["items"] == {"$ref": "#/definitions/losses.item"}
    assert alternatives[1]["patternProperties"] == {"^[0-9]+$": {"$ref": "#/definitions/losses"}}


def test_an_alias_that_says_sequence_is_a_list_of_components() -> None:
    types = TypeSchemas(FAMILIES)
    types.value("TransformsSeqType")
    assert types.definitions["type0"]["anyOf"][0] == {
        "type": "array",
        "items": {"$ref": "#/definitions/transforms.item"},
    }


@pytest.mark.parametrize("value", [3, [3], [3, 4], "${vars.x}", []])
def test_one_or_several_elements_are_appended(value: object) -> None:
    assert fits("list[int] | None", value, appended=True)


@pytest.mark.parametrize("value", ["a", ["a"], None, [None]])
def test_appended_elements_have_a_type(value: object) -> None:
    assert not fits("list[int] | None", value, appended=True)


@pytest.mark.parametrize("annotation", ["int", "Loss", "dict[str, int]", "tuple[int, int]", "Callable"])
def test_nothing_is_appended_to_what_is_no_list(annotation: str) -> None:
    assert TypeSchemas(FAMILIES).appended(annotation) is None


def test_anything_is_appended_where_the_type_is_open() -> None:
    assert fits("", {"a": 1}, appended=True)
    assert fits("list", [1, "a"], appended=True)
    assert fits("_SomeSeq", 3, appended=True)


def test_long_schemas_are_shared() -> None:
    types = TypeSchemas(FAMILIES)
    assert (
        types.value("tuple[int, int] | None")
        == types.value("Optional[tuple[int, int]]")
        == {"$ref": "#/definitions/type0"}
    )
    assert list(types.definitions) == ["type0"]
    assert types.value("str") == {"type": ["string", "number", "boolean"]}
