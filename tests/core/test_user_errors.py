"""How a command ends for its user."""

from __future__ import annotations

import pytest

from coderm_eval.core.errors import IncompleteRunError, InputError
from coderm_eval.core.user_errors import user_errors

ENDINGS = [
    (InputError("x.jsonl: no such file"), 2, "coderm-eval: x.jsonl: no such file\n"),
    (IncompleteRunError("3 grades are missing"), 3, "coderm-eval: 3 grades are missing\n"),
    (KeyboardInterrupt(), 130, "\ncoderm-eval: interrupted; run the same command again to continue\n"),
]


@pytest.mark.parametrize(("error", "exit_code", "text"), ENDINGS, ids=["mistake", "incomplete", "ctrl-c"])
def test_a_user_reads_one_sentence(
    error: BaseException, exit_code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended, user_errors("coderm-eval"):
        raise error
    assert ended.value.code == exit_code
    assert capsys.readouterr().err == text


def test_an_error_of_the_program_itself_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), user_errors("coderm-eval"):
        raise ZeroDivisionError
