"""LiveCodeBench's runner over a file of problems, with any model's name; run with its flags.

Its own loading of the dataset stopped working with datasets 4, and models are lines of its `lm_styles.py`. It reads
files below the folder that it is started in, which is the repository's otherwise.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
from importlib import import_module
from pathlib import Path

import lcb_runner

Path("lcb_runner").symlink_to(lcb_runner.__path__[0])
lm_styles = import_module("lcb_runner.lm_styles")
scenario_router = import_module("lcb_runner.runner.scenario_router")


def load_problems(*_: object, **__: object) -> list[object]:
    problem = import_module("lcb_runner.benchmarks.code_generation").CodeGenerationProblem
    lines = Path(os.environ["LIVECODEBENCH_PATH"]).read_text().splitlines()
    return [problem(**json.loads(line)) for line in lines]


name = sys.argv[sys.argv.index("--model") + 1]
style = lm_styles.LMStyle.OpenAIChat
lm_styles.LanguageModelStore[name] = lm_styles.LanguageModel(name, name, style, datetime.datetime(2024, 1, 1), link="")
vars(scenario_router)["load_code_generation_dataset"] = load_problems
import_module("lcb_runner.runner.main").main()
