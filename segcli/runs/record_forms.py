"""What the values of a stored record must look like, so that whoever reads it can rely on that. Torch-free."""

import math
from collections.abc import Callable, Mapping

Form = Callable[[object, str], str]
"""Takes a value and its dotted key, returns what is wrong with it; nothing if it is as it must be."""

LARGEST = 2**63
"""Bound of numbers: nothing that a run counts or measures comes near it."""
_WIDEST = 40


def text(value: object, key: str) -> str:
    """Accept text."""
    return "" if isinstance(value, str) else _wrong(value, key, "text")


def number(value: object, key: str) -> str:
    """Accept finite numbers within :data:`LARGEST`."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = is_number and abs(value) <= LARGEST and math.isfinite(value)  # type: ignore[arg-type]  # a number
    return "" if fits else _wrong(value, key, "a number")


def whole(value: object, key: str) -> str:
    """Accept whole numbers from 0 on."""
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
    return "" if fits else _wrong(value, key, "a whole number from 0 on")


def share(value: object, key: str) -> str:
    """Accept numbers from 0 to 1."""
    return number(value, key) or ("" if 0 <= value <= 1 else _wrong(value, key, "a number from 0 to 1"))  # type: ignore[operator]  # a number


def flag(value: object, key: str) -> str:
    """Accept true and false."""
    return "" if isinstance(value, bool) else _wrong(value, key, "true or false")


def anything(value: object, key: str) -> str:
    """Accept any value."""
    return ""


def either(*forms: Form) -> Form:
    """Accept what one of some forms accepts."""

    def check(value: object, key: str) -> str:
        reasons = [form(value, key) for form in forms]
        return "" if "" in reasons else reasons[0]

    return check


def maybe(form: Form) -> Form:
    """Accept null, and what a form accepts."""
    return lambda value, key: "" if value is None else form(value, key)


def listing(form: Form) -> Form:
    """Accept lists whose items have a form."""

    def check(value: object, key: str) -> str:
        if not isinstance(value, list):
            return _wrong(value, key, "a list")
        return next((reason for n, item in enumerate(value) if (reason := form(item, f"{key}.{n}"))), "")

    return check


def mapping(form: Form = anything) -> Form:
    """Accept mappings with text as keys, whose values have a form."""

    def check(value: object, key: str) -> str:
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            return _wrong(value, key, "a mapping")
        found = (form(part, f"{key}.{name}".lstrip(".")) for name, part in value.items())
        return next((reason for reason in found if reason), "")

    return check


def record(required: Mapping[str, Form], optional: Mapping[str, Form] | None = None) -> Form:
    """Accept mappings that have some keys, and may have others; keys that are not named may hold anything."""
    forms = {**required, **(optional or {})}

    def check(value: object, key: str) -> str:
        if reason := mapping()(value, key):
            return reason
        assert isinstance(value, Mapping)
        missing = [name for name in required if name not in value]
        if missing:
            return f"{f'{key}.{missing[0]}'.lstrip('.')} is missing"
        found = (form(value[name], f"{key}.{name}".lstrip(".")) for name, form in forms.items() if name in value)
        return next((reason for reason in found if reason), "")

    return check


def _wrong(value: object, key: str, expected: str) -> str:
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits
        shown = type(value).__name__
    shown = shown if len(shown) <= _WIDEST else f"{shown[: _WIDEST - 1]}…"
    return f"{key or 'it'} got {shown}, expected {expected}"
