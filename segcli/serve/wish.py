"""What a request wants to have: which form of answer, and what is in it."""

from collections.abc import Mapping
from dataclasses import dataclass

from segcli.serve.request_error import RequestError

PNG, JSON = "image/png", "application/json"
VIEWS = ("hflip", "vflip", "scales")
_KEYS = ("tta", "confidence", "picture")


@dataclass(frozen=True)
class Wish:
    """What is wanted.

    Attributes:
        form: ``image/png`` or ``application/json``.
        confidence: Whether JSON says how sure the model is of every pixel.
        picture: Whether JSON holds the image as PNG of 8 bits.
        tta: Views that are averaged, over what the experiment says; None for what it says.
    """

    form: str
    confidence: bool = False
    picture: bool = False
    tta: tuple[str, ...] | None = None

    @classmethod
    def of(cls, accept: str, query: Mapping[str, str], multilabel: bool) -> "Wish":
        """Read a request.

        Args:
            accept: Its header of that name; empty where it has none.
            query: What follows the question mark.
            multilabel: Whether a pixel may be of several classes, which no map of indices holds.

        Raises:
            RequestError: If it wants what there is not.
        """
        if unknown := [key for key in query if key not in _KEYS]:
            raise RequestError(400, f"The query has {unknown[0][:40]!r}, expected one of {', '.join(_KEYS)}.")
        form, tta = _form(accept, multilabel), _views(query.get("tta"))
        return cls(form, _flag("confidence", query), _flag("picture", query), tta)


def _flag(name: str, query: Mapping[str, str]) -> bool:
    value = query.get(name, "0")
    if value not in ("0", "1"):
        raise RequestError(400, f"{name} got {value[:40]!r}, expected 0 or 1.")
    return value == "1"


def _views(value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    views = () if value == "none" else tuple(value.split(","))
    if wrong := [view for view in views if view not in VIEWS]:
        raise RequestError(400, f"tta got {wrong[0][:40]!r}, expected {', '.join(VIEWS)} or none.")
    return views


def _form(accept: str, multilabel: bool) -> str:
    """Choose the form that is wanted most; of equals, the first of ours."""
    offered = (JSON,) if multilabel else (PNG, JSON)
    best = max(offered, key=lambda form: _quality(accept, form))
    if _quality(accept, best) > 0:
        return best
    why = "; a pixel may be of several classes, which a map of indices does not hold" if multilabel else ""
    raise RequestError(406, f"Accept got {accept[:80]!r}, expected {' or '.join(offered)}{why}.")


def _quality(accept: str, form: str) -> float:
    """Return how much a form is wanted, 0 to 1; the most exact range that covers it decides."""
    found = (0, 0.0 if accept.strip() else 1.0)
    for part in accept.split(","):
        kind, *parameters = (word.strip().lower() for word in part.split(";"))
        exact = {form: 3, f"{form.partition('/')[0]}/*": 2, "*/*": 1}.get(kind, 0)
        if exact:
            found = max(found, (exact, _number(parameters)))
    return found[1]


def _number(parameters: list[str]) -> float:
    for each in parameters:
        if each.startswith("q="):
            try:
                return float(each[2:])
            except ValueError:
                return 0.0
    return 1.0
