from segcli.comparison.page.elements import element
from segcli.comparison.page.frame import framed, navigation


def test_a_page_is_framed_and_its_title_is_text() -> None:
    text = framed("a < b", element("h1", "$head"), element("p", "body"), element("p", "foot"))
    assert "<title>a &lt; b</title>" in text
    assert text.index("<h1>$head</h1>") < text.index("<p>body</p>") < text.index("<p>foot</p>")
    assert "default-src 'none'" in text
    assert "--group-0:" in text


def test_sections_are_linked() -> None:
    assert navigation({"one": "First"}) == '<nav aria-label="Sections"><a href="#one">First</a></nav>'
