"""Every Eval Ever's files against its schemas, and against its own package where there is a Python for it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import coderm, rows, said

from coderm_eval.core.errors import InputError
from coderm_eval.report.exporters.every_eval_ever.schemas import require_valid

PYTHON = "CODERM_PYTHON312"
"""Variable that names a Python 3.12 or later: an environment of it gets the package, which takes a minute."""

NEEDED = ("pydantic>=2.12.5,<3", "rich>=14,<15", "requests>=2.32.5,<3")
"""What `validate` imports; the package's other dependencies are for its converters."""


@pytest.fixture
def files(run: Path) -> tuple[Path, Path]:
    """The record and its lines."""
    values = ("policy.model=org/P", "organization=Us", "relationship=other")
    flags = [word for value in values for word in ("--set", value)]
    done = coderm(
        *("export", "run", "--to", "every-eval-ever", "--out", "out", "--name", "P + T Bo3", *flags), cwd=run.parent
    )
    assert done.returncode == 0, done.stderr
    record, lines = (run.parent / path for path in done.stdout.splitlines())
    return record, lines


def test_the_paths_are_those_of_the_database(files: tuple[Path, Path], run: Path) -> None:
    record, lines = files
    assert record.parent == run.parent / "out" / "data" / "humaneval_plus" / "org" / "P"
    assert lines.name == f"{record.stem}_samples.jsonl"
    assert json.loads(record.read_text())["detailed_evaluation_results"]["file_path"] == str(
        lines.relative_to(run.parent / "out")
    )


WRONG: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("eval", lambda record: record.pop("model_info"), "$ does not fit Every Eval Ever's schema: 'model_info' is a req"),
    ("eval", lambda record: record.update(score=1), "$ does not fit Every Eval Ever's schema: Additional properties"),
    (
        "eval",
        lambda record: record["evaluation_results"][0]["score_details"].update(score="0.5"),
        "$.evaluation_results[0].score_details.score does not fit Every Eval Ever's schema: '0.5' is not of type 'nu",
    ),
    (
        "eval",
        lambda record: record["model_info"]["additional_details"].update(candidates=3),
        "$.model_info.additional_details.candidates does not fit Every Eval Ever's schema: 3 is not of type 'string'",
    ),
    (
        "instance_level_eval",
        lambda line: line["evaluation"].update(is_correct=None),
        "$.evaluation.is_correct does not fit Every Eval Ever's schema: None is not of type 'boolean'",
    ),
]
"""The schema, what is done to a valid content, and what is said."""


@pytest.mark.parametrize(("schema", "spoil", "words"), WRONG, ids=[row[2][:40] for row in WRONG])
def test_what_does_not_fit_a_schema_is_not_written(
    files: tuple[Path, Path], schema: str, spoil: Callable[[dict[str, Any]], object], words: str
) -> None:
    content = json.loads(files[0].read_text()) if schema == "eval" else rows(files[1])[0]
    require_valid(schema, content, files[0])
    spoil(content)
    assert f"{files[0]}: not written, as {words}" in said(InputError, require_valid, schema, content, files[0])


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its Python."""
    if not os.environ.get(PYTHON):
        pytest.skip(f"{PYTHON} names no Python 3.12: every-eval-ever needs one, and packages from an index")
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([os.environ[PYTHON], "-m", "venv", folder], check=True, timeout=120)
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "-q"]
    subprocess.run([*install, "--no-deps", "every-eval-ever==0.3.0"], check=True, timeout=300)
    subprocess.run([*install, *NEEDED], check=True, timeout=300)
    return python


def test_its_own_package_takes_the_files_without_a_warning(files: tuple[Path, Path], environment: str) -> None:
    command = [environment, "-m", "every_eval_ever.validate", "--format", "json", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [(report["valid"], report["warnings"]) for report in json.loads(done.stdout)] == [(True, []), (True, [])]


def test_its_own_package_has_the_same_schemas(environment: str) -> None:
    code = "import every_eval_ever.schemas as s; print(*s.__path__)"
    theirs = subprocess.run([environment, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    from coderm_eval.report.exporters.every_eval_ever import schemas

    for name in ("eval", "instance_level_eval"):
        paths = [Path(folder) / f"{name}.schema.json" for folder in (theirs.stdout.strip(), *schemas.__path__)]
        assert paths[0].read_bytes() == paths[1].read_bytes()
