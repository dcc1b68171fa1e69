"""Execute docs/guide/notebook.ipynb in a Jupyter kernel, and write its outputs into it.

python docs/execute_notebook.py            write them
python docs/execute_notebook.py --check    write nothing; exit 1 if something else comes out than the notebook shows
"""

from __future__ import annotations

import copy
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parent / "guide" / "notebook.ipynb"
FOLDERS = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
"""Variables of folders that a user's own settings and kernels are in, and that a kernel leaves something in."""
TIMEOUT_S = 300
"""Seconds for a cell, and for the kernel to start."""


def executed(notebook: Any) -> Any:
    """The notebook with its outputs, but for progress bars and warnings, which are on the standard error."""
    notebook = copy.deepcopy(notebook)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update({name: f"{folder}/{name}" for name in FOLDERS})
        os.environ.pop("MPLBACKEND", None)  # else figures are not shown
        work = Path(folder) / "work"
        work.mkdir()
        NotebookClient(
            notebook,
            timeout=TIMEOUT_S,
            startup_timeout=TIMEOUT_S,
            resources={"metadata": {"path": str(work)}},
            record_timing=False,
        ).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def shown(notebook: Any) -> list[str]:
    """The texts that the cells show; a picture counts as its words, since its bytes depend on fonts."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [one.get("text") or "\n".join(one.get("traceback", ())) or one["data"]["text/plain"] for one in outputs]


def main() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    found = executed(notebook)
    if "--check" not in sys.argv[1:]:
        nbformat.write(found, NOTEBOOK)  # type: ignore[no-untyped-call]
        return
    for before, now in zip(shown(notebook), shown(found), strict=True):
        if before != now:
            sys.exit(f"{NOTEBOOK.name} shows\n{before}\nand now comes\n{now}\nrun `python docs/execute_notebook.py`")


if __name__ == "__main__":
    main()
