from segcli.api.html import heading, output, sentences


def test_text_is_escaped_and_markup_is_not() -> None:
    text = output(heading("<b>", "a & b"), *sentences(["<i>"]), "<u>")
    assert "<p><strong>&lt;b&gt;</strong> · a &amp; b</p><ul><li>&lt;i&gt;</li></ul>&lt;u&gt;</div>" in text


def test_nothing_is_shown_of_no_sentences() -> None:
    assert sentences([]) == []


def test_style_stays_inside_and_takes_the_colours_of_the_notebook() -> None:
    """On dark ground as on light: no colour of text or ground is set but of lines, half transparent."""
    text = output()
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    selectors = [part.split("}")[-1].strip() for part in style.split("{")[:-1]]
    assert all(each.strip().startswith(".segcli") for selector in selectors for each in selector.split(","))
    assert "#" not in style
    assert "url(" not in style
