from segcli.runs.settings import RunSettings


def test_defaults_are_those_that_the_readme_names() -> None:
    settings = RunSettings()
    assert (settings.root, settings.name) == ("runs", None)
