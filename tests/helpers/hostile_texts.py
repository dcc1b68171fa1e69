"""Texts of a model that must stay text wherever they are shown. To add one, add a line.

Each stands alone, in no comment and no string, so that many of them are no Python.
"""

from __future__ import annotations

__all__ = ["HOSTILE_TEXTS"]

HOSTILE_TEXTS: dict[str, str] = {
    "an end of the script": "</script><script>document.title = 'taken'</script>",
    "an end of the data": '"}]}</script><script>document.title = "taken"//',
    "a handler": "<img src=x onerror=\"document.title = 'taken'\">",
    "a vector image with a handler": "<svg onload=\"document.title = 'taken'\">",
    "a link that runs": "<a href=\"javascript:document.title = 'taken'\">",
    "a frame": "<iframe srcdoc=\"<script>parent.document.title = 'taken'</script>\">",
    "a style and an open comment": "<style>body { display: none }</style><!--",
    "a terminal's escapes": "\x1b[31m\x1b]0;taken\x07\x9b2J",
    "a template": "{{ 7 * 7 }} {% raw %} ${7 * 7} &lt;b&gt;",
    "marks of direction": "access = 'user\u202e \u2066# only admins\u2069 \u2066'",
    "separators of lines": "a\u2028b\u2029c\x85d\r\ne\x0bf",
    "letters without width": "pa\u200bss\ufeffword\u2060",
    "NUL": "a\0b",
    "half of a pair": "\ud83d alone, \ude00 alone, \U0001f600 together",
    "a number of no character": "\uffff\ufffe",
    "a million letters": "x" * 1_000_000,
    "a million brackets": "(" * 1_000_000,
    "an open string": "'''" + "\\" * 10_001,
    "many lines": "pass\n" * 10_000,
    "nothing": "",
}
