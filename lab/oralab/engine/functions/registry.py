# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How built-in functions are declared.

Each parameter is one letter, the family its argument is converted to: S character, N NUMBER, M NUMBER or binary float, D DATE,
G any datetime (text becomes DATE), T TIMESTAMP, Z TIMESTAMP WITH TIME ZONE, R RAW, L CLOB, A as it comes. ``?`` before it makes it
optional, ``*`` after the last allows more of it. A strict function (the rule) is NULL when an argument is, and is not called.
"""
from __future__ import annotations

import dataclasses
import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, Union

from oralab.values import DataType

Returns = Union[DataType, Callable[[Sequence[DataType]], DataType]]
F = TypeVar("F", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True, slots=True)
class Builtin:
    """``context``: the function takes the execution first. ``since``: not known to earlier releases."""

    name: str
    params: tuple[str, ...]
    minimum: int
    variadic: bool
    returns: Returns
    function: Callable[..., Any]
    strict: bool
    context: bool

    def param(self, index: int) -> str:
        return self.params[min(index, len(self.params) - 1)]

    def takes(self, count: int) -> bool:
        return self.minimum <= count and (self.variadic or count <= len(self.params))

    def type(self, arguments: Sequence[DataType]) -> DataType:
        return self.returns if isinstance(self.returns, DataType) else self.returns(arguments)


_builtins: dict[str, Builtin] = {}


def builtin(names: str, params: str, returns: Returns, *, strict: bool = True, context: bool = False) -> Callable[[F], F]:
    """Declare a function under one or more names (``PACKAGE.NAME`` for one that SQL finds in a package)."""
    words = params.split()
    letters = tuple(word.strip("?*") for word in words)
    minimum = sum("?" not in word and "*" not in word for word in words)

    def declare(function: F) -> F:
        for name in names.split():
            _builtins[name] = Builtin(name, letters, minimum, params.endswith("*"), returns, function, strict, context)
        return function
    return declare


@functools.cache
def builtins() -> dict[str, Builtin]:
    """All built-in functions that follow the ordinary rules of evaluation."""
    for module in ("strings", "regexp", "numeric", "dates", "hashing", "system"):
        importlib.import_module(f"oralab.engine.functions.{module}")
    return _builtins


def like_first(arguments: Sequence[DataType]) -> DataType:
    """The result is of the first argument's type."""
    return arguments[0]
