"""Every notebook runs from its first cell to its last, offline, with a quick setting."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
NAMES = sorted(file.name for file in FOLDER.glob("*.ipynb"))
LARGEST = 600_000  # bytes of a notebook with its pictures

pytestmark = pytest.mark.one_backend


def cells(notebook, kind):
    return [cell for cell in notebook.cells if cell.cell_type == kind]


def test_there_is_one_for_each_application_and_one_for_ones_own():
    from modzoo.applications import list_applications

    assert {*NAMES} == {f"{name}.ipynb" for name in [*list_applications(), "your_own_model"]}


@pytest.mark.parametrize("name", NAMES)
def test_it_shows_what_it_did(name):
    """It is committed as it ran: each cell once, in order, without errors, with a picture."""
    notebook = nbformat.read(FOLDER / name, as_version=4)
    code = cells(notebook, "code")
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert [output for output in outputs if "image/png" in output.get("data", {})]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    assert (FOLDER / name).stat().st_size < LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name, tmp_path):
    notebook = nbformat.read(FOLDER / name, as_version=4)
    (quick,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    quick.source = "epochs = 1"
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    outputs = [output for cell in cells(notebook, "code") for output in cell.outputs]
    assert [output for output in outputs if "image/png" in output.get("data", {})]
