"""The candidate program in a policy's answer: a chat answer, or a completion of the benchmark's prompt."""

from __future__ import annotations

import ast

from coderm_eval.core.programs.forms import is_solution
from coderm_eval.core.programs.source import defines, parse
from coderm_eval.core.records import Problem
from coderm_eval.generation.extraction.code import extract_code
from coderm_eval.generation.extraction.marks import first_document
from coderm_eval.generation.extraction.python_lines import python_prefix
from coderm_eval.generation.extraction.stubs import has_body, is_elided
from coderm_eval.generation.extraction.usage import without_usage
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
    """The code in an answer: the whole program, or else what there is of it, such as a stub."""
    whole = extract_code(answer, lambda tree: _is_whole(tree, problem), unless=is_elided)
    tree = parse(whole)
    if tree is not None and _is_whole(tree, problem) and not is_elided(whole):
        return whole
    return extract_code(answer, lambda tree: is_solution(tree, problem))


def _is_whole(tree: ast.Module, problem: Problem) -> bool:
    return is_solution(tree, problem) and (problem.form == "stdin" or has_body(tree, problem.entry_point))


def _completed(answer: str, problem: Problem) -> str:
    """The prompt and its completion, up to where the completion is no Python or goes on with something else.

    A completion that begins anew, in a fence or with the whole function, replaces the prompt's own function.
    """
    text = problem.prompt + first_document(answer)
    for whole in (text, f"{problem.prompt}    {first_document(answer).lstrip()}"):  # a server may strip the answer
        program = python_prefix(whole)
        if _is_complete(program, problem):
            return _trimmed(program, problem, first=True)
    found = _found(answer, problem)
    tree = parse(found)
    if tree is not None and is_solution(tree, problem):
        before = problem.prompt if parse(problem.prompt) else ""
        return _trimmed(f"{before}\n{found}", problem)
    return text


def _is_complete(program: str, problem: Problem) -> bool:
    """Return whether a program has the function with a body, and not only with the prompt's docstring."""
    tree = parse(program)
    if tree is None or not is_solution(tree, problem):
        return False
    if problem.form == "stdin":
        return True
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == problem.entry_point]
    return not functions or any(not _is_only_text(function) for function in functions)


def _is_only_text(function: ast.FunctionDef) -> bool:
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in function.body)


def _trimmed(program: str, problem: Problem, *, first: bool = False) -> str:
    """A program without usage, asserts and what follows its function; whole programs are left as they are."""
    tree = parse(program)
    if tree is None or problem.form == "stdin":
        return program
    name = problem.entry_point if defines(tree, problem.entry_point) else "Solution"
    return without_usage(program, name, first=first)
