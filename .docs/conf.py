"""The site: the topics of ``segcli guide``, with the API from the docstrings. Built by ``make docs``, offline."""

from sphinx.application import Sphinx

import segcli
from segcli.cli.guide import INDEX, topics
from segcli.registry import FAMILIES

project = "segcli"
version = release = segcli.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = INDEX
html_theme = "furo"
html_title = f"segcli {version}"
html_show_copyright = False
html_copy_source = False
templates_path = ["templates"]
html_static_path: list[str] = []
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True
napoleon_numpy_docstring = False
suppress_warnings = ["docutils"]

_FUNCTIONS = ("check", "compare", "diff", "fit", "load")
_CLASSES = tuple(name for name in segcli.__all__ if name not in _FUNCTIONS)


def _with_reference(_app: Sphinx, name: str, content: list[str]) -> None:
    """Add to a topic what the terminal has other verbs for."""
    if name == INDEX:
        content[0] += f"\n```{{toctree}}\n:hidden:\n\n{chr(10).join(topics())}\n```\n"
    elif name == "python":
        members = "\n\n".join(f".. autofunction:: segcli.{each}" for each in _FUNCTIONS)
        members += "".join(f"\n\n.. autoclass:: segcli.{each}\n   :members:" for each in _CLASSES)
        content[0] += f"\n## Reference\n\n```{{eval-rst}}\n{members}\n```\n"
    elif name == "plug-ins":
        content[0] += "\n## Reference\n" + "".join(map(_components, FAMILIES))


def _components(family: str) -> str:
    """Return a section that describes every component of a family."""
    places = [place.replace(":", ".") for place in FAMILIES[family].table.values()]
    members = "\n\n".join(f".. autoclass:: {place}" for place in places)
    title = family.replace("_", " ").capitalize()
    return f"\n### {title}\n\n```{{eval-rst}}\n{members}\n```\n" if places else ""


def setup(app: Sphinx) -> None:
    """Let Sphinx pass every topic on."""
    app.connect("source-read", _with_reference)
