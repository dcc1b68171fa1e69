"""Every command of the README and the guide is run, and what they show is what comes out."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.board import ENTRIES
from helpers.cli import coderm
from helpers.harness_environments import python_of
from helpers.livecodebench import rows as livecodebench_rows
from helpers.lm_eval_tasks import lm_eval_command
from helpers.mini_humaneval import MiniHumanEval
from helpers.own_problems import write_own_problems
from helpers.paths import ROOT
from helpers.processes import heed_interrupts, soon
from helpers.replaying import replaying
from helpers.serve import chat_body, post

from coderm_eval.benchmarks import load_benchmark
from coderm_eval.core.choices import OWN_EXPORTERS
from coderm_eval.execution.sandbox.isolation.levels import FULL, describe
from coderm_eval.hosts.server.replay import RecordedAnswers
from coderm_eval.selection import Ballot, known_rules, registry
from leaderboards import check

DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("guide/*.md")), DOCS / "design" / "security.md"]
BLOCKS: list[str] = [
    block for page in PAGES for block in re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)
]
FIRST_SCREEN = BLOCKS[0]
COMMANDS: list[str] = list(
    dict.fromkeys(
        line[2:] for block in BLOCKS for line in block.replace("\\\n", "").splitlines() if line.startswith("$ ")
    )
)

RUN_BY_CI = {"make demo", "make test"}
"""What .ci/run runs; a test cannot run the tests."""

SCRIPTS = Path(sys.executable).parent


def command(start: str) -> str:
    """Return the one command of all pages that starts so."""
    (found,) = [line for line in COMMANDS if line.startswith(start)]
    return found


def shell(line: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a line as it stands, by a shell."""
    environment = {**os.environ, **variables, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(line, shell=True, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def run(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of `coderm-eval` or `lm_eval` in this process, which spares it its imports and its workers."""
    script, *arguments = shlex.split(line)
    assert not {*"|&;<>$`*?"} & {*line}, f"a shell makes something else of it: {line}"
    return {"coderm-eval": coderm, "lm_eval": lm_eval_command}[script](*arguments, cwd=cwd)


def test_every_command_is_run_by_a_test_here_or_by_ci() -> None:
    tested = ("pip install .", "HF_HUB_OFFLINE=1 lm_eval", "lm_eval run", "coderm-eval rerank", "coderm-eval grade")
    others = (
        "coderm-eval demo",
        "coderm-eval replay",
        "coderm-eval serve",
        "coderm-eval report",
        "coderm-eval compare",
        "coderm-eval verify",
        "coderm-eval merge",
        "for i in 1 2 3 4; do",  # of clusters.md, as the next, in test_merge.py
        "cat samples-",
        "coderm-eval doctor",
        "coderm-eval sample",
        "coderm-eval write-tests",
        "coderm-eval fetch",
        "coderm-eval reproduce",  # in test_reproduce.py
        "coderm-eval export",
        "coderm-eval labels",
        "head -n 2 labels.jsonl",
        "evalplus.coderm",
        "evalplus.evaluate",
        "python ask.py",
        "python cheats.py",
        "eval ",
        "CODERM_CONFIG=coderm.yaml lighteval",  # in tests/hosts/lighteval
        "inspect ",  # in tests/hosts/inspect_ai
    )
    assert [c for c in COMMANDS if not c.startswith((*tested, *others)) and c not in RUN_BY_CI] == []
    assert set((ROOT / ".ci" / "run").read_text().splitlines()) >= RUN_BY_CI


@pytest.fixture(scope="module")
def short_loops(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file of settings: the demo's endless loops take half a minute of the CPU with a second each, and a quarter of
    one is a hundred times what its other programs need."""
    path = tmp_path_factory.mktemp("short") / "settings.yaml"
    path.write_text("report: false\nexecution: {timeout_s: 0.25}\n")
    return str(path)


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, short_loops: str) -> Path:
    """The folder in which the command of the first screen ran, with files `output` and `log` of what it said."""
    folder = tmp_path_factory.mktemp("example")
    done = shell(command("HF_HUB_OFFLINE=1 lm_eval"), folder, CODERM_CONFIG=short_loops)
    assert done.returncode == 0, done.stderr
    (folder / "output").write_text(done.stdout)
    (folder / "log").write_text(done.stderr)
    return folder


def test_the_first_screen_shows_the_real_output_of_its_command(example: Path) -> None:
    assert table((example / "output").read_text()) == table(FIRST_SCREEN)
    (folder,) = (example / "coderm-runs").glob("coderm_demo-*")
    assert (folder / "summary.json").exists()


def found_twice(log: str) -> list[str]:
    """What lm-eval says, of all its tasks, of those of this project that it finds in two places."""
    said = [line for line in log.splitlines() if re.search("Duplicate task name|overrides existing task", line)]
    return [line for line in said if "coderm" in line]


def test_the_tasks_are_listed_once(example: Path) -> None:
    log = (example / "log").read_text()
    assert "Selected tasks" in log or "Selected Tasks" in log  # what is logged is there
    assert found_twice(log) == []


def test_the_first_screen_is_the_same_in_lm_eval_0_5(example: Path, short_loops: str, tmp_path: Path) -> None:
    """From the same store."""
    shutil.copytree(example / "coderm-runs", tmp_path / "coderm-runs")
    line = command("HF_HUB_OFFLINE=1 lm_eval").replace("lm_eval", f"{python_of('lm-eval-0.5')} -m lm_eval")
    done = shell(line, tmp_path, PYTHONPATH=str(ROOT), CODERM_CONFIG=short_loops)
    assert done.returncode == 0, done.stderr
    assert table(done.stdout) == table(FIRST_SCREEN)
    assert found_twice(done.stderr) == []


def test_the_boards_entry_of_the_demo_comes_out_again(example: Path, tmp_path: Path) -> None:
    """By the command of the guide, from a run that was made here in full."""
    (folder,) = (example / "coderm-runs").glob("coderm_demo-*")
    shutil.copytree(folder, tmp_path / "run")
    written = tmp_path / "leaderboards" / "entries" / "NAME"
    written.mkdir(parents=True)
    shutil.copy(ENTRIES / "demo" / "about.yaml", written)
    exported = run(command("coderm-eval export run --to board"), tmp_path)
    assert exported.returncode == 0, exported.stderr
    assert (written / "picks.jsonl").read_text() == (ENTRIES / "demo" / "picks.jsonl").read_text()
    for folder in (ENTRIES / "demo", written):
        assert check.main([str(folder), "--run", str(tmp_path / "run")]) == 0


def test_the_embedded_example_gives_the_same_table_without_lm_eval(
    example: Path, short_loops: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the same store."""
    monkeypatch.setenv("CODERM_CONFIG", short_loops)
    shutil.copytree(example / "coderm-runs", example / "coderm-demo" / "store")
    done = run("coderm-eval demo", example)
    assert done.returncode == 0, done.stderr
    assert table(done.stdout) == table(FIRST_SCREEN)


def test_the_quickstart_shows_what_the_readme_shows() -> None:
    assert FIRST_SCREEN in (DOCS / "guide" / "quickstart.md").read_text()


def table(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def test_the_wheel_owns_task_files_where_lm_eval_looks(tmp_path: Path) -> None:
    """`pip install .` in full, but into a folder of its own; what RECORD lists is what uninstalling removes."""
    assert command("pip") == "pip install ."
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    record = zipfile.ZipFile(wheel).read(next(n for n in names if n.endswith("RECORD"))).decode()
    for task in (ROOT / "tasks").glob("*.yaml"):
        assert f"lm_eval/tasks/coderm/{task.name}," in record
    assert {name for name in names if name.startswith("lm_eval/")} <= set(re.findall(r"^(lm_eval/[^,]+)", record, re.M))
    assert "coderm_eval/benchmarks/demo/gold.jsonl" in names
    page = ROOT / "coderm_eval/report/page"
    of_page = {str(path.relative_to(ROOT)) for kind in ("html", "css", "js") for path in page.glob(f"*.{kind}")}
    assert len(of_page) > 2 and {"coderm_eval/py.typed", *of_page} <= {*names}
    schemas = "coderm_eval/report/exporters/every_eval_ever/schemas"
    assert {f"{schemas}/{name}" for name in ("LICENSE", "eval.schema.json", "instance_level_eval.schema.json")} <= {
        *names
    }


def test_the_two_file_commands_run_as_they_stand(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    write_files(tmp_path, mini_humaneval)
    reranked = shell(command("coderm-eval rerank --benchmark humaneval+ --samples samples.jsonl --tests"), tmp_path)
    assert reranked.returncode == 0, reranked.stderr
    assert "|humanevalplus_coderm|" in reranked.stdout
    assert "|evidence" in reranked.stdout
    reported = run("coderm-eval report run", tmp_path)
    assert reported.returncode == 0, reported.stderr
    assert "|each test" in reported.stdout
    as_page = run(command("coderm-eval report run --html"), tmp_path)
    assert as_page.returncode == 0, as_page.stderr
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    limited = run(command("coderm-eval rerank --limit 2"), tmp_path)
    assert (limited.returncode, limited.stderr) == (0, "") and "\n2 of 3 problems\n" in limited.stdout
    abstained = run(command("coderm-eval rerank --abstain-below"), tmp_path)
    assert abstained.returncode == 0 and "answered" in abstained.stdout, abstained.stderr
    by_majority = run(command("coderm-eval rerank --select majority"), tmp_path)
    assert by_majority.returncode == 0, by_majority.stderr
    compared = run(command("coderm-eval compare"), tmp_path)
    assert compared.returncode == 0, compared.stderr
    assert "|run|run-majority|" in compared.stdout
    assert (tmp_path / "difference.html").read_text().startswith("<!doctype html>")
    verified = run(command("coderm-eval verify"), tmp_path)
    assert verified.returncode == 0, verified.stdout
    assert "Findings: none" in verified.stdout
    graded = run(command("coderm-eval grade --benchmark humaneval+ --samples samples.jsonl"), tmp_path)
    assert graded.returncode == 0, graded.stderr
    assert json.loads((tmp_path / "samples_eval_results.json").read_text())["eval"]


def test_the_command_without_tests_runs_as_it_stands(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    write_files(tmp_path, mini_humaneval)
    done = run(command("coderm-eval rerank --benchmark humaneval+ --samples samples.jsonl --no-tests"), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "|humanevalplus_coderm|" in done.stdout


def test_the_commands_for_problems_of_ones_own_run_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the labels are those that the page shows."""
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    write_own_problems(tmp_path)
    for start, scored in (("problems.jsonl", True), ("unlabelled.jsonl", False)):
        done = run(command(f"coderm-eval rerank --benchmark {start}"), tmp_path)
        assert done.returncode == 0, done.stderr
        assert ("|problems.jsonl|" in done.stdout) == scored
    picks = [(tmp_path / run / "chosen.jsonl").read_text() for run in ("run-of-labels", "own_run")]
    assert picks[0] == picks[1]
    labelled = run(command("coderm-eval labels"), tmp_path)
    assert labelled.returncode == 0, labelled.stderr
    head = command("head -n 2 labels.jsonl")
    shown = (DOCS / "guide" / "your-problems.md").read_text().partition(f"$ {head}\n")[2].partition("```")[0]
    assert shell(head, tmp_path).stdout == shown
    with started(command("coderm-eval replay --benchmark").replace("8000", "0"), tmp_path) as url:
        line = command("lm_eval run --tasks coderm_problems").replace("http://127.0.0.1:8000/v1", url)
        table_of = run(line, tmp_path)
    assert "|coderm_problems|" in table_of.stdout


def test_the_evalplus_commands_run(tmp_path: Path, mini_humaneval: MiniHumanEval, server: str) -> None:
    """Only their addresses are changed."""
    write_files(tmp_path, mini_humaneval)
    for start, right in (
        ("evalplus.coderm --dataset humaneval --samples", 0.5),
        ("evalplus.coderm --dataset humaneval --model", 1),
    ):
        line = command(start).replace("127.0.0.1:8000", server).replace("127.0.0.1:8001", server)
        done = shell(line, tmp_path, OPENAI_API_KEY="none")
        assert done.returncode == 0, done.stderr
        assert re.findall(r"pass@1:\t(.*)", done.stdout) == [f"{right:.3f}"] * 2 + ["1.000"] * 2
    assert len((tmp_path / "samples.coderm.jsonl").read_text().splitlines()) == 3


def test_the_cheats_of_the_guide_pass_evalplus_and_are_found_out_here(
    tmp_path: Path, mini_humaneval: MiniHumanEval
) -> None:
    """The page's own programs, commands and table."""
    page = (DOCS / "guide" / "regrade.md").read_text()
    for name, code in re.findall(r'```python title="(.*?)"\n(.*?)```', page, re.DOTALL):
        (tmp_path / name).write_text(code)
    grade = "coderm-eval grade --benchmark humaneval+ --samples leaderboard.jsonl"
    printed = {}
    for start in ("python cheats.py", "evalplus.evaluate", grade):
        done = (run if start == grade else shell)(command(start), tmp_path)
        assert done.returncode == 0, done.stderr
        printed[start] = done.stdout
    cells = re.findall(r"^\| (\d) \|.*\| \**(\w+)\** \| (\w+) \|$", page, re.MULTILINE)
    shown = {int(number): statuses for number, *statuses in cells}
    written = [tmp_path / name for name in ("leaderboard_eval_results.json", "regraded.json")]
    results = [json.loads(path.read_text())["eval"] for path in written]
    for task in mini_humaneval.right:
        statuses = [[sample["plus_status"] for sample in graded[task]] for graded in results]
        assert [[*pair] for pair in zip(*statuses, strict=True)] == [*shown.values()]
    differing = [f"{task} sample {n}:" for task in mini_humaneval.right for n, (a, b) in shown.items() if a != b]
    assert re.findall(r"^\S+ sample \d:", printed[grade], re.MULTILINE) == differing
    assert "pass@1:\t0.667" in printed["evalplus.evaluate"]
    assert printed[grade].startswith("pass@1 0.1667")


def test_the_livecodebench_commands_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a file of one invented problem; what fetch does where the hub can be reached is tested with its parts."""
    livecodebench_rows.write(tmp_path / "problems.jsonl", [livecodebench_rows.row()])
    right = "class Solution:\n    def latest_tide(self, tides):\n        return max(tides, default=0)\n"
    (tmp_path / "outputs.json").write_text(json.dumps([{"question_id": "7001", "code_list": ["", right] * 10}]))
    (tmp_path / "tests.jsonl").write_text('{"task_id": "7001", "test": "assert latest_tide([2, 1]) == 2"}\n')
    monkeypatch.setenv("LIVECODEBENCH_PATH", str(tmp_path / "problems.jsonl"))
    reranked = run(command("coderm-eval rerank --benchmark livecodebench"), tmp_path)
    assert reranked.returncode == 0, reranked.stderr
    assert "|livecodebench_coderm|" in reranked.stdout
    exported = run(command("coderm-eval export lcb"), tmp_path)
    assert exported.returncode == 0, exported.stderr
    assert len(list((tmp_path / "submission").rglob("*_eval_all.json"))) == 1
    offline = shell(
        command("coderm-eval fetch livecodebench"), tmp_path, HF_HUB_OFFLINE="1", HF_HUB_CACHE=str(tmp_path / "hub")
    )
    assert offline.returncode == 2 and "could not be downloaded" in offline.stderr


def test_the_export_commands_run_as_they_stand(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    """Of a run with twenty candidates, as their names say."""
    write_files(tmp_path, mini_humaneval)
    (tmp_path / "samples.jsonl").write_text((tmp_path / "samples.jsonl").read_text() * 10)
    reranked = coderm(
        *shlex.split("rerank --benchmark humaneval+ --samples samples.jsonl --tests tests.jsonl --out run --grade"),
        cwd=tmp_path,
    )
    assert reranked.returncode == 0, reranked.stderr
    [about] = re.findall(r"```yaml\n(.*?)```", (DOCS / "guide" / "leaderboards.md").read_text(), re.DOTALL)
    (tmp_path / "eee.yaml").write_text(about)
    lines = [line for line in COMMANDS if line.startswith("coderm-eval export run") and "--to board" not in line]
    assert {shlex.split(line)[4] for line in lines} == {*OWN_EXPORTERS} - {"board", "livecodebench"}
    for line in lines:
        done = run(line, tmp_path)
        assert done.returncode == 0, done.stderr
        assert all((tmp_path / path).stat().st_size for path in done.stdout.splitlines())


def test_the_rule_of_ones_own_is_a_rule() -> None:
    """It is run as it stands: two tests, of which one is passed by a single candidate."""
    [code] = re.findall(r"```python\n(.*?)```", (DOCS / "reference" / "rules.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    try:
        passed = np.array([[True, True], [True, False], [True, False]])
        ones, outputs = np.ones(3, dtype=np.int64), np.zeros((3, 2), dtype=np.int64)
        ballot = Ballot(passed, ones, np.ones(2, dtype=np.int64), outputs, np.arange(3), outputs[:, :0])
        assert known_rules()["rare_tests"](ballot) == pytest.approx([2 / 3, 0, 0])
    finally:
        del registry._RULES["rare_tests"]


def test_the_doctor_says_which_isolation_there_is(tmp_path: Path) -> None:
    done = run("coderm-eval doctor", tmp_path)
    assert done.returncode == 0, done.stderr
    (shown,) = re.findall(r"^ok +isolation .*$", (DOCS / "design" / "security.md").read_text(), re.M)
    full = f"ok       isolation      {FULL}: {describe(FULL)}"
    assert shown == full
    (said,) = re.findall(r"^\w+ +isolation +.*$", done.stdout, re.M)
    assert said == full or said.startswith("warning  isolation      ")
    assert done.stdout.splitlines()[-1].startswith("runs work on this machine; ")


COMPLETIONS = [
    ("coderm-eval wri", "write-tests"),
    ("coderm-eval grade --over", "--overwrite"),
    ("coderm-eval rerank --select agr", "agreement"),
    ("coderm-eval export --to hug", "huggingface"),
]


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(("typed", "completed"), COMPLETIONS)
def test_the_line_for_bash_completes_verbs_and_flags(tmp_path: Path, typed: str, completed: str) -> None:
    words = typed.split()
    lines = (
        *("set -e", command("eval "), f"COMP_WORDS=({typed}) COMP_CWORD={len(words) - 1}"),
        f"_coderm_eval_completion coderm-eval {words[-1]} {words[-2]}",
        'echo "${COMPREPLY[@]}"',
    )
    done = shell(f"bash -c {shlex.quote(chr(10).join(lines))}", tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, completed), done.stderr


def test_python_m_is_the_command(tmp_path: Path) -> None:
    starts = (f"{sys.executable} -m coderm_eval", "coderm-eval")
    by_module, by_script = (shell(f"{start} --version", tmp_path).stdout for start in starts)
    assert by_module == by_script != ""


def test_the_run_directory_has_the_documented_files(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    write_files(tmp_path, mini_humaneval)
    asked = command("coderm-eval rerank --benchmark humaneval+ --samples samples.jsonl --tests")
    coderm(*shlex.split(asked)[1:], "--report", cwd=tmp_path)
    page = (DOCS / "reference" / "run-directory.md").read_text()
    rows = [row for row in page.split("\n## ")[0].splitlines() if row.startswith("| `")]
    rows = [row for row in rows if "--budget-curve" not in row and "for LiveCodeBench" not in row]
    named = set(re.findall(r"`([a-z_]+(?:\.jsonl?|\.html|/))`", "".join(row.split("|")[1] for row in rows)))
    assert {name.strip("/") for name in named} == {path.name for path in (tmp_path / "run").iterdir()}


def test_the_replay_command_serves(tmp_path: Path, mini_humaneval: MiniHumanEval) -> None:
    write_files(tmp_path, mini_humaneval)
    arguments = shlex.split(command("coderm-eval replay --samples samples.jsonl").replace("8000", "0"))
    arguments[0] = str(SCRIPTS / arguments[0])
    process = subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts)
    assert process.stderr
    assert re.search(r"serving 3 tasks on http://127\.0\.0\.1:\d+/v1", process.stderr.readline())
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    process.stderr.close()


def test_the_serve_command_serves(tmp_path: Path, server: str, mini_humaneval: MiniHumanEval) -> None:
    """Only its addresses are changed; it answers a request of its own benchmark."""
    line = command("coderm-eval serve --model P").replace("127.0.0.1:8000", server).replace("127.0.0.1:8001", server)
    arguments = shlex.split(line.replace("8100", "0"))
    arguments[0] = str(SCRIPTS / arguments[0])
    process = subprocess.Popen(arguments, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts)
    assert process.stderr
    started = re.search(r"serving P, P@first, P@majority on (\S+)", process.stderr.readline())
    assert started
    problem = next(p for p in load_benchmark("humaneval+").problems if p.task_id in mini_humaneval.right)
    reply = post(started[1], chat_body(problem.request, model="P"))
    assert reply.status == 200 and mini_humaneval.right[problem.task_id].strip() in reply.text
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    process.stderr.close()


def test_the_server_can_be_tried_without_a_model(example: Path, tmp_path: Path) -> None:
    """The page's commands and program, with other ports; the demo's files are the first screen's."""
    (run,) = (example / "coderm-runs").glob("coderm_demo-*")
    shutil.copytree(run, tmp_path / "demo")
    page = (DOCS / "guide" / "serve.md").read_text()
    ((name, program),) = re.findall(r'```python title="(.*?)"\n(.*?)```', page, re.DOTALL)
    with (
        started(command("coderm-eval replay --samples demo").replace("8000", "0"), tmp_path) as recorded,
        started(
            command("coderm-eval serve --model recorded")
            .replace("http://127.0.0.1:8000/v1", recorded)
            .replace("8100", "0"),
            tmp_path,
        ) as url,
    ):
        (tmp_path / name).write_text(program.replace("http://127.0.0.1:8100/v1", url))
        asked = shell(command(f"python {name}"), tmp_path)
    assert asked.returncode == 0, asked.stderr
    assert re.findall(r"^recorded\S*", asked.stdout, re.MULTILINE) == [
        "recorded",
        "recorded@first",
        "recorded@majority",
    ]
    assert asked.stdout.count("def tide_gate_hours") == 3


@contextmanager
def started(line: str, cwd: Path) -> Iterator[str]:
    """The address of a server that this command starts; it is ended in the end."""
    arguments = shlex.split(line)
    arguments[0] = str(SCRIPTS / arguments[0])
    log = cwd / f"{arguments[1]}.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(arguments, cwd=cwd, stderr=stderr, text=True, preexec_fn=heed_interrupts)
    try:
        assert soon(lambda: " on http://" in log.read_text() or process.poll() is not None)
        found = re.search(r" on (http://\S+)", log.read_text())
        assert found, log.read_text()
        yield found[1]
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def server(mini_humaneval: MiniHumanEval) -> Iterator[str]:
    """It has as many answers as commands ask for: EvalPlus asks again, without end, where a server refuses."""
    tests = {task_id: [TEST] * 100 for task_id in mini_humaneval.right}
    programs = {task_id: [program] * 20 for task_id, program in mini_humaneval.right.items()}
    recording = RecordedAnswers(load_benchmark("humaneval+").problems, programs, tests)
    with replaying(recording) as address:
        yield address


TEST = "import unittest\n\n\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        pass\n"


def test_the_lm_eval_command_runs(tmp_path: Path, server: str) -> None:
    """Only its addresses are changed."""
    line = command("lm_eval run --model").replace("127.0.0.1:8000", server).replace("127.0.0.1:8001", server)
    done = run(line, tmp_path)
    values = {float(row.split("|")[7]) for row in table(done.stdout) if "pass@1" in row}
    assert values == {1.0}
    (results,) = (tmp_path / "out").rglob("results_*.json")
    (folder,) = (tmp_path / "coderm-runs").glob("humanevalplus_coderm-*")
    provenance = json.loads((folder / "provenance.json").read_text())
    assert tmp_path / provenance["results_file"] == results
    assert provenance["command"][:2] == ["lm_eval", "run"]
    named = json.loads(results.read_text())["configs"]["humanevalplus_coderm"]["metadata"]["run_directory"]
    assert tmp_path / named == folder
    assert list((tmp_path / "out").rglob("samples_humanevalplus_coderm_*.jsonl"))


def test_the_commands_that_ask_models_run(tmp_path: Path, server: str) -> None:
    """Only their addresses are changed."""
    examined = run(command("coderm-eval doctor --base-url").replace("127.0.0.1:8001", server), tmp_path)
    assert examined.returncode == 1, examined.stderr
    assert re.search(r"^failed +tests +.* serves recorded, not KAKA22/CodeRM-8B$", examined.stdout, re.M)
    for start in ("coderm-eval sample", "coderm-eval write-tests"):
        done = run(command(start).replace("127.0.0.1:8000", server).replace("127.0.0.1:8001", server), tmp_path)
        assert done.returncode == 0, done.stderr
    for name, each in (("samples.jsonl", 20), ("tests.jsonl", 100)):
        assert len((tmp_path / name).read_text().splitlines()) == 3 * each


def write_files(folder: Path, mini: MiniHumanEval) -> None:
    programs = [*mini.right.items(), *mini.wrong.items()]
    lines = [json.dumps({"task_id": task_id, "solution": program}) for task_id, program in programs]
    (folder / "samples.jsonl").write_text("\n".join(lines) + "\n")
    tests = [json.dumps({"task_id": task_id, "test": TEST}) for task_id in mini.right]
    (folder / "tests.jsonl").write_text("\n".join(tests) + "\n")
