"""Recorded answers in the logs of inspect_ai, `.eval` and `.json`: each epoch of a sample is a candidate."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from coderm_eval.core.errors import InputError
from coderm_eval.core.inputs import called
from coderm_eval.core.messages import quoted
from coderm_eval.core.records import Problem
from coderm_eval.generation.recorded.inspect_archives import archived_samples, open_archive, read_header
from coderm_eval.generation.recorded.recorded_programs import HeldPrograms, RecordedPrograms, programs_in_answers
from coderm_eval.generation.recorded.task_ids import Statements, known_task_id

__all__ = ["is_log", "log_origin", "programs_of_log", "read_log"]


def is_log(row: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is a whole log; EvalPlus's results have an `eval` as well, by task ids."""
    about = row.get("eval")
    return "version" in row and isinstance(about, Mapping) and isinstance(about.get("task"), str)


def read_log(path: Path, file: io.BufferedReader, problems: Mapping[str, Problem]) -> RecordedPrograms:
    """The programs of an `.eval` file.

    Raises:
        InputError: it is damaged or no log, and what `programs_of_log` raises.
    """
    with open_archive(path, file) as archive:
        return programs_of_log(called(path), read_header(archive), archived_samples(archive), problems)


def programs_of_log(
    place: str, header: Mapping[str, Any], samples: Iterable[Any], problems: Mapping[str, Problem]
) -> RecordedPrograms:
    """The programs of a log, in the order of the epochs. A sample that ended in an error is no answer, but missing.

    Args:
        place: the file, for messages.
        header: what it says of the whole evaluation.
        samples: each sample of each epoch.
        problems: of the benchmark, by task id.

    Raises:
        InputError: it has no samples, or one that inspect_ai did not write.
    """
    reader = _Samples(place, _task_name(header), problems)
    found: dict[tuple[str | int, str], dict[int, list[str]]] = {}
    for sample in samples:
        given, task_id, epoch, programs = reader.read(sample)
        found.setdefault((given, task_id), {})[epoch] = programs
    if not found:
        raise InputError(f"{place}: a log of inspect_ai without samples; give one that was written with its samples")
    epochs, recorded = _epochs(header), HeldPrograms()
    for (_, task_id), by_epoch in found.items():
        answered = {epoch: programs for epoch, programs in by_epoch.items() if programs}
        listed = [program for epoch in sorted(answered) for program in answered[epoch]]
        recorded.add(task_id, listed, missing=max(epochs, len(by_epoch)) - len(answered))
    return recorded


def log_origin(header: Mapping[str, Any]) -> dict[str, Any]:
    """Who gave the answers of a log, and how they were sampled; only what it says."""
    about, plan = header["eval"], header.get("plan")
    asked = plan.get("config") if isinstance(plan, Mapping) else None
    configs = [c for c in (about.get("model_generate_config"), asked) if isinstance(c, Mapping)]
    sampling = {key: value for config in configs for key, value in config.items()}
    known = {
        "model": about.get("model"),
        "server": about.get("model_base_url"),
        "n": _epochs(header),
        **{name: sampling.get(name) for name in ("temperature", "top_p", "max_tokens", "seed")},
    }
    return {name: value for name, value in known.items() if isinstance(value, (str, int, float))}


class _Samples:
    """Reads samples of one log."""

    def __init__(self, place: str, task: str, problems: Mapping[str, Problem]) -> None:
        self._place = place
        self._task = task
        self._problems = problems
        self._statements = Statements(problems)

    def read(self, sample: Any) -> tuple[str | int, str, int, list[str]]:
        """Its id, that of the task, the epoch, and the programs of its answers; none where it has no answer."""
        sample = sample if isinstance(sample, Mapping) else {}
        given, epoch = sample.get("id"), sample.get("epoch", 1)
        if type(given) not in (str, int) or type(epoch) is not int:  # a bool is an int, too
            raise InputError(f"{self._place}: a log of inspect_ai with a sample without an id and an epoch")
        asked = _asked(sample)
        task_id = self._task_id(given, asked)
        answers = _drawn(sample) or ([] if sample.get("error") else _answers(sample))
        if any(answer is None for answer in answers):
            raise InputError(f"{self._place}: sample {quoted(str(given))} of epoch {epoch} has no text")
        texts = [answer or "" for answer in answers]
        return given, task_id, epoch, programs_in_answers(task_id, texts, asked[-1], self._problems)

    def _task_id(self, given: str | int, asked: Sequence[str]) -> str:
        """The benchmark's id of a sample. inspect_ai numbers samples without ids: such numbers are not MBPP's."""
        if str(given) in self._problems:
            return str(given)
        if stated := next(filter(None, map(self._statements.task_of, asked)), None):
            return stated
        task_id = known_task_id(given, self._problems) if "mbpp" in self._task.lower() else str(given)
        problem = self._problems.get(task_id)
        return task_id if problem is None or problem.entry_point in "\n".join(asked) else str(given)


def _task_name(header: Mapping[str, Any]) -> str:
    return str(header["eval"].get("task")) if isinstance(header.get("eval"), Mapping) else ""


def _epochs(header: Mapping[str, Any]) -> int:
    about = header.get("eval")
    config = about.get("config") if isinstance(about, Mapping) else None
    epochs = config.get("epochs") if isinstance(config, Mapping) else None
    return epochs if type(epochs) is int else 1


def _drawn(sample: Mapping[str, Any]) -> list[str | None]:
    """All answers of a sample of this project's solver, `best_of_n`, which leaves one of them as the output."""
    store = sample.get("store")
    record = store.get("coderm") if isinstance(store, Mapping) else None
    answers = _listed(record.get("answers")) if isinstance(record, Mapping) else []
    return [_text({"content": answer}, sample) for answer in answers]


def _answers(sample: Mapping[str, Any]) -> list[str | None]:
    """The text of each choice of a sample; None for one that has none."""
    output = sample.get("output")
    choices = output.get("choices") if isinstance(output, Mapping) else None
    messages = [choice.get("message") if isinstance(choice, Mapping) else None for choice in _listed(choices)]
    return [_text(message, sample) for message in messages]


def _asked(sample: Mapping[str, Any]) -> list[str]:
    """The last question of a sample's input, and that of its messages; above them there may be examples."""
    given, sent = sample.get("input"), _listed(sample.get("messages"))
    asked = [given] if isinstance(given, str) else [_last_question(_listed(given), sample)]
    return [_resolved(text, sample) for text in [*asked, *([_last_question(sent, sample)] if sent else [])]]


def _last_question(messages: Sequence[Any], sample: Mapping[str, Any]) -> str:
    """The text of the last message of the user; empty where there is none."""
    users = [message for message in messages if isinstance(message, Mapping) and message.get("role") == "user"]
    return (_text(users[-1], sample) if users else None) or ""


def _text(message: Any, sample: Mapping[str, Any]) -> str | None:
    """The text of a message without its reasoning; None where it is no message."""
    content = message.get("content") if isinstance(message, Mapping) else None
    if isinstance(content, str):
        return _resolved(content, sample)
    if not isinstance(content, list):
        return None
    parts = [part for part in content if isinstance(part, Mapping) and part.get("type") == "text"]
    return "\n".join(_resolved(part["text"], sample) for part in parts if isinstance(part.get("text"), str))


def _resolved(text: str, sample: Mapping[str, Any]) -> str:
    """A text, which may stand among the attachments of its sample."""
    attached = sample.get("attachments")
    found = attached.get(text.removeprefix("attachment://")) if isinstance(attached, Mapping) else None
    return found if text.startswith("attachment://") and isinstance(found, str) else text


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
