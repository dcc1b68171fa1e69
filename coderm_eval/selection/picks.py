"""Turns a problem's verdicts into the pick of a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.messages import single_line
from coderm_eval.core.records import NO_OUTPUT, Candidate, Probes, Selection, UnitTest, Verdicts
from coderm_eval.selection.ballot import Ballot, Scores
from coderm_eval.selection.confidence import confidence
from coderm_eval.selection.registry import Rule, find_rule, line_of_error, place

__all__ = ["apply_rules", "best_rows", "select"]

_EQUAL = 1e-9
"""Scores that differ by less, relative to the highest, are ties: sums of the same numbers in another order."""


def select(
    names: Sequence[str],
    candidates: Sequence[Candidate],
    tests: Sequence[UnitTest],
    verdicts: Verdicts,
    *,
    stopped: str,
    probes: Probes | None = None,
) -> dict[str, Selection]:
    """The pick of each of the rules `names`; among equals the candidate with the lowest sample index is chosen.

    What could not be run is missing, not failed. A candidate without a verdict on half of the tests that could be
    run at all has no reward (NaN) and is not chosen; of the others' matrix, columns with a gap are left out, so that
    candidates are compared on the same tests. So are columns of probing inputs, and those that no candidate answers.

    Args:
        probes: what became of candidates on probing inputs.

    Raises:
        SettingsError: a rule gave no score for each candidate.
    """
    rules = {name: find_rule(name) for name in names}
    return apply_rules(rules, candidates, tests, verdicts, stopped=stopped, probes=probes)


def apply_rules(
    rules: Mapping[str, Rule],
    candidates: Sequence[Candidate],
    tests: Sequence[UnitTest],
    verdicts: Verdicts,
    *,
    stopped: str,
    probes: Probes | None = None,
) -> dict[str, Selection]:
    """What `select` does, with rules that are given by name."""
    judged = _judged(verdicts.ran)
    complete = verdicts.ran[judged].all(axis=0)
    ballot = Ballot(
        passed=verdicts.passed[judged][:, complete],
        multiplicity=_integers(c.multiplicity for c in candidates)[judged],
        test_multiplicity=_integers(t.multiplicity for t in tests)[complete],
        outputs=verdicts.outputs[judged][:, complete],
        first=_integers(c.samples[0] for c in candidates)[judged],
        probes=_outputs(probes, judged)[judged],
    )

    for field in vars(ballot).values():
        field.setflags(write=False)  # what a rule writes there, the next one would read

    def pick(rule: str, function: Rule) -> Selection:
        rewards = np.full(len(candidates), np.nan)
        rewards[judged] = _scores(rule, function, ballot)
        ties = best_rows(rewards)
        chosen = min(ties, key=lambda row: candidates[row].samples[0])
        return Selection(
            rule=rule,
            chosen=chosen,
            rewards=tuple(float(reward) for reward in rewards),
            ties=tuple(ties),
            tests_used=int(complete.sum()),
            stopped=stopped,
            confidence=confidence(ballot, int(judged[:chosen].sum())) if candidates[chosen].program.strip() else 0.0,
        )

    return {name: pick(name, function) for name, function in rules.items()}


def _judged(ran: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Rows with a verdict in at least half of the columns that have one at all; all rows if there is none."""
    known = ran[:, ran.any(axis=0)]
    judged = 2 * known.sum(axis=1) >= known.shape[1]
    return np.asarray(judged | (not judged.any()))


def _outputs(probes: Probes | None, judged: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The outputs of all candidates on the probing inputs that tell something; NO_OUTPUT of those that were not run.

    A program that returns on no input has answered none: those that lack the function raise the same exception on all,
    and would be a crowd.
    """
    if probes is None:
        return np.zeros((len(judged), 0), np.int64)
    rows = [row for row in probes.rows if judged[row]]
    kept = judged[list(probes.rows)]
    returns = probes.verdicts.passed[kept].any(axis=1, keepdims=True)
    outputs, ran = np.where(returns, probes.verdicts.outputs[kept], NO_OUTPUT), probes.verdicts.ran[kept]
    columns = ran.all(axis=0) & (outputs != NO_OUTPUT).any(axis=0)
    found = np.full((len(judged), int(columns.sum())), NO_OUTPUT, np.int64)
    found[rows] = outputs[:, columns]
    return found


def _scores(rule: str, function: Rule, ballot: Ballot) -> Scores:
    """The scores by a rule, which may be of another package and do anything.

    Raises:
        SettingsError: it raised an error, or did not give a number for each candidate.
    """
    mend = f"mend {place(function)}, or select another rule"
    try:
        scores = np.asarray(function(ballot), dtype=np.float64)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise SettingsError(
            f"the rule {rule!r} failed ({type(error).__name__}: {single_line(error)}){_line(function, error)}; {mend}"
        ) from error
    count = len(ballot.multiplicity)
    if scores.shape != (count,):
        raise SettingsError(f"the rule {rule!r} gave scores of the shape {scores.shape} for {count} candidates; {mend}")
    if not np.isfinite(scores).all():
        odd = scores[~np.isfinite(scores)][0]
        raise SettingsError(f"the rule {rule!r} gave scores of {odd} for some of {count} candidates; {mend}")
    return scores


def best_rows(rewards: Scores) -> list[int]:
    """Rows that share the highest score, ascending; a NaN is none."""
    best = np.nanmax(rewards)
    return [int(row) for row in np.flatnonzero(rewards >= best - _EQUAL * max(1.0, abs(best)))]


def _line(function: Rule, error: BaseException) -> str:
    """Where in the rule's own file the error came from, for a message."""
    file = getattr(getattr(function, "__code__", None), "co_filename", "")
    line = line_of_error(error, file)
    return f" at {file}:{line}" if line else ""


def _integers(values: object) -> npt.NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)  # type: ignore[call-overload, no-any-return]
