"""Notebooks as files. `python/check` executes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def cells_of(path: Path, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == kind]


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 4


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_what_it_printed(path: Path) -> None:
    for cell in cells_of(path, "code"):
        assert cell["outputs"] == [] and cell["execution_count"] is None, cell["source"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_notebook_says_it_asserts_and_no_cell_is_let_off(path: Path) -> None:
    code = ["".join(cell["source"]) for cell in cells_of(path, "code")]
    assert sum(source.count("assert ") for source in code) >= 3
    # nbmake would let a cell with this tag fail.
    assert all("raises-exception" not in json.dumps(cell["metadata"]) for cell in cells_of(path, "code"))
    assert all(not source.lstrip().startswith(("%", "!")) for source in code)
