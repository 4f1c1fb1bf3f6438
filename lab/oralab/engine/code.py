# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled code: expressions become Python source, statements run it within an ``Execution``.

In compiled source ``r`` is the current row, ``x`` the execution, names beginning with ``t`` are temporaries and those beginning with
``k`` constants of the statement.
"""
from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

from oralab import codec
from oralab.engine import convert, datetimes, numbers, types
from oralab.errors import OraError
from oralab.values import DataType, Timestamp, Value

UNKNOWN: Final[Any] = type("Unknown", (), {"__repr__": lambda self: "UNKNOWN"})()
"""``Code.constant`` of what is known only at run time."""


@dataclasses.dataclass(slots=True)
class Code:
    """An expression as Python source that gives its value or None. ``constant`` is its value where that is known already."""

    text: str
    type: DataType
    nullable: bool = True
    constant: Any = UNKNOWN

    @property
    def family(self) -> str:
        return types.family(self.type)


NULL_CODE: Final = Code("None", types.NULL, True, None)


class Execution:
    """One execution of a statement: binds, snapshot, moment, rows of outer query blocks."""

    __slots__ = ("session", "nls", "zone", "database_zone", "binds", "snapshot", "outer", "cache", "variables", "_now", "_poll")

    def __init__(self, session: Any, binds: Sequence[Any] = (), snapshot: Any = None) -> None:
        self.session = session
        self.nls = session.nls
        self.zone: str = session.zone
        self.database_zone: str = session.database_zone
        self.binds = list(binds)
        self.snapshot = snapshot
        self.outer: dict[int, Any] = {}
        self.cache: dict[Any, Any] = {}
        self.variables: dict[str, Any] = {}
        self._now: Timestamp | None = None
        self._poll: Callable[[], None] = session.poll

    def poll(self) -> None:
        """ORA-01013 when the client asked to cancel: called every some hundred rows."""
        self._poll()

    @property
    def now(self) -> Timestamp:
        """SYSTIMESTAMP: one moment for the whole statement (documented)."""
        if self._now is None:
            moment: datetime.datetime = self.session.server_now()
            zone = datetimes.offset_text(self.session.server_offset())
            self._now = Timestamp(moment.replace(microsecond=0), moment.microsecond * 1000, zone, self.session.server_offset())
        return self._now

    @property
    def sysdate(self) -> datetime.datetime:
        return self.now.moment

    def current(self) -> Timestamp:
        """CURRENT_TIMESTAMP: the session's zone."""
        return datetimes.at_zone_utc(self.now, self.zone)


class Emitter:
    """Names and constants of one statement's compiled source."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {**convert.NAMES, **OPERATIONS}
        self._count = 0

    def temp(self) -> str:
        self._count += 1
        return f"t{self._count}"

    def constant(self, value: Any) -> str:
        """A name for a Python object."""
        self._count += 1
        name = f"k{self._count}"
        self.names[name] = value
        return name

    def literal(self, value: Value) -> str:
        """Source of a constant value."""
        if value is None or type(value) in (int, str, bytes):
            return repr(value)
        return self.constant(value)

    def function(self, text: str, parameters: str = "r, x") -> Callable[..., Any]:
        """The compiled expression. The source holds only what this package generates; user text enters as ``repr``."""
        return eval(f"lambda {parameters}: {text}", self.names)  # type: ignore[no-any-return]

    def define(self, name: str, lines: Sequence[str]) -> Any:
        """A compiled function from its source lines."""
        exec("\n".join(lines), self.names)
        return self.names[name]

    def strict(self, template: str, *codes: Code) -> str:
        """``template`` with the codes as ``{0}``, ``{1}``...; NULL when one of them is."""
        checks, values = [], []
        for code in codes:
            if code.text == "None":
                return "None"
            if not code.nullable:
                values.append(code.text)
                continue
            name = self.temp()
            checks.append(f"({name} := {code.text}) is None")
            values.append(name)
        body = template.format(*values)
        return f"(None if {' or '.join(checks)} else {body})" if checks else f"({body})"

    def converted(self, code: Code, target: DataType) -> Code:
        """The implicit conversion to a type of another family. ORA-00932 when there is none."""
        found = convert.template(code.type, target)
        if found is not None and types.family(target) in "SL" and code.family in "TZCIY":
            found = _precise(found, code)
        if found is None:
            return code if types.family(code.type) == types.family(target) else Code(code.text, target, code.nullable, code.constant)
        if code.constant is None:
            return Code("None", target, True, None)
        may_be_null = code.nullable or found.startswith(("lob_to", "raw_to"))
        return Code(self.strict(found, code), target, may_be_null)


def _precise(template: str, code: Code) -> str:
    """The template of a conversion to text with the fractional and leading digits of the type."""
    scale = 6 if code.type.scale is None else code.type.scale
    leading = 2 if code.type.precision is None else code.type.precision
    more = {"I": f", {leading}, {scale})", "Y": f", {leading})"}.get(code.family, f", {scale})")
    return template[:-1] + more


def sum_of(left: Any, right: Any) -> Any:
    """An accumulator: exact, rounded once at the end."""
    return left + right if isinstance(left, float) or isinstance(right, float) else numbers.WIDE.add(left, right)


OPERATIONS: Final[dict[str, Any]] = {
    "add": numbers.add, "sub": numbers.sub, "mul": numbers.mul, "div": numbers.div, "fdiv": numbers.fdiv, "canon": numbers.canon,
    "date_add": datetimes.date_add, "date_sub": datetimes.date_sub, "days_between": datetimes.days_between,
    "date_add_ds": datetimes.date_add_ds, "date_sub_ds": datetimes.date_sub_ds, "date_add_ym": datetimes.date_add_ym,
    "date_sub_ym": datetimes.date_sub_ym, "ts_add": datetimes.ts_add, "ts_sub": datetimes.ts_sub, "ts_add_ym": datetimes.ts_add_ym,
    "ts_sub_ym": datetimes.ts_sub_ym, "ts_between": datetimes.ts_between, "ds_add": datetimes.ds_add, "ds_sub": datetimes.ds_sub,
    "ym_add": datetimes.ym_add, "ym_sub": datetimes.ym_sub, "interval_times": datetimes.interval_times,
    "interval_by": datetimes.interval_by, "instant": datetimes.instant, "rowid_fields": codec.rowid_fields,
    "Decimal": Decimal, "OraError": OraError, "sum_of": sum_of,
}
"""What compiled expressions call."""
