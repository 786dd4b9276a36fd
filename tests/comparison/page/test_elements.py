from segcli.comparison.page.elements import (
    Html,
    details,
    element,
    figure,
    joined,
    listing,
    section,
    side_by_side,
    table,
)


def test_text_is_escaped_and_markup_is_not() -> None:
    assert element("p", "<b>", Html("<b>")) == "<p>&lt;b&gt;<b></p>"
    assert joined(["<", Html("<i>")], " & ") == "&lt; &amp; <i>"


def test_attributes_are_escaped_and_renamed() -> None:
    assert element("img", alt='"><script>', class_="a") == '<img alt="&quot;&gt;&lt;script&gt;" class="a">'
    assert element("p", aria_label="x") == '<p aria-label="x"></p>'


def test_a_text_with_markup_in_it_is_text_again() -> None:
    assert "&lt;b&gt;" in element("p", f"{element('b', 'x')}!")


def test_cells_of_numbers_are_marked_and_rows_are_named() -> None:
    found = table("<c>", ("a", "b"), [("<x>", "1")])
    assert "<caption>&lt;c&gt;</caption>" in found
    assert '<th scope="row">&lt;x&gt;</th><td class="number">1</td>' in found
    assert '<th scope="col">a</th><th scope="col" class="number">b</th>' in found
    assert 'aria-label="&lt;c&gt;"' in found
    assert "<td>1</td>" in table("c", ("a", "b"), [("x", "1")], (0, 1))


def test_a_section_is_named_by_its_heading() -> None:
    found = section("A & B", "ab", "text")
    assert found == '<section id="ab" aria-labelledby="ab-title"><h2 id="ab-title">A &amp; B</h2>text</section>'


def test_small_elements() -> None:
    assert details("more", "x<") == "<details><summary>more</summary>x&lt;</details>"
    assert listing(["a", "<"]) == "<ul><li>a</li><li>&lt;</li></ul>"
    picture = figure(Html("<svg></svg>"), "title", "caption", "wide")
    assert picture.startswith('<figure class="wide"><figcaption><strong>title</strong> caption</figcaption>')
    assert side_by_side(picture) == f'<div class="plots">{picture}</div>'
