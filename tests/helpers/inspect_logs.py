"""Logs of inspect_ai: invented ones, and real ones that its own command line writes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from helpers.inspect_runs import inspect

__all__ = ["archived", "inspect_eval", "log_of", "sample_of"]

_TASK = """
import json
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.solver import generate

@task
def recorded():
    asked = json.load(open("asked.json"))
    return Task(dataset=[Sample(id=id, input=text) for id, text in asked.items()], solver=generate())
"""


def sample_of(
    task_id: object, *answers: object, epoch: int = 1, asked: object = "Write f.", **more: Any
) -> dict[str, Any]:
    """A sample with a choice for each answer, as inspect_ai 0.3.285 logs it."""
    choices = [{"message": {"role": "assistant", "content": answer}, "stop_reason": "stop"} for answer in answers]
    output = {"model": "m", "choices": choices, "completion": ""}
    return {"id": task_id, "epoch": epoch, "input": asked, "target": "", "output": output, **more}


def log_of(samples: Sequence[Mapping[str, Any]], *, epochs: int = 1, task: str = "humaneval") -> dict[str, Any]:
    """A log as inspect_ai writes it to `.json`."""
    about = {
        "task": task,
        "model": "openai-api/tide/tide-7b",
        "model_base_url": "http://127.0.0.1:8000/v1",
        "model_generate_config": {"temperature": 0.8},
        "config": {"epochs": epochs},
    }
    plan = {"name": "plan", "steps": [], "config": {"max_tokens": 512}}
    return {"version": 2, "status": "success", "eval": about, "plan": plan, "samples": list(samples)}


def archived(path: Path, log: Mapping[str, Any], header: str = "header.json") -> Path:
    """The same log as an `.eval` file, whose entries zipfile itself can pack."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for sample in log["samples"]:
            archive.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", json.dumps(sample))
        archive.writestr(header, json.dumps({key: value for key, value in log.items() if key != "samples"}))
    return path


def inspect_eval(folder: Path, asked: Mapping[str, str], address: str, *flags: str) -> Path:
    """The log that `inspect eval` writes into a folder when it asks the server at `address`, sample by sample."""
    folder.mkdir()
    (folder / "recorded.py").write_text(_TASK)
    (folder / "asked.json").write_text(json.dumps(asked))
    variables = {"TIDE_BASE_URL": f"http://{address}/v1", "TIDE_API_KEY": "none"}
    command = ["eval", "recorded.py", "--model", "openai-api/tide/recorded", "--display", "none", "--max-retries", "0"]
    done = inspect(*command, *flags, cwd=folder, **variables)
    assert done.returncode == 0, done.stdout
    (log,) = (folder / "logs").iterdir()
    return log
