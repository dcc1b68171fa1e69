"""Programs that are no plain function: what is run against unit tests, and what test prompts show of them.

A test calls the function `entry_point`. HumanEval+ and MBPP+ ask for just that; LiveCodeBench asks for a method of
a class, or for a program that reads its standard input.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TypeGuard

from coderm_eval.core.programs.prelude import prelude
from coderm_eval.core.programs.solution_class import CLASS, has_method
from coderm_eval.core.programs.source import after_future, defines, module_names, parse
from coderm_eval.core.programs.stdin_runner import stdin_runner
from coderm_eval.core.records import Form, Problem

__all__ = ["REVISIONS", "entry_name", "for_prompt", "is_solution", "paper_function", "to_callable"]

REVISIONS: Mapping[Form, int] = {"function": 1, "method": 2, "method_as_function": 1, "stdin": 2}
"""Part of the keys of stored verdicts and grades, in place of what `to_callable` makes of a program. Raise a form's
number when a change of its wrapper, of the prelude or of `stdin_program` can change what such a program does."""


def is_solution(tree: ast.Module, problem: Problem) -> bool:
    """Return whether a module has what the problem wants, right or wrong: a function, a method, or something to run."""
    if problem.form == "stdin":
        return any(isinstance(node, ast.Call) for node in ast.walk(tree))
    return defines(tree, problem.entry_point) or (problem.form != "function" and has_method(tree, problem.entry_point))


def entry_name(tree: ast.Module, problem: Problem) -> str:
    """The name through which a program is called: that of the class, where it has the method, or of the function."""
    is_method = problem.form != "function" and has_method(tree, problem.entry_point)
    return CLASS if is_method else problem.entry_point


def to_callable(program: str, problem: Problem) -> str:
    """Return a program whose tests can call `problem.entry_point`, made from one in the problem's own form.

    - function: the program itself.
    - method: the class stays, for methods that call each other, and a function makes a fresh instance for each call.
      A program that defines something else by that name keeps it, in a module of its own.
    - method_as_function: `paper_function`.
    - stdin: `solve(stdin)` runs the program and returns what it printed.

    Methods get the imports that the benchmark's grader gives to every program. Text that is no Python is returned
    unchanged.
    """
    if problem.form == "function":
        return program
    if problem.form == "stdin":
        return stdin_runner(program)
    tree = parse(program)
    if tree is None:
        return program
    if problem.form == "method_as_function":
        return _with_prelude(paper_function(program))
    name, source = problem.entry_point, _with_prelude(program)
    if not has_method(tree, name):
        return source
    return (_isolated_module(source) if name in module_names(program) else source) + _method_wrapper(name)


def _with_prelude(program: str) -> str:
    return after_future(program, prelude(program))


def for_prompt(program: str, problem: Problem) -> str:
    """A program as the paper's test prompts show it.

    method: as the function that CodeRM-8B was trained on, where that is the same program; else as it is.
    """
    if problem.form == "method_as_function":
        return paper_function(program)
    if problem.form != "method":
        return program
    function = paper_function(program)
    return function if _is_same(program, function) else program


def _is_same(program: str, function: str) -> bool:
    """Whether taking a class away changes nothing: it holds plain methods whose names the module has no other use
    for, and nobody asks for it or for `self`."""
    before, after = parse(program), parse(function)
    solution = next(filter(_is_class, before.body), None) if before else None
    if solution is None or before is None or after is None:
        return False
    plain = all(
        isinstance(node, ast.FunctionDef)
        and not node.decorator_list
        and [argument.arg for argument in node.args.args[:1]] == ["self"]
        for node in solution.body
    )
    selves = sum(isinstance(node, ast.arg) and node.arg == "self" for node in ast.walk(solution))
    asked = {node.id for node in ast.walk(after) if isinstance(node, ast.Name)}
    names = {node.name for node in solution.body if isinstance(node, ast.FunctionDef)}
    return (
        plain
        and selves == len(solution.body)
        and asked.isdisjoint({"self", "super", "__class__", CLASS})
        and names.isdisjoint(module_names(program))
        and _texts(before) == _texts(after)
    )


def _texts(tree: ast.Module) -> list[str]:
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def paper_function(program: str) -> str:
    """The authors' conversion of a class to functions: its methods without indentation and without `self` among their
    parameters. Calls through `self.` stay, and then fail: so they did in 2 of the paper's 168 problems."""
    tree = parse(program)
    solution = next((node for node in tree.body if _is_class(node)), None) if tree else None
    if solution is None:
        return program
    lines = program.split("\n")
    before = "\n".join(lines[: _first_line(solution) - 1])
    body = "\n".join(lines[_first_line(solution.body[0]) - 1 : solution.end_lineno])
    after = "\n".join(lines[solution.end_lineno :])
    return "\n".join(part for part in (before, _SELF.sub(r"\1", _dedented(body)), after) if part.strip())


def _dedented(body: str) -> str:
    """Without the first line's indentation; a line of blanks keeps the others, as in the authors' files."""
    depth = len(body) - len(body.lstrip(" \t"))
    return "\n".join(line[:depth].lstrip(" \t") + line[depth:] for line in body.split("\n"))


_SELF = re.compile(r"(\bdef\s+\w+\s*\(\s*)self\b\s*,?\s*")


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _is_class(node: ast.stmt) -> TypeGuard[ast.ClassDef]:
    return isinstance(node, ast.ClassDef) and node.name == CLASS


def _method_wrapper(name: str) -> str:
    return f"\n\ndef {name}(*arguments, **keywords):\n    return {CLASS}().{name}(*arguments, **keywords)\n"


def _isolated_module(program: str) -> str:
    """Return the program in a module of its own, of which tests see the same names."""
    own = f"_program = dict(globals())\nexec({program!r}, _program)\nglobals().update(_program)\n"
    return own + _imports_named(program)


def _imports_named(program: str) -> str:
    """Return its imports in a place that is never run, so that a reader of the text knows what the program loads."""
    tree = parse(program) or ast.Module([], [])
    imports = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
    named = [f"    {line}\n" for line in imports if not line.endswith("*") and "__future__" not in line]
    return f"if False:\n    pass\n{''.join(named)}"
