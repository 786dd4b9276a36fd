import re

from segcli.inspection.page import CONTENTS, page
from tests.inspection.made_statistics import make_statistics


def test_it_holds_all_and_needs_nothing_else() -> None:
    text = page(make_statistics("sky", "car"))
    assert all(f'id="{name}"' in text for name in CONTENTS)
    assert text.count("<svg") == 2
    assert "Classes in train" in text
    assert "Classes in val" in text
    assert "1 to 3,000" in text
    assert "background: #ff0000" in text
    assert not re.search(r"(src|href)=\"(?!#|data:)", text)


def test_names_of_classes_are_text() -> None:
    text = page(make_statistics("<b>sky</b>", '" onload="alert(1)', "$title"))
    assert "<b>" not in text
    assert "&lt;b&gt;sky" in text
    assert not re.search(r"<[^>]* onload=", text)
    assert "$title" in text
