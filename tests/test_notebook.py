"""The notebook of the experiments runs in a kernel, and what it shows is there."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent.parent / "experiments" / "notebook.ipynb"


def test_every_cell_runs_and_shows_what_it_says(tmp_path: Path) -> None:
    """In a kernel: its main module has no file, an event loop runs, and mistakes are shown by IPython."""
    shipped = NOTEBOOK.with_name("quickstart.yaml").read_text()
    smaller = f"{shipped}data: {{image_size: 32}}\nmodel: {{backbone: {{name: test_resnet.r160_in1k}}}}\n"
    (tmp_path / "quickstart.yaml").write_text(smaller)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    mistake = "segcli.diff('nowhere.yaml', 'quickstart.yaml')"
    notebook.cells.append(nbformat.v4.new_code_cell(mistake, metadata={"tags": ["raises-exception"]}))
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    check, fpn, diff, compare, scores, classes, mistake, wrong = (_shown(cell) for cell in cells)
    assert "<td>ok</td><td>FPN on test_resnet.r160_in1k</td>" in check
    assert "epoch 2/2" in fpn
    assert "validation, epoch" in fpn
    assert "<td>model.decoder</td>" in diff
    assert "<td>UNet</td>" in diff
    assert "epoch" not in diff.partition("<")[0]
    assert "a single run tells nothing of the noise between seeds" in compare
    assert "'unknown'" in scores
    assert "background" in classes
    assert "did you mean 'pyramid_channels'?" in mistake
    assert wrong == "error: no file nowhere.yaml"


def test_it_is_stored_without_what_it_shows() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]


def _shown(cell: nbformat.NotebookNode) -> str:
    """Return what a cell printed, then what it shows, as HTML where it can; of an error its lines."""
    texts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            texts.append(output.text)
        elif output.output_type == "error":
            texts.append("\n".join(output.traceback))
        else:
            texts.append(output.data.get("text/html") or output.data["text/plain"])
    return "".join(texts)
