"""`serve`."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from coderm_eval.cli.options import FILE, KEYS, workers_option
from coderm_eval.cli.verbosity import note, verbosity_options
from coderm_eval.core.choices import Api, BudgetPolicyName
from coderm_eval.core.errors import SettingsError

if TYPE_CHECKING:
    from coderm_eval.pipeline.settings import Settings

log = logging.getLogger(__name__)

_KEYS = {
    **KEYS,
    "model": "policy.model",
    "base_url": "policy.base_url",
    "api": "policy.api",
    "tests_model": "tests.model",
    "tests_base_url": "tests.base_url",
    "num": "tests.num",
}

_STORE = Path("coderm-serve.store")


@click.command("serve")
@click.option("--model", help="The policy's name on its server.")
@click.option("--base-url", help="Root of the policy's OpenAI-compatible server, or of several, with commas.")
@click.option("--api", type=click.Choice(get_args(Api)), help="Ask the policy by this API only.  [default: as asked]")
@click.option("--tests-model", help="Name of the model that writes tests.")
@click.option("--tests-base-url", help="Root of the test writer's OpenAI-compatible server, or of several.")
@click.option("--no-tests", flag_value="none", help="Pick by agreement on probing inputs alone.")
@click.option("--n", type=int, help="Answers that are drawn for each request.  [default: 20]")
@click.option("--num", type=int, help="Test samples per request.  [default: 20]")
@click.option("--select", metavar="RULE", help="Rule that picks, as of `rerank`.  [default: evidence]")
@click.option(
    "--budget",
    type=click.Choice(get_args(BudgetPolicyName)),
    help="How many of the tests a request gets.  [default: sequential]",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=int, default=8100, show_default=True, help="Port to listen on; 0: a free one.")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    help="Most requests that are worked on at a time.",
)
@click.option(
    "--queue", type=click.IntRange(min=0), default=1024, show_default=True, help="Most requests that wait for that."
)
@click.option("--api-key", envvar="CODERM_API_KEY", show_envvar=True, help="Key that clients have to give.")
@workers_option
@click.option("--store", type=FILE, help=f"Folder of stored answers, tests and verdicts.  [default: {_STORE}]")
@click.option("--config", type=FILE, help="YAML file of settings; flags override it.")
@verbosity_options
def serve_command(
    host: str, port: int, concurrency: int, queue: int, api_key: str | None, config: Path | None, **flags: Any
) -> None:
    """Serve a policy as the best of N of its answers, to any harness that can name a base_url.

    \b
    coderm-eval serve --model P --base-url http://127.0.0.1:8000/v1 --tests-model KAKA22/CodeRM-8B \\
        --tests-base-url http://127.0.0.1:8001/v1 --n 20 --num 20 --port 8100
    """
    from coderm_eval.core.settings import flags_to_settings
    from coderm_eval.core.store import open_store
    from coderm_eval.generation.models.openai_server import OpenAIServer
    from coderm_eval.generation.sample import DEFAULT_N
    from coderm_eval.hosts.server.http import listen, serve_until_interrupted
    from coderm_eval.hosts.server.serve.app import ServedRules, serve_app
    from coderm_eval.hosts.server.serve.best_of_n import BestOfN
    from coderm_eval.pipeline.online import open_reranker
    from coderm_eval.pipeline.settings import load_settings

    settings = load_settings(flags_to_settings(flags, _KEYS), source="flags", config=config)
    _require_served(settings)
    if api_key == "":
        raise SettingsError("the key is empty; give --api-key KEY (CODERM_API_KEY), or leave it out")
    if api_key is None and not host.startswith("127.") and host != "localhost":
        log.warning("whoever reaches %s can have this machine ask its models and run programs: give --api-key", host)
    n = settings.n or DEFAULT_N
    rules = ServedRules(str(settings.policy.model), settings.rule, tests=settings.tests.written)
    with (
        OpenAIServer(settings.policy) as policy,
        listen(host, port) as listener,
        open_store(settings.store or _STORE) as store,
        open_reranker(settings, store) as (reranker, _),
    ):
        best_of_n = BestOfN(
            policy,
            store.table("solutions"),
            reranker,
            n=n,
            extraction=settings.extraction,
            tests_wanted=settings.tests.written,
        )
        app = serve_app(
            best_of_n.answer, settings.policy, rules, n=n, concurrency=concurrency, queue=queue, api_key=api_key
        )
        url = f"http://{host}:{listener.getsockname()[1]}/v1"
        serve_until_interrupted(app, listener, started=lambda: note(f"serving {', '.join(rules)} on {url}"))


def _require_served(settings: Settings) -> None:
    """Refuse settings that lack a model, or can be used for a whole benchmark or by one thread only."""
    from coderm_eval.generation.sample import DEFAULT_N

    for section in (settings.policy, settings.tests):
        if section.backend in ("vllm", "hf"):
            raise SettingsError(
                f"{section.section}.backend is {section.backend!r}, which many requests cannot share: serve the model "
                f"(`vllm serve {section.model}`), and give its address"
            )
    if settings.tests.backend == "file":
        raise SettingsError(
            f"tests.file is {str(settings.tests.file)!r}, and no recorded test is one of a request's problem: give "
            "--tests-model and --tests-base-url, or --no-tests"
        )
    if settings.policy.temperature == 0 and (settings.n or DEFAULT_N) > 1:
        raise SettingsError("policy.temperature is 0, with which all answers to a request are equal: leave it out")
    if not (settings.policy.model and settings.policy.base_url):
        raise SettingsError("no policy is named: give both --model and --base-url")
    if settings.tests.written and not (settings.tests.model and settings.tests.base_url):
        raise SettingsError(
            "nobody writes tests: give both --tests-model and --tests-base-url, or --no-tests to pick by agreement"
        )
