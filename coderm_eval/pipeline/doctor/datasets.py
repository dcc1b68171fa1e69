"""Which benchmarks can be used without a download."""

from __future__ import annotations

from collections.abc import Iterator

from coderm_eval.benchmarks import BENCHMARKS, local_files
from coderm_eval.core.errors import CodermError
from coderm_eval.core.messages import abbreviated
from coderm_eval.pipeline.doctor.finding import Finding
from coderm_eval.pipeline.settings import Settings

__all__ = ["check_datasets"]


def check_datasets(settings: Settings) -> Iterator[Finding]:
    """Look for the files of each benchmark, as a run with these settings would."""
    for name in BENCHMARKS:
        try:
            files = local_files(name, settings.for_benchmark(name))
        except CodermError as error:
            yield Finding(name, "failed", str(error))
            continue
        if files:
            yield Finding(name, "ok", abbreviated([str(path) for path in files]))
        else:
            release = settings.livecodebench.release if name == "livecodebench" else None
            which = f"{name} --release {release}" if release else name
            yield Finding(name, "warning", "not on this machine", f"coderm-eval fetch {which}")
