"""Real harnesses in processes of their own, in front of a server: each returns the texts that it stored, by task.

All take the server's URL, the model's name, the recorded problems that they pose, and an empty folder to work in. The
programs that come back are not run by a harness: most of them would do it without a sandbox.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from helpers.cli import rows, write_rows
from helpers.harness_environments import python_of
from helpers.paths import ROOT
from helpers.recordings import Recording

__all__ = [
    "Run",
    "bigcodebench",
    "evalplus",
    "inspect_evals",
    "lighteval",
    "livecodebench",
    "lm_eval_05",
    "lm_eval_chat",
    "lm_eval_completions",
    "openai_client",
]

Run = Callable[[str, str, Recording, Path], dict[str, str]]
"""(URL, model, problems, folder) -> stored texts by task id."""

_TASKS = ROOT / "tests" / "harnesses" / "tasks"
_LIMIT_S = 300
"""Seconds that a harness may take; some send a request that fails again and again. They took 20 on two busy cores."""


def evalplus(url: str, model: str, recording: Recording, folder: Path) -> dict[str, str]:
    """`evalplus.codegen --backend openai`."""
    where = ["--backend", "openai", "--base-url", url, "--root", "out", "--greedy"]
    _run(
        [sys.executable, "-m", "evalplus.codegen", "--model", model, "--dataset", "humaneval", *where],
        recording,
        folder,
    )
    return {row["task_id"]: row["solution"] for row in rows(_only(folder, "out/humaneval/*.raw.jsonl"))}


def bigcodebench(url: str, model: str, recording: Recording, folder: Path) -> dict[str, str]:
    """`bigcodebench.generate --backend openai`, over the recorded problems in BigCodeBench's file format."""
    columns = ("task_id", "entry_point", "canonical_solution", "test")
    prompts = ("complete_prompt", "instruct_prompt", "code_prompt")
    posed = [
        {**{c: row[c] for c in columns}, **dict.fromkeys(prompts, row["prompt"]), "libs": "[]", "doc_struct": "{}"}
        for row in rows(recording.problems)
    ]
    problems = write_rows(folder / "bigcodebench.jsonl", posed)
    command = [python_of("bigcodebench"), "-m", "bigcodebench.generate", "--model", model, "--root", "out", "--greedy"]
    where = ["--backend", "openai", "--base_url", url, "--split", "complete", "--subset", "full"]
    _run([*command, *where], recording, folder, {"BIGCODEBENCH_OVERRIDE_PATH": str(problems)})
    return {row["task_id"]: row["raw_solution"] for row in rows(_only(folder, "out/*.jsonl"))}


def lm_eval_completions(
    url: str, model: str, recording: Recording, folder: Path, python: str | Path = sys.executable
) -> dict[str, str]:
    """A task as lm-eval's own `humaneval_plus`, by `local-completions`."""
    task = {"doc_to_text": "{{prompt}}", "until": ["\nclass", "\ndef", "\n#", "\nif", "\nprint"]}
    where = f"base_url={url}/completions,tokenizer_backend=None,tokenized_requests=False"
    return _lm_eval([python, "local-completions", where], model, task, recording, folder)


def lm_eval_05(url: str, model: str, recording: Recording, folder: Path) -> dict[str, str]:
    """The same with the preview of lm-eval 0.5."""
    return lm_eval_completions(url, model, recording, folder, python_of("lm-eval-0.5"))


def lm_eval_chat(url: str, model: str, recording: Recording, folder: Path) -> dict[str, str]:
    """A task as lm-eval's own `mbpp_plus_instruct`, by `local-chat-completions`; the prompt is HumanEval's."""
    text = "Write a solution to the following problem:\n```python\n{{ prompt }}\n```\n"
    client = [sys.executable, "local-chat-completions", f"base_url={url}/chat/completions"]
    task = {"doc_to_text": text, "until": []}
    return _lm_eval(client, model, task, recording, folder, "--apply_chat_template")


def _lm_eval(
    client: Sequence[object], model: str, task: Mapping[str, object], recording: Recording, folder: Path, *flags: str
) -> dict[str, str]:
    asked = {"until": task["until"], "max_gen_toks": 1024, "do_sample": False}
    settings = {
        "task": "as_humaneval_plus",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(_plain(recording, folder))}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": task["doc_to_text"],
        "doc_to_target": "",
        "generation_kwargs": asked,
        "metric_list": [{"metric": "exact_match"}],
    }
    (folder / "tasks").mkdir()
    (folder / "tasks" / "as_humaneval_plus.yaml").write_text(yaml.safe_dump(settings))
    python, kind, where = client
    args = f"model={model},seed=0,{where}"  # seed=0: it sends 1234 otherwise, and another recorded answer is the first
    command = [python, _TASKS / "lm_eval_runner.py", "run", "--model", kind, "--model_args", args, *flags]
    out = ["--tasks", "as_humaneval_plus", "--include_path", "tasks", "--output_path", "out", "--log_samples"]
    _run([*command, *out], recording, folder)
    return {row["doc"]["task_id"]: row["resps"][0][0] for row in rows(_only(folder, "out/**/samples_*.jsonl"))}


def inspect_evals(url: str, model: str, recording: Recording, folder: Path) -> dict[str, str]:
    """The `humaneval` of inspect_evals, with its own prompt, over a file; its scorer would want Docker."""
    task = f"{_TASKS / 'inspect_humaneval.py'}@as_humaneval"
    command = [python_of("inspect-evals"), "-m", "inspect_ai", "eval", task, "-T", f"path={_plain(recording, folder)}"]
    log = ["--no-score", "--log-dir", "out", "--log-format", "json", "--display", "plain"]
    where = {"CODERM_BASE_URL": url, "CODERM_API_KEY": "none"}
    _run([*command, "--model", f"openai-api/coderm/{model}", *log], recording, folder, where)
    samples = json.loads(_only(folder, "out/*.json").read_text())["samples"]
    return {sample["id"]: sample["output"]["choices"][0]["message"]["content"] for sample in samples}


def lighteval(url: str, model: str, recording: Recording, folder: Path) -> dict[str, str]:
    """lighteval's LiveCodeBench task with its own prompt, over a file, by LiteLLM."""
    client = ["endpoint", "litellm", f"model_name=openai/{model},base_url={url},api_key=none"]
    task = ["as_lcb|0", "--custom-tasks", str(_TASKS / "lighteval_lcb.py"), "--output-dir", "out"]
    (folder / "dataset").mkdir()
    (folder / "dataset" / "test.jsonl").write_bytes(recording.problems.read_bytes())
    variables = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "HF_HOME": str(folder / "hub"), "OUT": "answers.jsonl"}
    _run(
        [python_of("lighteval"), "-m", "lighteval", *client, *task],
        recording,
        folder,
        variables,
    )
    return {row["task_id"]: row["text"] for row in rows(folder / "answers.jsonl")}


def livecodebench(url: str, model: str, recording: Recording, folder: Path) -> dict[str, str]:
    """LiveCodeBench's own runner, from its repository."""
    command = [python_of("livecodebench"), _TASKS / "livecodebench_runner.py", "--model", model, "--n", "1"]
    where = {"OPENAI_BASE_URL": url, "OPENAI_KEY": "none"}
    _run([*command, "--temperature", "0"], recording, folder, where)
    listed = json.loads(_only(folder, "output/*/*.json").read_text())
    return {row["question_id"]: row["output_list"][0] for row in listed}


def openai_client(url: str, model: str, recording: Recording, folder: Path) -> dict[str, str]:
    """A harness of one's own: OpenAI's client, and a prompt in one's own words."""
    import openai

    client = openai.OpenAI(base_url=url, api_key="none", timeout=_LIMIT_S)

    def answer(prompt: str) -> str:
        message = f"Complete this function. Answer with the whole function in a code block.\n\n{prompt}"
        reply = client.chat.completions.create(model=model, messages=[{"role": "user", "content": message}])
        return reply.choices[0].message.content or ""

    return {row["task_id"]: answer(row["prompt"]) for row in rows(recording.problems)}


def _plain(recording: Recording, folder: Path) -> Path:
    """The columns of HumanEval, without EvalPlus's inputs, which no table format holds."""
    columns = ("task_id", "prompt", "entry_point", "test", "canonical_solution")
    return write_rows(folder / "humaneval.jsonl", [{c: row[c] for c in columns} for row in rows(recording.problems)])


def _run(
    command: Sequence[object], recording: Recording, folder: Path, variables: Mapping[str, str] | None = None
) -> None:
    environment = {**recording.environment, "PYTHONPATH": str(ROOT), **(variables or {})}
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def _only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found
