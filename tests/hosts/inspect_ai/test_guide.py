"""The commands of the guide run as they stand; variables name the server, as the guide says."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest
from helpers.inspect_runs import inspect, inspect_shell, needs_inspect, newest_log
from helpers.lm_eval_replay import TESTS, unittest_class, write_column
from helpers.mini_humaneval import MiniHumanEval
from helpers.paths import ROOT
from helpers.replaying import replaying

pytest.importorskip("inspect_ai", reason="inspect_ai is missing: pip install 'coderm-eval[inspect]'")

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.hosts.server.replay import RecordedAnswers

pytestmark = [needs_inspect, pytest.mark.skipif(sys.platform != "linux", reason="the sandbox needs Linux")]

GUIDE = (ROOT / "docs" / "guide" / "inspect.md").read_text()
COMMANDS = [
    block.replace("\\\n", "").strip().removeprefix("$ ")
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
]

TASKS = {
    "task.py": '''
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes

STUB = 'def peal(bells):\\n    """ The bells of a peal in reverse order.\\n    """\\n'

@task
def bells():
    sample = Sample(id="HumanEval/1", input="Complete this function:\\n\\n" + STUB, target="return bells[::-1]")
    return Task(dataset=[sample], scorer=includes())
''',
    "sandboxed.py": """
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, accuracy, scorer
from inspect_ai.util import sandbox

@scorer(metrics=[accuracy()])
def runs():
    async def score(state, target):
        done = await sandbox().exec(["python3", "-c", await sandbox().read_file("given.py")], timeout=60)
        return Score(value=done.stdout.strip() == target.text, explanation=done.stdout + done.stderr)
    return score

@task
def sandboxed():
    sample = Sample(input="-", target="42", files={"given.py": "print(6 * 7)"})
    return Task(dataset=[sample], solver=[], scorer=runs())
""",
}


def test_the_commands_run_in_their_order(
    tmp_path: Path, mini_humaneval: MiniHumanEval, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = load_benchmark("humaneval+").problems
    tests = {task: [unittest_class(line) for line in lines] for task, lines in TESTS.items()}
    write_column(tmp_path / "tests.jsonl", "test", tests)
    for name, text in TASKS.items():
        (tmp_path / name).write_text(text)
    programs = {task: [mini_humaneval.wrong[task], mini_humaneval.right[task]] * 10 for task in mini_humaneval.right}
    written = {task: listed * 20 for task, listed in tests.items()}
    policy = "openai-api/local/P"
    with replaying(RecordedAnswers(problems, programs, written)) as address:
        monkeypatch.setenv("LOCAL_BASE_URL", f"http://{address}/v1")
        epochs = ("--epochs", "4", "--display", "plain", "--log-dir", "epochs")
        assert inspect("eval", "task.py", "--model", policy, *epochs, cwd=tmp_path).returncode == 0
        (tmp_path / "logs").mkdir()
        next((tmp_path / "epochs").glob("*.eval")).rename(tmp_path / "logs" / "epochs.eval")
        for number, command in enumerate(COMMANDS):
            script, *arguments = shlex.split(command)
            assert script == "inspect" and not {*"|&;<>$`*?"} & {*command}
            done = inspect(*arguments, cwd=tmp_path) if number else inspect_shell(command, tmp_path)
            assert done.returncode == 0, done.stdout
            log = newest_log(tmp_path / "logs")
            assert log.status == "success" and log.results and log.results.scores, done.stdout
            assert log.results.scores[-1].metrics
            last = {score.name: next(iter(score.metrics.values())).value for score in log.results.scores}
            assert all(last.get(name, 1) == 1 for name in ("coderm", "runs")), (command, last)
    assert len(COMMANDS) == 4
