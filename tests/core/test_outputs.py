"""Outputs before work starts: what would be lost, and what cannot be written, is said in one sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from coderm_eval.core.errors import OutputError
from coderm_eval.core.outputs import check_output, note_output
from coderm_eval.core.store import open_store


def refusal(out: Path, **given: object) -> str:
    """The one line that a user reads of an output that is refused."""
    with pytest.raises(OutputError) as caught:
        check_output(out, **{"inputs": {}, **given})  # type: ignore[arg-type]
    message = str(caught.value)
    assert ("\n" not in message and "--out" in message) or "--store" in message
    return message


# What would destroy an input: how `out` is made from the input `x.jsonl`, a file in the current folder

ALIASES: dict[str, Callable[[Path], Path]] = {
    "the same": lambda given: given,
    "relative": lambda given: Path(given.name),
    "with dots": lambda given: given.parent / "sub" / ".." / given.name,
    "a symbolic link": lambda given: _made(given.with_name("link"), lambda link: link.symlink_to(given)),
    "a link of a link": lambda given: _made(
        given.with_name("two"), lambda link: link.symlink_to(ALIASES["a symbolic link"](given))
    ),
    "a hard link": lambda given: _made(given.with_name("hard"), lambda link: link.hardlink_to(given)),
    "a link to its folder": lambda given: (
        _made(given.with_name("here"), lambda link: link.symlink_to(given.parent)) / given.name
    ),
    "its twin with .gz": lambda given: given.with_name(given.name + ".gz"),
}


def _made(path: Path, make: Callable[[Path], object]) -> Path:
    make(path)
    return path


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sub").mkdir()
    path = tmp_path / "x.jsonl"
    path.write_text("precious")
    monkeypatch.chdir(tmp_path)
    return path


@pytest.mark.parametrize("alias", ALIASES.values(), ids=ALIASES)
@pytest.mark.parametrize("turned", [False, True])
def test_an_input_is_no_output(given: Path, alias: Callable[[Path], Path], turned: bool) -> None:
    out = alias(given)
    if turned:
        given, out = out, given
    assert f"would overwrite the input --samples {given}" in refusal(out, inputs={"--samples": given})
    assert (given if given.exists() else out).read_text() == "precious"
    check_output(out, inputs={"--samples": given}, overwrite=True)


def test_an_input_in_the_place_of_a_runs_file_is_refused(given: Path) -> None:
    message = refusal(given.parent, inputs={"--tests": given}, files=["a", "x.jsonl"])
    assert message.startswith(f"{given}: --out would overwrite the input --tests {given}; give another --out")


def test_other_inputs_in_the_folder_of_a_run_are_left_alone(given: Path) -> None:
    check_output(given.parent, inputs={"--tests": given}, files=["a"])


def test_a_program_in_a_folder_of_samples_is_an_input(given: Path) -> None:
    (given.parent / "sub" / "HumanEval_0").mkdir()
    inputs = {"--samples": given.parent / "sub"}
    assert "--samples" in refusal(given.parent / "sub" / "HumanEval_0" / "0.py", inputs=inputs)
    check_output(given.parent / "sub" / "run", inputs=inputs, files=["a"])


# What no store could make again


def test_a_file_from_elsewhere_is_kept(given: Path) -> None:
    message = refusal(given, store=given.with_name("store"))
    assert message.startswith(f"{given}: the file was not made from the store") and message.endswith("to replace it")
    assert not given.with_name("store").exists()


def test_a_file_that_no_store_has_a_part_in_is_kept(given: Path) -> None:
    assert (
        refusal(given)
        == f"{given}: a file is there, and would be lost; give another --out, or --overwrite to replace it"
    )
    check_output(given, inputs={}, overwrite=True)


def test_a_file_that_the_store_can_make_again_may_be_replaced(given: Path) -> None:
    with open_store(given.parent / "store") as store:
        note_output(given, store)
    check_output(given, inputs={}, store=given.parent / "store")
    given.write_text("mended by hand")
    assert "would be lost" in refusal(given, store=given.parent / "store")


def test_an_empty_file_is_no_loss(given: Path) -> None:
    given.write_text("")
    check_output(given, inputs={}, store=given.parent / "store")


def test_the_tables_of_the_store_are_no_place_for_an_output(given: Path) -> None:
    assert "the store . has its files there" in refusal(Path("y.jsonl"), store=Path())
    assert "has its files there" in refusal(Path("run"), store=Path("run"), files=["verdicts.jsonl"])


# What cannot be written

IMPOSSIBLE: list[tuple[str, str, list[str] | None, str]] = [
    ("a folder for a file", "sub", None, "sub: this is a folder; name a file after --out"),
    ("a file for a folder", "x.jsonl", ["a"], "a file is there; name a folder"),
    ("below a file", "x.jsonl/y", None, "cannot be written"),
    ("a run below a file", "x.jsonl/run", ["a"], "cannot be written"),
    ("deep below a file", "x.jsonl/a/b/c", None, "cannot be written"),
    ("a name that is too long", "n" * 300, None, "cannot be written (File name too long)"),
    ("a file system of the kernel's", "/proc/out.jsonl", None, "cannot be written"),
    ("a loop of links", "loop", None, "cannot be written"),
]


@pytest.mark.parametrize(("kind", "out", "files", "words"), IMPOSSIBLE, ids=[case[0] for case in IMPOSSIBLE])
def test_what_cannot_be_written_is_said_before_work(
    given: Path, kind: str, out: str, files: list[str] | None, words: str
) -> None:
    Path("loop").symlink_to("loop")
    before = sorted(given.parent.rglob("*"))
    assert words in refusal(Path(out), files=files)
    assert sorted(given.parent.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_said_before_work(given: Path) -> None:
    Path("sub").chmod(0o555)
    assert "Permission denied" in refusal(Path("sub/x"))


@pytest.mark.parametrize("out", ["y.jsonl", "new/folder/y.jsonl", "dangling", "/dev/null"])
def test_what_can_be_written_leaves_nothing_behind(given: Path, out: str) -> None:
    Path("dangling").symlink_to("sub/target")
    before = sorted(given.parent.rglob("*"))
    check_output(Path(out), inputs={"--samples": given}, store=Path("store"))
    assert sorted(given.parent.rglob("*")) == before
