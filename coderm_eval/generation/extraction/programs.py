"""The candidate program in a policy's answer: a chat answer, or a completion of the benchmark's prompt."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from textwrap import indent

from coderm_eval.core.programs.forms import entry_name, is_solution
from coderm_eval.core.programs.source import all_nodes, parse
from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.code import extract_code, unclosed_code
from coderm_eval.generation.extraction.fences import fences
from coderm_eval.generation.extraction.joined import joined
from coderm_eval.generation.extraction.marks import first_document
from coderm_eval.generation.extraction.python_lines import python_in, python_prefix
from coderm_eval.generation.extraction.stubs import has_body, is_elided
from coderm_eval.generation.extraction.usage import without_usage
from coderm_eval.generation.extraction.web_text import unescaped
from coderm_eval.generation.settings import Extraction

__all__ = ["extract_program"]


def extract_program(answer: str, problem: Problem, extraction: Extraction, *, completes: bool) -> str:
    """The program in the answer to a policy's prompt; empty if there is none.

    Args:
        completes: whether the answer continues the benchmark's own prompt.
    """
    if extraction == "paper":
        return problem.prompt + answer if completes else extract_code(answer, lambda _: True, "paper")
    if completes:
        return _completed(answer, problem)
    return _trimmed(_found(answer, problem), problem)


def _found(answer: str, problem: Problem) -> str:
    """The code in an answer, as it was meant: with what other fences define for it, without HTML's entities."""
    return joined(unescaped(_chosen(answer, problem)), answer)


def _chosen(answer: str, problem: Problem) -> str:
    """The whole program in an answer, or else what there is of it, such as a stub."""

    def fits(code: str) -> bool:
        tree = parse(code)
        return tree is not None and _is_whole(tree, problem) and not is_elided(code)

    unclosed = None if parse(answer) else unclosed_code(answer)
    if unclosed and parse(unclosed) is None and (complete := python_in(unclosed, fits, whole=True)):
        return complete  # cut off behind the function, which corrects those above
    whole = extract_code(answer, lambda tree: _is_whole(tree, problem), unless=is_elided)
    if problem.form == "function" and (not fits(whole) or _takes_self(whole, problem.entry_point)):
        whole = _as_function(answer, problem) or whole
    return whole if fits(whole) else extract_code(answer, lambda tree: is_solution(tree, problem))


def _is_whole(tree: ast.Module, problem: Problem) -> bool:
    return is_solution(tree, problem) and (problem.form == "stdin" or has_body(tree, problem.entry_point))


def _takes_self(code: str, name: str) -> bool:
    """Return whether the function is a method without its class."""
    functions = (n for n in (parse(code) or ast.Module([], [])).body if isinstance(n, ast.FunctionDef))
    return any([a.arg for a in f.args.args[:1]] == ["self"] for f in functions if f.name == name)


def _as_function(answer: str, problem: Problem) -> str:
    """The method of a class `Solution` as the function that was asked for; empty if there is no such class."""
    method = replace(problem, form="method")
    code = extract_code(answer, lambda tree: is_solution(tree, method) and not is_solution(tree, problem))
    tree = parse(code)
    if tree is None or not is_solution(tree, method) or is_solution(tree, problem):
        return ""
    return f"{code.rstrip()}\n\n{problem.entry_point} = Solution().{problem.entry_point}\n"


def _completed(answer: str, problem: Problem) -> str:
    """The prompt and its completion, up to where the completion is no Python or goes on with something else.

    A completion that begins anew, in a fence or with the whole function, replaces the prompt's own function.
    """
    document = first_document(answer)
    text = problem.prompt + document
    for whole in (text, *(problem.prompt + body for body in _indented(document))):
        program = python_prefix(whole)
        if _is_complete(program, problem):
            return _trimmed(program, problem, first=True)
    found = _found(answer, problem)
    tree = parse(found)
    if tree is not None and is_solution(tree, problem):
        before = problem.prompt if parse(problem.prompt) else ""
        return _trimmed(f"{before}\n{found}", problem)
    for body in (body for fence in fences(document) for body in (fence.body, *_indented(fence.body))):
        program = python_prefix(problem.prompt + body)
        if _is_complete(program, problem):
            return _trimmed(program, problem, first=True)
    return text


def _indented(body: str) -> Iterator[str]:
    """Yield a body as it was before a server stripped it: from every line, or from the first one."""
    if re.search(r"\A\S.*\n(?:.*\n)*?return\b", body):
        yield indent(body, "    ")
    yield f"    {body.lstrip()}"


def _is_complete(program: str, problem: Problem) -> bool:
    """Return whether a program has the function with a body, and not only with the prompt's docstring."""
    tree = parse(program)
    if tree is None or not is_solution(tree, problem):
        return False
    if problem.form == "stdin":
        return True
    functions = [n for n in all_nodes(tree) if isinstance(n, ast.FunctionDef) and n.name == problem.entry_point]
    return not functions or any(not _is_only_text(function) for function in functions)


def _is_only_text(function: ast.FunctionDef) -> bool:
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in function.body)


def _trimmed(program: str, problem: Problem, *, first: bool = False) -> str:
    """A program without usage, asserts and what follows its function; whole programs are left as they are."""
    tree = parse(program)
    if tree is None or problem.form == "stdin":
        return program
    return without_usage(program, entry_name(tree, problem), first=first)
