"""Compare a run with the longer of its two parts by itself: writing tests, and running them.

    python -m perf.overlap

A server, a process of its own, takes a fixed time for each test that it is asked for. The programs compute whenever
they are called, or sleep (--sleep), which leaves the cores to others. The loop, the client, the store and the executor
are the real ones. "Writing alone" is the loop with made-up verdicts. "Running alone" is the loop once more over a store
that holds all answers and no verdicts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coderm_eval.core.protocols import Block, Execute
from coderm_eval.core.records import Problem, ProblemCandidates, Selection, Verdict, Verdicts, deduplicate_candidates
from coderm_eval.core.store import open_store
from coderm_eval.execution.backends.local import LocalExecutor
from coderm_eval.execution.cached import cached_execution
from coderm_eval.execution.settings import ExecutionSettings
from coderm_eval.generation.cached_model import CachedModel
from coderm_eval.generation.models.openai_server import OpenAIServer
from coderm_eval.generation.settings import TestSettings
from coderm_eval.generation.test_sources import ModelTests
from coderm_eval.pipeline.loop import rerank
from coderm_eval.selection.budget import BudgetPolicy, ProblemState, UniformBudget
from perf._common import argument_parser, print_table, served
from perf.loopback import response, serve

PROGRAM = """
import time


def f(x):
    time.sleep({sleep})
    for _ in range({loops}):
        pass
    return x + {wrong_by}
"""

ANSWER = """```python
import unittest


class TestF(unittest.TestCase):
    def test_{0}(self):
        self.assertEqual(f({0}), {0})
```"""


@dataclass(frozen=True)
class Rounds(BudgetPolicy):
    """Asks for `each` tests of a problem in every round, `total` in the end, as a policy that reads verdicts would."""

    total: int
    each: int

    def next_round(self, states: Mapping[str, ProblemState], picks: Mapping[str, Selection]) -> dict[str, int]:
        return {task: self.each for task, s in states.items() if not s.in_flight and s.requested < self.total}

    def stopped(self, task_id: str) -> str:
        return "budget"


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--problems", type=int, default=60)
    parser.add_argument("--candidates", type=int, default=8)
    parser.add_argument("--tests", type=int, default=16, help="of each problem")
    parser.add_argument("--each", type=int, default=2, help="tests a problem in each round")
    parser.add_argument("--seconds", type=float, default=0.2, help="that the server takes for a test")
    parser.add_argument("--concurrency", type=int, default=4, help="requests under way")
    parser.add_argument("--loops", type=int, default=60_000, help="of each call of a program")
    parser.add_argument("--sleep", type=float, default=0, help="seconds of each call of a program")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve_slowly(options.serve))
        return
    with served("perf.overlap", "--serve", str(options.seconds)) as url:
        report(url, options)


def report(url: str, options: argparse.Namespace) -> None:
    policies: dict[str, BudgetPolicy] = {
        f"{options.tests // options.each} rounds": Rounds(options.tests, options.each),
        "1 round": UniformBudget(options.tests),
    }
    headers = ["", "writing alone, s", "running alone, s", "the run, s", "over the longer", "over their sum"]
    repeated = [*policies.items()] * options.repeats
    print_table(headers, ([name, *table_row(*measured(url, options, policy))] for name, policy in repeated))


def table_row(writing: float, running: float, both: float) -> list[str]:
    ratios = both / max(writing, running), both / (writing + running)
    return [*(f"{seconds:.1f}" for seconds in (writing, running, both)), *(f"{ratio:.2f}" for ratio in ratios)]


def measured(url: str, options: argparse.Namespace, policy: BudgetPolicy) -> tuple[float, float, float]:
    """Return the seconds of writing alone, of running alone, and of both in one run."""
    with tempfile.TemporaryDirectory() as folder:
        alone, whole = Path(folder) / "alone", Path(folder) / "whole"
        executor = real(options.workers)
        return (
            seconds(url, options, policy, alone, made_up),
            seconds(url, options, policy, alone, executor),
            seconds(url, options, policy, whole, executor),
        )


def seconds(url: str, options: argparse.Namespace, policy: BudgetPolicy, store: Path, execute: Execute) -> float:
    items = list(work(options))
    settings = TestSettings(model="m", base_url=url, concurrency=options.concurrency)
    with open_store(store) as opened:
        tests = ModelTests(
            CachedModel(OpenAIServer(settings), settings, opened.table("answers"), "writing tests"),
            prompts={item.problem.task_id: [item.problem.question] for item in items},
            entry_points={item.problem.task_id: "f" for item in items},
            extraction="default",
        )
        start = time.perf_counter()
        results = rerank(items, write_tests=tests, execute=execute, rule="majority", rules=["majority"], budget=policy)
        took = time.perf_counter() - start
    assert all(result.verdicts.matrix.shape == (options.candidates, options.tests) for result in results)
    return took


def work(options: argparse.Namespace) -> Iterator[ProblemCandidates]:
    for number in range(options.problems):
        how = {"sleep": options.sleep, "loops": options.loops}
        sources = [PROGRAM.format(wrong_by=wrong_by, **how) for wrong_by in range(options.candidates)]
        problem = Problem(f"problem {number}", "f", "", f"Write tests for problem {number}.")
        yield ProblemCandidates(problem, deduplicate_candidates(sources))


def made_up(blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
    for block in filter(None, blocks):
        verdicts = Verdicts.not_run(len(block.programs), len(block.tests))
        verdicts.matrix[:] = Verdict.PASSED
        yield block, verdicts


def real(workers: int) -> Execute:
    def execute(blocks: Iterable[Block | None]) -> Iterator[tuple[Block, Verdicts]]:
        with (
            tempfile.TemporaryDirectory() as folder,
            open_store(Path(folder)) as store,
            LocalExecutor(workers=workers) as executor,
        ):
            yield from cached_execution(executor, store.verdicts(), ExecutionSettings(), "perf", bar=False)(blocks)

    return execute


async def serve_slowly(seconds_a_test: float) -> None:
    async def answer(body: bytes) -> bytes:
        asked = json.loads(body)
        await asyncio.sleep(seconds_a_test * asked["n"])
        return response(json.dumps(reply(asked)).encode())

    await serve(answer)


def reply(body: dict[str, Any]) -> dict[str, Any]:
    """Answer with one test for each seed."""
    texts = [ANSWER.format(body["seed"] + index) for index in range(body["n"])]
    choices = [
        {"index": index, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": 10, "completion_tokens": 50 * len(texts), "total_tokens": 10 + 50 * len(texts)}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": choices, "usage": usage}


if __name__ == "__main__":
    main()
