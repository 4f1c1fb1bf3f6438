# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which supplied PL/SQL packages exist, what their routines take, and how one is called.

A package is declared once, its routines are Python functions of a session and of keyword arguments named as the
documented parameters, in lower case::

    DBMS_TTS = Package("DBMS_TTS", grantees=("EXECUTE_CATALOG_ROLE",))

    @DBMS_TTS.routine("TRANSPORT_SET_CHECK", signature(
        "ts_list CLOB, incl_constraints BOOLEAN := FALSE, full_check BOOLEAN := FALSE"))
    def transport_set_check(session, ts_list, incl_constraints, full_check): ...

A procedure with OUT parameters returns a dict of them by parameter name, a function its value; a function that has OUT
parameters too returns the pair ``(value, dict)``. Declaring a routine twice makes an overload.

The engine calls in three steps: ``bind`` finds package, routine and the parameter of every argument; the engine checks
EXECUTE with ``may_execute`` (``no_execute`` is the error), evaluates the arguments and converts them to ``Param.type``
(implicit conversion obeys the session's NLS settings); ``Bound.invoke`` runs the routine and gives an ``Answer``.

What packages ask of a session beyond ``oralab.api.Session``: ``database``, ``schema``, ``sql(text, binds)`` and
``package_state``, a dict that starts empty, lives as long as the session and belongs to the packages; a session that ends
calls ``close_session``.
"""
from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from oralab.errors import OraError
from oralab.values import Value

REQUIRED: Any = type("Required", (), {"__repr__": lambda self: "REQUIRED"})()
"""Default of a parameter that has none."""

_packages: dict[str, Package] = {}
_SCALAR = {"VARCHAR2", "CHAR", "NVARCHAR2", "NCHAR", "LONG", "ROWID", "UROWID"}
_CLOB = {"CLOB", "NCLOB"}
_NUMBER = {"NUMBER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE", "INTEGER", "PLS_INTEGER", "BINARY_INTEGER", "NATURAL", "POSITIVE"}
_MOMENT = {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH LOCAL TIME ZONE"}
_INTERVAL = {"INTERVAL DAY TO SECOND", "INTERVAL YEAR TO MONTH"}
_RAW, _BLOB, _BOOLEAN, _BFILE = {"RAW", "LONG RAW"}, {"BLOB"}, {"BOOLEAN"}, {"BFILE"}
_FAMILY = {name: family for family in (_SCALAR, _CLOB, _NUMBER, _MOMENT, _INTERVAL, _RAW, _BLOB, _BOOLEAN, _BFILE) for name in family}
_ACCEPTS: dict[str, set[str]] = {
    **dict.fromkeys(_SCALAR, _SCALAR | _CLOB | _NUMBER | _MOMENT | _INTERVAL | _RAW), **dict.fromkeys(_CLOB, _CLOB | _SCALAR),
    **dict.fromkeys(_NUMBER, _NUMBER | _SCALAR), **dict.fromkeys(_MOMENT, _MOMENT | _SCALAR),
    **dict.fromkeys(_INTERVAL, _INTERVAL | _SCALAR), "RAW": _RAW | _SCALAR | _BLOB, "BLOB": _BLOB | _RAW, "BFILE": _BFILE,
    "BOOLEAN": _BOOLEAN,
}
"""Types of arguments that PL/SQL converts implicitly, by type of the parameter (documented)."""
F = TypeVar("F", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True, slots=True)
class Param:
    """A formal parameter: ``type`` is the PL/SQL type's name without length, ``mode`` one of IN, OUT and IN OUT."""

    name: str
    type: str = "VARCHAR2"
    mode: str = "IN"
    default: Any = REQUIRED

    @property
    def needed(self) -> bool:
        return self.default is REQUIRED


def signature(text: str) -> list[Param]:
    """Parameters from a declaration such as ``ownname, cascade BOOLEAN := TRUE, found OUT NUMBER``; VARCHAR2 unless said.

    Defaults are NULL, TRUE, FALSE, whole numbers and words (for character literals without blanks or commas).
    """
    params = []
    for declared in text.replace("\n", " ").split(","):
        head, _, default = (part.strip() for part in declared.partition(":="))
        name, *words = head.split()
        modes = [word for word in words if word in ("IN", "OUT")]
        kind = " ".join(words[len(modes):]) or "VARCHAR2"
        value = _DEFAULTS.get(default, int(default) if default.isdigit() else default)
        params.append(Param(name, kind, " ".join(modes) or "IN", value))
    return params


_DEFAULTS: dict[str, Any] = {"": REQUIRED, "NULL": None, "TRUE": True, "FALSE": False}


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What a call gave: the value of a function, and new values of OUT and IN OUT parameters by parameter name."""

    value: Any = None
    outs: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Routine:
    """One procedure (``returns`` None) or function of a package; overloads are separate routines."""

    package: str
    name: str
    params: tuple[Param, ...]
    returns: str | None
    function: Callable[..., Any]

    def match(self, positional: int, named: Sequence[str], types: Sequence[str | None] = ()) -> list[Param] | None:
        """Parameters of the arguments, positional ones first, or None when this overload does not take them.

        ``types`` are the arguments' type names in the same order, None (or left out) where they are not known.
        """
        by_name = {param.name.upper(): param for param in self.params}
        if positional > len(self.params):
            return None
        taken = list(self.params[:positional])
        for name in named:
            param = by_name.get(name.upper())
            if param is None or param in taken:
                return None
            taken.append(param)
        if any(param.needed for param in self.params if param not in taken):
            return None
        if any(kind and kind not in _ACCEPTS.get(param.type, {kind}) for param, kind in zip(taken, types)):
            return None
        return taken


@dataclasses.dataclass(frozen=True, slots=True)
class Bound:
    """A routine together with the parameter that each argument of the call goes to, in the order of the arguments."""

    routine: Routine
    params: list[Param]

    def conversions(self, types: Sequence[str | None]) -> int:
        """How many arguments have to change the family of their type: the overload with the fewest is meant (documented)."""
        return sum(1 for param, kind in zip(self.params, types) if kind and kind not in _FAMILY.get(param.type, {kind}))

    def invoke(self, session: Any, values: Sequence[Any]) -> Answer:
        """Run with ``values`` in the order of ``params``; OUT arguments are ignored."""
        arguments = {param.name.lower(): None if param.needed else param.default for param in self.routine.params}
        for param, value in zip(self.params, values):
            arguments[param.name.lower()] = None if param.mode == "OUT" else value
        result = self.routine.function(session, **arguments)
        outputs = {param.name for param in self.routine.params if param.mode != "IN"}
        if not outputs:
            return Answer(result)
        value, outs = result if self.routine.returns else (None, result)
        return Answer(value, {name: outs.get(name.lower()) for name in outputs})


@dataclasses.dataclass(slots=True)
class Package:
    """A supplied package. ``grantees`` hold EXECUTE after installation; SYS and administrators always reach it."""

    name: str
    grantees: tuple[str, ...] = ("PUBLIC",)
    constants: Mapping[str, Value] = dataclasses.field(default_factory=dict)
    types: frozenset[str] = frozenset()
    """Types of variables whose values only this package understands, such as UTL_FILE.FILE_TYPE."""
    internal: Callable[[Any], bool] | None = None
    """Of what databases say to each other: which sessions see the package. Nobody else does, and no view shows it."""
    owner: str = "SYS"
    routines: dict[str, list[Routine]] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        _packages[self.name] = self

    def routine(self, name: str, params: Sequence[Param] = (), returns: str | None = None) -> Callable[[F], F]:
        """Declare a routine of this package; a second one of the same name is an overload."""
        def declare(function: F) -> F:
            self.routines.setdefault(name, []).append(Routine(self.name, name, tuple(params), returns, function))
            return function
        return declare


@functools.cache
def packages() -> Mapping[str, Package]:
    """All supplied packages by name."""
    home = importlib.import_module("oralab.packages")
    for module in pkgutil.iter_modules(home.__path__, "oralab.packages."):
        importlib.import_module(module.name)
    return _packages


def lookup(package: str, name: str) -> list[Routine]:
    """Overloads of ``package.name``; empty when there is no such package or routine."""
    found = packages().get(package)
    return found.routines.get(name, []) if found else []


def opaque(package: str | None, name: str) -> bool:
    """Whether ``package.name`` is a type whose values pass between variables and routines unchanged."""
    return package is not None and package in packages() and name in packages()[package].types


def constant(package: str, name: str) -> Value:
    """A package constant such as DBMS_LOB.LOBMAXSIZE; KeyError when there is none."""
    return packages()[package].constants[name]


def compile_error(complaint: str, line: int = 1, column: int = 7) -> OraError:
    """What an anonymous block with a faulty call fails with: ORA-06550 around the PLS- message (documented)."""
    place = f"line {line}, column {column}:"
    return OraError(6550, place, stack=[complaint, f"ORA-06550: {place}", "PL/SQL: Statement ignored"])


def bind(package: str, name: str, positional: int, named: Sequence[str] = (), types: Sequence[str | None] = (), *,
         line: int = 1, column: int = 7) -> Bound:
    """The routine a call means. PLS-00201 unknown package, PLS-00302 unknown routine, PLS-00306 no overload fits."""
    found = packages().get(package)
    if found is None:
        raise compile_error(f"PLS-00201: identifier '{package}.{name}' must be declared", line, column)
    overloads = found.routines.get(name)
    if not overloads:
        raise compile_error(f"PLS-00302: component '{name}' must be declared", line, column)
    fitting = [Bound(routine, params) for routine in overloads if (params := routine.match(positional, named, types)) is not None]
    if fitting:
        return min(fitting, key=lambda bound: bound.conversions(types))
    raise compile_error(f"PLS-00306: wrong number or types of arguments in call to '{name}'", line, column)


def may_execute(session: Any, package: str) -> bool:
    """EXECUTE by installation, by grant or as SYS. EXECUTE ANY PROCEDURE does not reach SYS's packages (documented)."""
    catalog = session.database.catalog
    found = packages()[package]
    if found.internal is not None:
        return found.internal(session)
    if catalog.privileges.is_sysdba(session):
        return True
    names = catalog.privileges.grantees(session)
    return not names.isdisjoint(found.grantees) or any(
        grant.privilege == "EXECUTE" and grant.grantee in names for grant in catalog.grants_on(found.owner, package))


def no_execute(package: str, line: int = 1, column: int = 7) -> OraError:
    """A caller without EXECUTE does not even see the package: PLS-00201 (documented)."""
    return compile_error(f"PLS-00201: identifier '{package}' must be declared", line, column)


def close_session(session: Any) -> None:
    """Give up what packages hold for a session that ends (user locks, open files)."""
    for state in session.package_state.values():
        if hasattr(state, "close"):
            state.close()
    session.package_state.clear()
