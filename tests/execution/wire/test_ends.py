"""How things end, as letters and as verdicts."""

from __future__ import annotations

import json

from coderm_eval.core.records import Verdict
from coderm_eval.execution.backends.rows import VERDICT_OF_END
from coderm_eval.execution.wire.ends import UNANSWERED, End


def test_every_end_has_a_verdict_and_what_did_not_run_has_none() -> None:
    assert set(VERDICT_OF_END) == set(End)
    assert set(VERDICT_OF_END.values()) == set(Verdict) - {Verdict.NOT_RUN}


def test_an_end_is_its_letter_for_json_and_in_the_place_of_an_answer() -> None:
    """An answer is JSON of a list, which no letter is."""
    for end in End:
        assert End(json.loads(json.dumps(end))) is end
        assert (end.value in UNANSWERED) == (end in UNANSWERED)
