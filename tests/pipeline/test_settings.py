"""Settings: who overrides whom, and the one sentence for each mistake."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from coderm_eval.core.errors import SettingsError
from coderm_eval.core.settings import CONFIG_VARIABLE
from coderm_eval.generation.settings import TestSettings
from coderm_eval.pipeline.recorded_settings import recorded_settings
from coderm_eval.pipeline.settings import Settings, load_settings
from coderm_eval.selection import known_rules


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)


def load(given: Mapping[str, Any], config: Path | None = None) -> Settings:
    return load_settings(given, source="flags", config=config)


def complaint(given: Mapping[str, Any], config: Path | None = None) -> str:
    """What a user reads about a mistake: always one line."""
    with pytest.raises(SettingsError) as caught:
        load(given, config)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def write(folder: Path, text: str, name: str = "settings.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


# Who overrides whom


def test_without_any_setting_the_papers_sampling_is_used() -> None:
    tests = load({}).tests
    assert (tests.temperature, tests.top_p, tests.max_tokens) == (0.8, 0.95, 2048)
    assert (load({}).execution.timeout_s, load({}).select, load({}).extraction) == (1.0, "evidence", "default")


def test_the_preset_paper_is_the_publications_protocol() -> None:
    """Table 4, config.json and the released scripts: best of 100 by 100 tests, their extraction, 1 s, Eq. 1."""
    loaded = load({"preset": "paper", "tests": {"model": "KAKA22/CodeRM-8B"}})
    tests = loaded.tests
    assert (loaded.n, tests.num, tests.shown_candidate, loaded.extraction) == (100, 100, "first", "paper")
    assert (loaded.rule, loaded.budget.policy, loaded.execution.timeout_s) == ("majority", "uniform", 1.0)
    assert (tests.temperature, tests.top_p, tests.max_tokens) == (0.8, 0.95, 2048)
    assert tests.model == "KAKA22/CodeRM-8B"


def test_what_is_given_counts_for_more_than_the_preset(tmp_path: Path) -> None:
    config = write(tmp_path, "preset: paper\ntests: {num: 10}")
    loaded = load({"n": 20}, config)
    assert (loaded.n, loaded.tests.num, loaded.extraction) == (20, 10, "paper")


def test_select_all_picks_by_the_default_rule_and_compares_every_other() -> None:
    loaded = load({"select": "all"})
    assert loaded.rule == load({}).rule == "evidence"
    assert loaded.compared == tuple(sorted(known_rules()))


def test_the_papers_rule_is_always_applied_beside_the_one_that_picks() -> None:
    assert load({"select": "codet"}).compared == ("codet", "majority")


def test_by_default_every_core_is_used() -> None:
    assert load({}).execution.workers == (os.cpu_count() or 1)


def test_a_file_overrides_defaults_and_what_is_given_overrides_the_file(tmp_path: Path) -> None:
    config = write(tmp_path, "n: 7\ntests: {num: 3, seed: 5}")
    loaded = load({"tests": {"seed": 9}}, config)
    assert (loaded.n, loaded.tests.num, loaded.tests.seed, loaded.tests.top_p) == (7, 3, 9, 0.95)


def test_a_given_none_takes_back_what_the_file_says(tmp_path: Path) -> None:
    assert load({"n": None}, write(tmp_path, "n: 7")).n is None


def test_the_variable_names_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(write(tmp_path, "n: 7")))
    assert load({}).n == 7
    assert load({"n": 8}).n == 8


def test_a_named_file_replaces_that_of_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, str(write(tmp_path, "n: 7\ntests: {num: 3}")))
    loaded = load({}, write(tmp_path, "n: 8", "other.yaml"))
    assert (loaded.n, loaded.tests.num) == (8, None)


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG_VARIABLE, "")
    assert load({}) == Settings()


def test_loading_changes_nothing_that_was_given() -> None:
    given = {"tests": {"file": "t.jsonl"}, "n": 3}
    load(given)
    assert given == {"tests": {"file": "t.jsonl"}, "n": 3}


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load({}).n = 3  # type: ignore[misc]


sections = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(1, 99),
        "tests": st.fixed_dictionaries({}, optional={"num": st.integers(1, 9), "seed": st.integers(0, 9)}),
        "execution": st.fixed_dictionaries({}, optional={"workers": st.integers(1, 9), "memory_mb": st.just(128)}),
    },
)


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


@given(sections, sections)
def test_each_setting_is_the_given_one_else_the_files_else_the_default(
    tmp_path_factory: pytest.TempPathFactory, in_file: dict[str, Any], over: dict[str, Any]
) -> None:
    config = write(tmp_path_factory.mktemp("config"), yaml.safe_dump(in_file))
    expected = flat(Settings().model_dump()) | flat(in_file) | flat(over)
    assert flat(load(over, config).model_dump()) == expected


# A tests file means the file backend

BACKENDS = [
    ("{}", {}, "openai"),
    ("{}", {"tests": {"file": "t.jsonl"}}, "file"),
    ("{}", {"tests": {"file": Path("t.jsonl")}}, "file"),
    ("{}", {"tests": {"file": "t.jsonl", "backend": "openai"}}, "openai"),
    ("{}", {"tests": {"file": None}}, "openai"),
    ("tests: {file: t.jsonl}", {}, "file"),
    ("tests: {file: t.jsonl}", {"tests": {"num": 3}}, "file"),
    ("tests: {file: t.jsonl}", {"tests": {"backend": "openai"}}, "openai"),
    ("tests: {file: t.jsonl, backend: openai}", {}, "openai"),
    ("tests: {backend: openai, base_url: 'http://127.0.0.1:1'}", {"tests": {"file": "t.jsonl"}}, "file"),
    ("tests: {backend: openai, file: old.jsonl}", {"tests": {"file": "t.jsonl"}}, "file"),
]


@pytest.mark.parametrize(("in_file", "over", "backend"), BACKENDS, ids=range(len(BACKENDS)))
def test_a_tests_file_implies_its_backend(tmp_path: Path, in_file: str, over: dict[str, Any], backend: str) -> None:
    """Unless the same place names another."""
    assert load(over, write(tmp_path, in_file)).tests.backend == backend


def test_a_section_made_in_python_implies_the_backend_too() -> None:
    assert TestSettings(file=Path("t.jsonl")).backend == "file"


def test_stop_texts_are_the_benchmarks_unless_some_are_given() -> None:
    """None here: `policy_model` takes those of the problems."""
    assert load({"policy": {"api": "completions"}}).policy.stop == ()
    assert load({"policy": {"api": "completions", "stop": ["x"]}}).policy.stop == ("x",)
    assert load({}).policy.stop == load({"tests": {"api": "completions"}}).tests.stop == ()


HOW_NOT_WHAT = [{"concurrency": 2}, {"timeout_s": 5}, {"retries": 1}, {"base_url": "http://elsewhere/v1"}]


@pytest.mark.parametrize("given", HOW_NOT_WHAT)
def test_how_a_model_is_reached_makes_no_other_answers(given: dict[str, Any]) -> None:
    assert TestSettings(**given).identity() == TestSettings().identity()


WHAT = [
    {"backend": "hf"},
    {"model": "m"},
    {"api": "completions"},
    {"system_prompt": "Be brief."},
    {"temperature": 0.1},
    {"top_p": 0.5},
    {"max_tokens": 3},
    {"stop": ["x"]},
    {"seed": 1},
    {"backend_args": {"top_k": 3}},
]


@pytest.mark.parametrize("given", WHAT)
def test_whatever_affects_an_answer_makes_others(given: dict[str, Any]) -> None:
    assert TestSettings(**given).identity() != TestSettings().identity()


@pytest.mark.parametrize("name", ["token", "api_key", "Authorization"])
def test_a_key_among_the_settings_is_refused_without_being_shown(name: str) -> None:
    said = complaint({"tests": {"backend_args": {name: "open-sesame"}}})
    assert "OPENAI_API_KEY" in said and "open-sesame" not in said


# Unknown keys

UNKNOWN_KEYS = [
    ({"test": {}}, "flags: unknown setting 'test'; did you mean 'tests'?"),
    (
        {"N": 3},
        "flags: unknown setting 'N'; known: preset, n, policy, tests, budget, select, probe_inputs, abstain_below, "
        "resample_tests, budget_curve, extraction, execution, livecodebench, evalplus, report, store",
    ),
    ({"tests": {"fil": "x"}}, "flags: unknown setting 'tests.fil'; did you mean 'file'?"),
    ({"tests": {"max_token": 9}}, "flags: unknown setting 'tests.max_token'; did you mean 'max_tokens'?"),
    ({"execution": {"worker": 2}}, "flags: unknown setting 'execution.worker'; did you mean 'workers'?"),
    (
        {"budget": {"total": 2}},
        "flags: unknown setting 'budget.total'; known: policy, average, min, max, tolerance, pool, rates",
    ),
]


@pytest.mark.parametrize(("given", "message"), UNKNOWN_KEYS, ids=range(len(UNKNOWN_KEYS)))
def test_an_unknown_key_is_named_with_the_nearest_of_its_section(given: dict[str, Any], message: str) -> None:
    assert complaint(given) == message


# Earlier names

EARLIER_NAMES = [
    ({"num_candidates": 3}, {"n": 3}),
    ({"resample": 3}, {"resample_tests": 3}),
    ({"curve": True}, {"budget_curve": True}),
    ({"tests": {"condition": "none"}}, {"tests": {"shown_candidate": "none"}}),
    ({"tests": {"n": 3, "extra": {"top_k": 1}}}, {"tests": {"num": 3, "backend_args": {"top_k": 1}}}),
    ({"policy": {"extra": {"top_k": 1}}}, {"policy": {"backend_args": {"top_k": 1}}}),
    ({"budget": {"risk": 0.1}}, {"budget": {"tolerance": 0.1}}),
    ({"execution": {"allow_not_run": True}}, {"execution": {"allow_incomplete": True}}),
    ({"execution": {"isolation": "require"}}, {"execution": {"isolation": "strict"}}),
    ({"livecodebench": {"grader": "fixed"}}, {"livecodebench": {"grader": "corrected"}}),
    ({"livecodebench": {"kind": "stdin"}}, {"livecodebench": {"io": "stdin"}}),
    ({"livecodebench": {"function_format": "paper"}}, {"livecodebench": {"method_format": "paper"}}),
]


@pytest.mark.parametrize(("earlier", "today"), EARLIER_NAMES, ids=range(len(EARLIER_NAMES)))
def test_an_earlier_name_means_what_todays_means(
    tmp_path: Path, earlier: dict[str, Any], today: dict[str, Any]
) -> None:
    assert load(earlier) == load(today) == Settings.model_validate(earlier)
    assert load({}, write(tmp_path, yaml.safe_dump(earlier))) == load(today)


def test_a_flag_overrides_the_earlier_name_in_a_file(tmp_path: Path) -> None:
    config = write(tmp_path, "tests: {condition: rotate}\nresample: 5")
    loaded = load({"resample_tests": 7, "tests": {"shown_candidate": "none"}}, config)
    assert (loaded.resample_tests, loaded.tests.shown_candidate) == (7, "none")


@pytest.mark.parametrize("given", [{"n": 1, "num_candidates": 1}, {"num_candidates": 1, "n": 1}])
def test_a_key_cannot_be_given_under_both_names(given: dict[str, Any]) -> None:
    assert complaint(given) == "flags: num_candidates and n are names of one setting: give one of the two"


def test_a_key_under_both_names_is_named_with_its_section() -> None:
    said = complaint({"tests": {"n": 1, "num": 1}})
    assert said == "flags: tests.n and tests.num are names of one setting: give one of the two"


# Bad values

BAD_VALUES = [
    ({"n": 0}, "n is 0: expected 1 or more"),
    ({"n": -1}, "n is -1: expected 1 or more"),
    ({"n": 2.5}, "n is 2.5: expected a whole number"),
    ({"n": "many"}, "n is 'many': expected a whole number"),
    ({"n": [20]}, "n is [20]: expected a whole number"),
    ({"budget": "uniform"}, "budget is 'uniform': expected its settings, such as `budget: {policy: uniform}`"),
    ({"budget": ["uniform"]}, "budget is ['uniform']: expected its settings, such as `budget: {policy: ...}`"),
    ({"budget": 3}, "budget is 3: expected its settings, such as `budget: {policy: ...}`"),
    ({"execution": "strict"}, "execution is 'strict': expected its settings, such as `execution: {isolation: strict}`"),
    ({"tests": [1]}, "tests is [1]: expected its settings, such as `tests: {backend: ...}`"),
    ({"budget": {"rates": 3}}, "budget.rates is 3: expected 'agreement' or 'oracle'"),
    ({"policy": {"stop": [1]}}, "policy.stop.0 is 1: expected a text"),
    ({"policy": {"stop": "x"}}, "policy.stop is 'x': expected a list"),
    ({"tests": {"backend_args": 3}}, "tests.backend_args is 3: expected a mapping"),
    ({"select": "majorty"}, "select is 'majorty'; did you mean 'majority'?"),
    ({"select": "xyz"}, "select is 'xyz'; known: aces, aces_o, agreement, b4, codet, "),
    ({"preset": "papers"}, "preset is 'papers': expected 'paper'"),
    ({"budget": {"average": 2, "min": 3}}, "budget: average is 2, less than min, 3: raise it, or lower budget.min"),
    ({"budget": {"max": 2, "min": 3}}, "budget: max is 2, less than min, 3: raise it, or lower budget.min"),
    ({"budget": {"policy": "seq"}}, "budget.policy is 'seq': expected 'sequential', 'uniform' or 'greedy'"),
    ({"budget": {"tolerance": 3}}, "budget.tolerance is 3: expected 1 or less"),
    ({"budget": {"tolerance": -0.1}}, "budget.tolerance is -0.1: expected 0 or more"),
    ({"resample_tests": 0}, "resample_tests is 0: expected 1 or more"),
    ({"select": None}, "select is None: "),
    ({"extraction": "papers"}, "extraction is 'papers': expected 'default' or 'paper'"),
    ({"tests": "t.jsonl"}, "tests is 't.jsonl': "),
    ({"tests": None}, "tests is None: "),
    ({"tests": {"backend": "tgi"}}, "tests.backend is 'tgi': expected 'openai', 'vllm', 'hf', 'file' or 'none'"),
    ({"tests": {"num": 0}}, "tests.num is 0: "),
    ({"tests": {"temperature": -0.1}}, "tests.temperature is -0.1: "),
    ({"tests": {"temperature": float("nan")}}, "tests.temperature is nan: "),
    ({"tests": {"top_p": 0}}, "tests.top_p is 0: "),
    ({"tests": {"top_p": 1.1}}, "tests.top_p is 1.1: "),
    ({"tests": {"retries": -1}}, "tests.retries is -1: "),
    ({"tests": {"concurrency": 0}}, "tests.concurrency is 0: "),
    ({"tests": {"timeout_s": float("inf")}}, "tests.timeout_s is inf: "),
    ({"tests": {"file": 3}}, "tests.file is 3: "),
    (
        {"tests": {"shown_candidate": "best"}},
        "tests.shown_candidate is 'best': expected 'first', 'rotate' or 'none'",
    ),
    ({"tests": {"api": "responses"}}, "tests.api is 'responses': "),
    ({"tests": {"seed": -1}}, "tests.seed is -1: "),
    ({"policy": {"backend": "file"}}, "policy.backend is 'file': "),
    ({"tests": {1: 2}}, "tests.1 is "),
    ({"budget": {"policy": "greedily"}}, "budget.policy is 'greedily': "),
    ({"execution": {"workers": 0}}, "execution.workers is 0: "),
    ({"execution": {"timeout_s": 0}}, "execution.timeout_s is 0: "),
    ({"execution": {"timeout_s": float("inf")}}, "execution.timeout_s is inf: "),
    ({"execution": {"memory_mb": 63}}, "execution.memory_mb is 63: "),
    ({"execution": {"output_mb": 0}}, "execution.output_mb is 0: "),
    ({"execution": {"isolation": "docker"}}, "execution.isolation is 'docker': expected 'auto', 'namespaces'"),
    ({"execution": {"allow_incomplete": "perhaps"}}, "execution.allow_incomplete is 'perhaps': "),
]


@pytest.mark.parametrize(("given", "message"), BAD_VALUES, ids=range(len(BAD_VALUES)))
def test_a_bad_value_is_shown_under_its_key(given: dict[str, Any], message: str) -> None:
    assert complaint(given).startswith(f"flags: {message}")


def test_a_long_bad_value_is_cut() -> None:
    assert "x" * 59 + ": " in complaint({"n": "x" * 1000})


# Mistakes in a file

IN_A_FILE = [
    ("n: 0", "n is 0: "),
    ("m: 3", "unknown setting 'm'; "),
    ("select: majorty", "select is 'majorty'; did you mean 'majority'?"),
    ("tests:", "tests is None: "),
    ("1: 2", "1 is "),
]


@pytest.mark.parametrize(("text", "message"), IN_A_FILE)
@pytest.mark.parametrize("over", [{}, {"n": 3, "select": "majority"}])
def test_a_mistake_in_a_file_is_reported_against_the_file(
    tmp_path: Path, text: str, message: str, over: dict[str, Any]
) -> None:
    """Even where a given value would override it: the next run without that flag would meet it."""
    path = write(tmp_path, text)
    assert complaint(over, path).startswith(f"{path}: {message}")


TWICE = [("n: 1\nm: 2\nn: 3\n", "3: the key 'n'"), ("tests: {num: 1, num: 2}", "1: the key 'num'")]


@pytest.mark.parametrize(("text", "words"), TWICE)
def test_a_key_that_is_there_twice_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, text)
    assert complaint({}, path) == f"{path}:{words} is there twice; leave one of them out"


@pytest.mark.parametrize("given", [case for case, _ in BAD_VALUES], ids=range(len(BAD_VALUES)))
def test_no_message_has_the_words_of_a_library(given: dict[str, Any]) -> None:
    assert not re.search(r"input should|pydantic|valid |something else", complaint(given))


NO_MAPPING = [("", "None"), ("# n: 20", "None"), ("20", "20"), ("- n: 20", "[{'n': 20}]"), ("n=20", "'n=20'")]


@pytest.mark.parametrize(("text", "found"), NO_MAPPING)
def test_a_file_that_is_no_mapping_is_refused_with_an_example(tmp_path: Path, text: str, found: str) -> None:
    path = write(tmp_path, text)
    assert complaint({}, path) == f"{path}: expected settings such as `n: 20`, found {found}"


NOT_YAML = ["n: [20", "n: 20\n\tm: 3", "{n: 20", "n: !!python/object:x.y {}", "store: 2024-13-45", "\0", "[" * 5000]


@pytest.mark.parametrize("text", NOT_YAML, ids=range(len(NOT_YAML)))
def test_a_file_that_is_not_yaml_is_named(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    assert complaint({}, path).startswith(f"{path}: not a readable YAML file (")


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_bytes(b"n: \xff\xfe")
    assert complaint({}, path).startswith(f"{path}: not a readable YAML file (")


def test_a_missing_file_is_named_whoever_named_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "none.yaml"
    assert complaint({}, path).startswith(f"{path}: not a readable YAML file (")
    monkeypatch.setenv(CONFIG_VARIABLE, str(path))
    assert complaint({}).startswith(f"{path}: not a readable YAML file (")


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    assert complaint({}, tmp_path).startswith(f"{tmp_path}: not a readable YAML file (")


# What summary.json lists: settings that were applied, and no others

OF_BUDGETS = {
    "sequential": {"policy", "average", "min", "max", "tolerance", "pool"},
    "greedy": {"policy", "average", "min", "max", "rates", "pool"},
    "uniform": {"policy", "average"},
}


@pytest.mark.parametrize("policy", OF_BUDGETS)
@pytest.mark.parametrize("extracted", [False, True])
def test_only_settings_that_were_applied_are_recorded(policy: str, extracted: bool) -> None:
    settings = load({"tests": {"file": "t"}, "budget": {"policy": policy}})
    recorded = recorded_settings(settings, "demo", extracted=extracted)
    assert set(recorded["tests"]) == {"backend", "num", "votes"}
    assert set(recorded["budget"]) == OF_BUDGETS[policy]
    assert ("extraction" in recorded) == extracted
    assert not {"policy", "store", "evalplus", "livecodebench"} & set(recorded)


def test_the_sampling_of_tests_and_the_benchmarks_own_section_are_recorded() -> None:
    recorded = recorded_settings(load({"tests": {"model": "m"}}), "humaneval+", extracted=False)
    assert {"model", "temperature", "shown_candidate"} <= set(recorded["tests"])
    assert "evalplus" in recorded and "livecodebench" not in recorded and "extraction" in recorded
    assert not {"workers", "allow_incomplete"} & set(recorded["execution"])


def test_without_tests_neither_their_number_nor_their_budget_counts() -> None:
    settings = load({"tests": {"backend": "none", "num": 5}, "budget": {"average": 3}})
    recorded = recorded_settings(settings, "demo", extracted=False)
    assert recorded["tests"] == {"backend": "none"} and "budget" not in recorded
    assert recorded["probe_inputs"] == 30


# Probing inputs: by default for rules that look at them


@pytest.mark.parametrize(
    ("given", "inputs"),
    [
        ({}, 30),
        ({"select": "all"}, 30),
        ({"select": "majority"}, 0),
        ({"select": "majority", "probe_inputs": 5}, 5),
        ({"probe_inputs": 0}, 0),
        ({"preset": "paper"}, 0),
        ({"tests": {"backend": "none"}}, 30),
        ({"tests": {"backend": "none"}, "probe_inputs": 0}, 0),
        ({"select": "agreement"}, 30),
    ],
)
def test_candidates_are_probed_for_rules_that_look_at_it(given: dict[str, Any], inputs: int) -> None:
    assert load(given).inputs == inputs
    assert recorded_settings(load(given), "demo", extracted=False)["probe_inputs"] == inputs


def test_flags_decide_whether_there_are_tests(tmp_path: Path) -> None:
    """Also where a file says otherwise, and with the rule of the other place."""
    without, by_vote = write(tmp_path, "tests: {backend: none}"), tmp_path / "vote.yaml"
    by_vote.write_text("{tests: {file: t}, select: majority}")
    assert load({"tests": {"file": "t"}, "select": "majority"}, without).tests.backend == "file"
    assert load({"tests": {"backend": "none"}, "select": "agreement"}, by_vote).inputs == 30
    assert complaint({"select": "codet"}, without).startswith("flags: select is 'codet', which picks by tests, and ")


@pytest.mark.parametrize("rule", sorted(set(known_rules()) - {"agreement", "evidence"}))
def test_a_rule_that_picks_by_tests_is_refused_without_any(rule: str) -> None:
    said = complaint({"tests": {"backend": "none"}, "select": rule})
    assert said.endswith("tests.backend is 'none'; select agreement or evidence")
