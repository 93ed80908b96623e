"""Carries functions and classes into a script: their own text, after all it needs of the files it is from."""

import ast
import inspect
import sys
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from core.catalog.base import Call, Recipe

OURS, OWN = "core.", "own."


class Carrier:
    """Gathers texts, each once and after what it uses, and the imports they need."""

    def __init__(self, engine: Mapping[str, Any]) -> None:
        """engine: what may be carried along of the engine, by name; what a Call names `own.…` among it."""
        self.imports: dict[str, str] = {}
        """The import line behind each name the texts use."""
        self.lent = engine
        self._texts: dict[tuple[str, int], str | None] = {}
        self._told = 0

    def before(self, text: str) -> list[str]:
        """What was gathered since the last call, in an order in which it can run, then this text."""
        gathered = [text for text in self._texts.values() if text is not None]
        fresh, self._told = gathered[self._told:], len(gathered)
        return [*fresh, text]

    def take(self, thing: Any) -> str:
        """Gather a function or class of ours; the name it goes by."""
        self._take(thing.__name__, sys.modules[thing.__module__])
        return thing.__name__

    def borrow(self, name: str) -> str:
        """Gather something of the engine; the name it goes by."""
        return self.take(self.lent[name])

    def call(self, call: Call, *arguments: str) -> str:
        """A call as an expression, with what it uses of ours gathered."""
        made = self._made(call, *arguments)
        return f"{self.borrow('initialized')}({made}, nn.init.{call.first})" if call.first else made

    def recipe(self, recipe: Recipe, *arguments: str) -> str:
        """A recipe as an expression, with its function gathered."""
        return Call(self.take(recipe.function), recipe.kwargs).source(*arguments)

    def _made(self, call: Call, *arguments: str) -> str:
        if not call.target.startswith(OWN):
            return call.source(*arguments)
        return Call(self.borrow(call.target.removeprefix(OWN)), call.kwargs).source(*arguments)

    def _take(self, name: str, module: ModuleType) -> None:
        file = _read(module)
        if name in file.imports:
            self._take_imported(name, file.imports[name])
        if name not in file.definitions:
            return
        statement = file.definitions[name]
        place = module.__name__, statement.lineno
        if place in self._texts:
            return
        self._texts[place] = None  # begun: a function may call itself
        for needed in _needed(statement):
            self._take(needed, module)
        del self._texts[place]  # so that it comes after what it needs
        self._texts[place] = _text(statement, file.lines)

    def _take_imported(self, name: str, line: ast.Import | ast.ImportFrom) -> None:
        if isinstance(line, ast.ImportFrom) and (line.module or "").startswith(OURS):
            self._take(name, sys.modules[str(line.module)])
        else:
            self.imports[name] = _import_line(line, name)


class _File(NamedTuple):
    """A module's text, and where its names come from."""

    lines: list[str]
    definitions: dict[str, ast.stmt]
    imports: dict[str, ast.Import | ast.ImportFrom]


@cache
def _read(module: ModuleType) -> _File:
    text = inspect.getsource(module)
    file = _File(text.splitlines(), {}, {})
    for statement in ast.parse(text).body:
        match statement:
            case ast.Import() | ast.ImportFrom():
                file.imports.update({alias.asname or alias.name: statement for alias in statement.names})
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                file.definitions[name] = statement
            case ast.Assign() | ast.AnnAssign():
                file.definitions.update(dict.fromkeys(_names(statement, ast.Store), statement))
            case _:
                pass
    return file


def _import_line(line: ast.Import | ast.ImportFrom, name: str) -> str:
    """The part of an import line that gives one name."""
    alias = next(alias for alias in line.names if (alias.asname or alias.name) == name)
    said = f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
    return f"from {line.module} {said}" if isinstance(line, ast.ImportFrom) else said


def _names(statement: ast.stmt, use: type[ast.expr_context]) -> list[str]:
    """The names a statement loads or stores, in order of appearance, each once."""
    return list(dict.fromkeys(node.id for node in ast.walk(statement)
                              if isinstance(node, ast.Name) and isinstance(node.ctx, use)))


def _needed(statement: ast.stmt) -> list[str]:
    """The names a statement loads that it does not bind itself."""
    arguments = {node.arg for node in ast.walk(statement) if isinstance(node, ast.arg)}
    bound = arguments | set(_names(statement, ast.Store))
    return [name for name in _names(statement, ast.Load) if name not in bound]


def _text(statement: ast.stmt, lines: list[str]) -> str:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return "\n".join(lines[first - 1:statement.end_lineno])
