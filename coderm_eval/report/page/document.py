"""A page as one file: a template, the style and scripts in it, and its data in a compressed block."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import jinja2

__all__ = ["render"]


def render(template: str, data: Mapping[str, Any], scripts: Sequence[str], **values: Any) -> str:
    """Return the HTML of a page, which loads nothing from anywhere; the same arguments give the same bytes.

    Args:
        template: name of a file of this folder, as are the `scripts`, which stand on the page in their order.
        data: what the scripts unpack.
        values: what else the template takes; text in it is escaped.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, loader=jinja2.FunctionLoader(_asset)
    )
    return environment.get_template(template).render(
        **values, style=_asset("page.css"), script="\n".join(map(_asset, scripts)), data=_packed(data)
    )


def _packed(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def _asset(name: str) -> str:
    return files("coderm_eval.report.page").joinpath(name).read_text(encoding="utf-8")
