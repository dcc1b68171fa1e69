"""The benchmarks: the embedded example as documented, and EvalPlus's grades without a loophole."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.execution import graded
from helpers.mini_humaneval import MiniHumanEval
from helpers.other_hosts import granted
from helpers.paths import ROOT

from coderm_eval.benchmarks import BENCHMARKS, Benchmark, GradeTask, benchmark_of_task, load_benchmark
from coderm_eval.benchmarks.demo import SAMPLES, TESTS
from coderm_eval.benchmarks.evalplus.dataset import Dataset
from coderm_eval.benchmarks.evalplus.reference_answers import reference_answers
from coderm_eval.core.errors import DatasetError, IncompleteRunError
from coderm_eval.core.records import Grade
from coderm_eval.execution.limits import Limits

Row = dict[str, Any]

PASS = {"base": "pass", "plus": "pass"}
FAIL = {"base": "fail", "plus": "fail"}
TIMEOUT = {"base": "timeout", "plus": "timeout"}

BUOYS: list[tuple[str, str, dict[str, str]]] = [
    ("right", "def buoy_gap(a, b):\n    return abs(b - a)\n", PASS),
    ("right on the base inputs only", "def buoy_gap(a, b):\n    return b - a\n", {"base": "pass", "plus": "fail"}),
    ("wrong", "def buoy_gap(a, b):\n    return a + b\n", FAIL),
    ("raises", "def buoy_gap(a, b):\n    return a / 0\n", FAIL),
    ("empty", "", FAIL),
    ("not Python", "def buoy_gap(a, b:\n", FAIL),
    ("another name", "def gap(a, b):\n    return abs(b - a)\n", FAIL),
    ("SystemExit at import", "raise SystemExit(0)\n", FAIL),
    ("SystemExit in the function", "def buoy_gap(a, b):\n    raise SystemExit(0)\n", FAIL),
    ("os._exit at import", "import os\nos._exit(0)\n", TIMEOUT),
    ("os._exit in the function", "import os\n\n\ndef buoy_gap(a, b):\n    os._exit(0)\n", TIMEOUT),
    ("loop at import", "while True:\n    pass\n", TIMEOUT),
    ("loop in the function", "def buoy_gap(a, b):\n    while True:\n        pass\n", FAIL),
]
"""Programs for the first problem of the mini dataset, and what EvalPlus says of them."""

_EVALPLUS_ITSELF = """
import json, sys
from evalplus.data import get_human_eval_plus, get_human_eval_plus_hash
from evalplus.evaluate import check_correctness, get_groundtruth

problems = get_human_eval_plus()
truth = get_groundtruth(problems, get_human_eval_plus_hash(), [])
said = {}
for key, (task_id, program) in json.load(sys.stdin).items():
    result = check_correctness("humaneval", 0, problems[task_id], program, truth[task_id], fast_check=True)
    said[key] = {suite: result[suite][0] for suite in ("base", "plus")}
print("\\n" + json.dumps(said))
"""


@pytest.fixture(autouse=True, scope="module")
def _scratch_is_kept_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """EvalPlus leaves the temporary folder of a program that exits or is killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("scratch")))
        yield


def _rows(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _grades(benchmark: Benchmark, programs: dict[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """{key: statuses} of {key: (task id, program)}."""
    tasks = [GradeTask(key, *program) for key, program in programs.items()]
    return graded(benchmark, tasks)


def _truth_file(mini: MiniHumanEval) -> Path:
    [path] = (Path(mini.environment["XDG_CACHE_HOME"]) / "evalplus").glob("*.pkl")
    return path


def _answers_file(mini: MiniHumanEval) -> Path:
    return _truth_file(mini).with_suffix(".coderm4.json")


# The embedded example


@pytest.fixture(scope="module")
def demo() -> Benchmark:
    return load_benchmark("demo")


def test_the_example_has_a_dozen_problems_with_16_candidates_and_tests(demo: Benchmark) -> None:
    task_ids = [problem.task_id for problem in demo.problems]
    assert len(task_ids) == len(set(task_ids)) >= 12
    for path in (SAMPLES, TESTS):
        counts = Counter(row["task_id"] for row in _rows(path))
        assert set(counts) == set(task_ids) and min(counts.values()) >= 16


def test_the_examples_problems_ask_for_their_function_with_examples(demo: Benchmark) -> None:
    for problem in demo.problems:
        assert f"def {problem.entry_point}(" in problem.prompt
        assert f">>> {problem.entry_point}(" in problem.prompt
        assert compile(problem.prompt, problem.task_id, "exec")


def test_only_candidates_noted_as_right_pass_the_examples_gold_tests(
    demo: Benchmark, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that never end have a quarter of a second, a hundred times what the others need."""
    monkeypatch.setattr(demo, "_limits", Limits(timeout_s=0.25))
    programs = {(row["task_id"], row["solution"]): row["note"] for row in _rows(SAMPLES)}
    found = _grades(demo, {str(number): pair for number, pair in enumerate(programs)})
    passed = {number: Grade(statuses).passed for number, statuses in found.items()}
    assert None not in passed.values()
    said = [(note, passed[str(number)]) for number, note in enumerate(programs.values())]
    assert [note for note, well in said if well != note.startswith("right")] == []


def test_programs_are_graded_in_the_isolation_that_is_asked_for(demo: Benchmark) -> None:
    if "namespaces" not in granted():
        pytest.skip("this host refuses user namespaces")
    right = next(row for row in _rows(SAMPLES) if row["note"].startswith("right"))
    looks = f"import os\n\nassert os.path.exists({__file__!r})\n{right['solution']}"
    tasks = [GradeTask("it", right["task_id"], looks)]
    found = {level: graded(demo, tasks, isolation=level)["it"]["gold"] for level in ("auto", "rlimits")}
    assert found == {"auto": "fail", "rlimits": "pass"}


def test_the_examples_gold_tests_are_none_of_its_generated_tests() -> None:
    gold = {row["task_id"]: row["test"] for row in _rows(SAMPLES.parent / "gold.jsonl")}
    written = _rows(TESTS)
    assert set(gold) == {row["task_id"] for row in written}
    assert all(row["test"].strip() != gold[row["task_id"]].strip() for row in written)


def test_the_examples_problems_show_no_gold_test_and_no_solution(demo: Benchmark) -> None:
    gold = {row["task_id"]: row["test"] for row in _rows(SAMPLES.parent / "gold.jsonl")}
    right = [row for row in _rows(SAMPLES) if row["note"].startswith("right")]
    for problem in demo.problems:
        secrets = [gold[problem.task_id], *(row["solution"] for row in right if row["task_id"] == problem.task_id)]
        assert not any(text.strip() in f"{problem.prompt}{problem.question}" for text in secrets)


def test_a_benchmark_is_found_by_the_prefix_of_its_task_ids(demo: Benchmark) -> None:
    assert {benchmark_of_task(problem.task_id) for problem in demo.problems} == {"demo"}
    assert benchmark_of_task("HumanEval/0") == "humaneval+" and benchmark_of_task("Mbpp/2") == "mbpp+"
    assert benchmark_of_task("Ferry/1") is None


# EvalPlus


def test_evalplus_problems_are_loaded_in_the_order_of_the_file(mini_humaneval: MiniHumanEval) -> None:
    benchmark = load_benchmark("humaneval+")
    assert [problem.task_id for problem in benchmark.problems] == list(mini_humaneval.right)
    assert benchmark.problem_by_id()["HumanEval/1"].entry_point == "peal"


def test_nothing_in_a_problem_contains_its_canonical_solution(mini_humaneval: MiniHumanEval) -> None:
    solutions = {row["task_id"]: row["canonical_solution"].strip() for row in _rows(mini_humaneval.path)}
    for problem in load_benchmark("humaneval+").problems:
        assert not any(solutions[problem.task_id] in text for text in vars(problem).values())


def test_right_programs_pass_and_wrong_ones_fail(mini_humaneval: MiniHumanEval) -> None:
    programs = {f"right {task}": (task, program) for task, program in mini_humaneval.right.items()}
    programs |= {f"wrong {task}": (task, program) for task, program in mini_humaneval.wrong.items()}
    found = _grades(load_benchmark("humaneval+"), programs)
    assert {key: PASS if key.startswith("right") else found[key] for key in programs} == found
    assert not any(Grade(statuses).passed for key, statuses in found.items() if key.startswith("wrong"))


@pytest.mark.usefixtures("short_loading")
def test_grades_are_those_of_evalplus_itself(mini_humaneval: MiniHumanEval) -> None:
    programs = {name: ("HumanEval/0", program) for name, program, _ in BUOYS}
    with subprocess.Popen(
        [sys.executable, "-c", _EVALPLUS_ITSELF],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **mini_humaneval.environment},
        text=True,
    ) as itself:
        assert itself.stdin and itself.stdout
        with itself.stdin as asked:
            asked.write(json.dumps(programs))
        found = _grades(load_benchmark("humaneval+"), programs)
        said = json.loads(itself.stdout.read().splitlines()[-1])
    assert found == said
    assert found == {name: statuses for name, _, statuses in BUOYS}


def test_a_relative_path_to_the_dataset_works_as_an_absolute_one_does(
    mini_humaneval: MiniHumanEval, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalplus.data import humaneval

    monkeypatch.chdir(mini_humaneval.path.parent)
    monkeypatch.setenv("HUMANEVAL_OVERRIDE_PATH", mini_humaneval.path.name)
    monkeypatch.setattr(humaneval, "HUMANEVAL_OVERRIDE_PATH", mini_humaneval.path.name)
    found = _grades(load_benchmark("humaneval+"), {"it": ("HumanEval/0", mini_humaneval.right["HumanEval/0"])})
    assert found == {"it": PASS}


def test_the_checksum_is_that_of_the_uncompressed_dataset(
    mini_humaneval: MiniHumanEval, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evalplus.data import humaneval

    plain = load_benchmark("humaneval+")
    packed = mini_humaneval.path.with_suffix(".jsonl.gz")
    packed.write_bytes(gzip.compress(mini_humaneval.path.read_bytes()))
    monkeypatch.setattr(humaneval, "HUMANEVAL_OVERRIDE_PATH", str(packed))
    assert load_benchmark("humaneval+").dataset_sha256 == plain.dataset_sha256


def test_the_grader_changes_with_the_dataset_and_the_memory_limit(
    mini_humaneval: MiniHumanEval, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_benchmark("humaneval+").grader()
    assert load_benchmark("humaneval+").grader() == before
    monkeypatch.setenv("EVALPLUS_MAX_MEMORY_BYTES", "1000000000")
    limited = load_benchmark("humaneval+").grader()
    mini_humaneval.path.write_text(mini_humaneval.path.read_text().replace("[[2, 5]]", "[[2, 6]]"))
    assert len({before, limited, load_benchmark("humaneval+").grader()}) == 3


# EvalPlus's expected outputs

HUMANEVAL = Dataset("humaneval")


def _expected(task: str, suite: str) -> list[str]:
    return reference_answers(HUMANEVAL)[task][suite].texts


def test_expected_outputs_are_what_the_reference_solutions_return(mini_humaneval: MiniHumanEval) -> None:
    assert (_expected("HumanEval/0", "base"), _expected("HumanEval/0", "plus")) == (["3"], ["3", "0"])
    assert (_expected("HumanEval/2", "base"), _expected("HumanEval/2", "plus")) == (["9"], ["null", "5"])


def test_evalplus_finds_its_own_file_of_them(mini_humaneval: MiniHumanEval) -> None:
    reference_answers(HUMANEVAL)
    truth = pickle.loads(_truth_file(mini_humaneval).read_bytes())
    assert (truth["HumanEval/0"]["base"], truth["HumanEval/0"]["plus"]) == ([3], [3, 0])


def test_what_evalplus_has_computed_is_not_computed_again(mini_humaneval: MiniHumanEval) -> None:
    reference_answers(HUMANEVAL)
    truth = _truth_file(mini_humaneval)
    told = pickle.loads(truth.read_bytes())
    told["HumanEval/0"]["base"] = [99]
    truth.write_bytes(pickle.dumps(told))
    _answers_file(mini_humaneval).unlink()
    assert _expected("HumanEval/0", "base") == ["99"]


def test_expected_outputs_that_were_cut_short_are_computed_again(mini_humaneval: MiniHumanEval) -> None:
    reference_answers(HUMANEVAL)
    path = _truth_file(mini_humaneval)
    for share in (0, 0.9):
        cut = path.read_bytes()[: int(path.stat().st_size * share)]
        path.write_bytes(cut.rstrip(b"."))  # a whole pickle is told by its last byte
        _answers_file(mini_humaneval).unlink()
        assert _expected("HumanEval/0", "plus") == ["3", "0"]


def test_the_rest_of_a_killed_computation_is_no_expected_output(
    mini_humaneval: MiniHumanEval,
) -> None:
    left = Path(mini_humaneval.environment["XDG_CACHE_HOME"]) / "evalplus" / "tmpkilled" / "truth.pkl"
    left.parent.mkdir(parents=True)
    left.write_bytes(pickle.dumps({"HumanEval/0": {"base": [99]}})[:-5])
    assert _expected("HumanEval/0", "base") == ["3"]


def test_reference_solutions_that_cannot_be_run_end_the_run(mini_humaneval: MiniHumanEval) -> None:
    text = mini_humaneval.path.read_text().replace("return abs(a - b)", "return nowhere")
    mini_humaneval.path.write_text(text)
    with pytest.raises(IncompleteRunError, match="reference solutions of humaneval could not be run"):
        reference_answers(HUMANEVAL)


# Datasets that cannot be used


def _make_it_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


UNUSABLE: list[tuple[str, Callable[[Path], object]]] = [
    ("missing", Path.unlink),
    ("a folder", _make_it_a_folder),
    ("empty", lambda path: path.write_text("")),
    ("blank lines", lambda path: path.write_text("\n\n")),
    ("prose", lambda path: path.write_text("Tides and buoys\n")),
    ("JSON of another kind", lambda path: path.write_text("[1, 2]\n")),
    ("null", lambda path: path.write_text("null\n")),
    ("rows of something else", lambda path: path.write_text('{"question": "How high?"}\n')),
    ("rows that lack fields", lambda path: path.write_text('{"task_id": "HumanEval/0"}\n')),
    ("rows without a name", lambda path: path.write_text(path.read_text().replace('"entry_point"', '"name"'))),
    ("cut short", lambda path: path.write_text(path.read_text()[:-20])),
    ("not UTF-8", lambda path: path.write_bytes(b"\xff\xfe\x00")),
]


@pytest.mark.parametrize(("name", "spoil"), UNUSABLE)
def test_an_unusable_dataset_is_reported_under_its_variable(
    mini_humaneval: MiniHumanEval, name: str, spoil: Callable[[Path], object]
) -> None:
    spoil(mini_humaneval.path)
    with pytest.raises(DatasetError, match="HUMANEVAL_OVERRIDE_PATH") as caught:
        load_benchmark("humaneval+")
    assert str(mini_humaneval.path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"prose", gzip.compress(b"{}\n" * 999)[:-12], b"\x1f\x8b\x08junk of some length"],
    ids=["prose", "cut off", "junk"],
)
def test_a_spoilt_gzip_file_is_reported_under_the_variable_that_names_it(
    mini_humaneval: MiniHumanEval, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    from evalplus.data import humaneval

    packed = mini_humaneval.path.with_suffix(".jsonl.gz")
    packed.write_bytes(content)
    monkeypatch.setenv("HUMANEVAL_OVERRIDE_PATH", str(packed))
    monkeypatch.setattr(humaneval, "HUMANEVAL_OVERRIDE_PATH", str(packed))
    with pytest.raises(DatasetError, match="HUMANEVAL_OVERRIDE_PATH"):
        load_benchmark("humaneval+")


_LOADS = """
import sys
from coderm_eval.benchmarks import load_benchmark
from coderm_eval.core.errors import DatasetError

try:
    load_benchmark(sys.argv[1])
except DatasetError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("name", "variable"), [("humaneval+", "HUMANEVAL_OVERRIDE_PATH"), ("mbpp+", "MBPP_OVERRIDE_PATH")]
)
def test_a_missing_dataset_is_reported_with_the_variable_to_set(tmp_path: Path, name: str, variable: str) -> None:
    """In a process of its own, which finds an empty cache and, for a network, a proxy that refuses."""
    refusing = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}
    kept = {key: value for key, value in os.environ.items() if "OVERRIDE" not in key and "proxy" not in key.lower()}
    told = subprocess.run(
        [sys.executable, "-c", _LOADS, name],
        env={**kept, **refusing, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"set {variable}=" in told.stdout


_WITHOUT_DATASETS = """
import sys
from coderm_eval.benchmarks.evalplus.loaders import loaders

data = loaders()
print("datasets" in sys.modules, data.load_dataset("evalperf"), "datasets" in sys.modules)
"""


def test_evalplus_loads_datasets_where_it_needs_it(tmp_path: Path) -> None:
    (tmp_path / "datasets.py").write_text("def load_dataset(name):\n    return f'rows of {name}'\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    told = subprocess.check_output(
        [sys.executable, "-c", _WITHOUT_DATASETS], env={**os.environ, "PYTHONPATH": path}, text=True
    )
    assert told == "False rows of evalperf True\n"


# Recorded data


@pytest.mark.parametrize(
    ("name", "file", "problems"),
    [("humaneval+", "HumanEvalPlus-v0.1.10.jsonl.gz", 164), ("mbpp+", "MbppPlus-v0.2.0.jsonl.gz", 378)],
)
def test_the_real_datasets_load_whole_and_show_no_solution(
    recorded_data: Path, monkeypatch: pytest.MonkeyPatch, name: str, file: str, problems: int
) -> None:
    from evalplus.data import humaneval, mbpp

    path = recorded_data / "evalplus" / file
    monkeypatch.setattr(humaneval, "HUMANEVAL_OVERRIDE_PATH", str(path))
    monkeypatch.setattr(mbpp, "MBPP_OVERRIDE_PATH", str(path))
    benchmark = load_benchmark(name)
    assert len(benchmark.problems) == problems
    assert {benchmark_of_task(problem.task_id) for problem in benchmark.problems} == {name}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        solutions = {row["task_id"]: row["canonical_solution"].strip() for row in map(json.loads, lines)}
    for problem in benchmark.problems:
        assert problem.question.strip() and problem.entry_point in problem.prompt
        assert solutions[problem.task_id] not in f"{problem.prompt}{problem.question}"


def test_every_benchmark_has_a_loader() -> None:
    assert set(BENCHMARKS) >= {"humaneval+", "mbpp+", "demo"}
