# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How SQL*Plus reaches a session: inside the instance, over the control channel, or over Oracle Net."""
from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

from oralab import api
from oralab.api import ColumnInfo
from oralab.engine import date_format, datetimes
from oralab.errors import OraError
from oralab.tools.sqlplus_output import Cell
from oralab.values import Bfile, BinaryFloat, DataType, IntervalDS, IntervalYM, Timestamp, Value

_NONE: Mapping[str, Variable] = MappingProxyType({})


@dataclasses.dataclass(slots=True)
class Failure:
    """An Oracle error as it crosses a channel; ``offset`` is the position in the statement."""

    code: int
    text: str
    offset: int = 0

    @classmethod
    def of(cls, error: OraError) -> Failure:
        return cls(error.code, error.text, error.offset)


@dataclasses.dataclass(slots=True)
class Answer:
    """What one statement gave: rows of a query (those fetched before an error too), or a count, and DBMS_OUTPUT's lines."""

    columns: list[ColumnInfo] | None = None
    rows: list[list[Cell]] = dataclasses.field(default_factory=list)
    rowcount: int = 0
    kind: str = ""
    warning: str = ""
    output: list[str] = dataclasses.field(default_factory=list)
    error: Failure | None = None
    out: dict[str, Value] = dataclasses.field(default_factory=dict)
    """New values of bind variables."""


@dataclasses.dataclass(frozen=True, slots=True)
class Variable:
    """A bind variable of SQL*Plus."""

    type: DataType
    value: Value = None

    def bind(self, name: str) -> api.Bind:
        return api.Bind(name, self.type, self.type.length or 22)


class Link(Protocol):
    """A session as SQL*Plus uses it."""

    @property
    def user(self) -> str: ...

    def execute(self, text: str, *, output: bool = False, variables: Mapping[str, Variable] = _NONE) -> Answer:
        """Run a statement; ``output`` fetches DBMS_OUTPUT's lines afterwards. ``variables`` are those that it names."""
        ...

    def instance(self, verb: str, mode: str) -> list[str]:
        """STARTUP or SHUTDOWN; what SQL*Plus says of it. Raises OraError."""
        ...

    def close(self, *, commit: bool) -> None: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Formats:
    """The session's formats, in which dates are printed."""

    date: str = "DD-MON-RR"
    timestamp: str = "DD-MON-RR HH.MI.SSXFF AM"
    timestamp_tz: str = "DD-MON-RR HH.MI.SSXFF AM TZR"


def cell(value: Value, kind: DataType, formats: Formats) -> Cell:
    """A value as it is printed."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime.datetime):
        return date_format.date_text(value, formats.date)
    if isinstance(value, Timestamp):
        zoned = kind.name == "TIMESTAMP WITH TIME ZONE"
        return date_format.timestamp_text(value, formats.timestamp_tz if zoned else formats.timestamp)
    if isinstance(value, IntervalDS):
        return datetimes.ds_text(value, 2 if kind.precision is None else kind.precision, 6 if kind.scale is None else kind.scale)
    if isinstance(value, IntervalYM):
        return datetimes.ym_text(value, 2 if kind.precision is None else kind.precision)
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, Bfile):
        return f"bfilename('{value.directory}', '{value.filename}')"
    return float(value) if isinstance(value, BinaryFloat) else value


class SessionLink:
    """A session of the same process."""

    def __init__(self, session: Any) -> None:
        self.session = session

    @property
    def user(self) -> str:
        return str(self.session.user)

    def _formats(self) -> Formats:
        nls = self.session.nls
        return Formats(nls.date_format, nls.timestamp_format, nls.timestamp_tz_format)

    def execute(self, text: str, *, output: bool = False, variables: Mapping[str, Variable] = _NONE) -> Answer:
        answer = Answer()
        try:
            statement = self.session.parse(text)
            answer.kind = statement.kind
            names = statement.bind_names
            outcome = self.session.execute(statement, [variables[name].bind(name) for name in names], [[variables[name].value for name in names]])
            answer.rowcount = outcome.rowcount
            answer.out = dict(outcome.out)
            if outcome.warning is not None:
                answer.warning = outcome.warning[1]
            if outcome.result is not None:
                formats = self._formats()
                answer.columns = [dataclasses.replace(column, type=_printed(column.type, formats)) for column in outcome.result.columns]
                kinds = [column.type for column in outcome.result.columns]
                for row in outcome.result.rows:
                    answer.rows.append([cell(value, kind, formats) for value, kind in zip(row, kinds)])
        except OraError as error:
            answer.error = Failure.of(error)
        if output:
            answer.output = self._output()
        return answer

    def _output(self) -> list[str]:
        found: list[str] = []
        text = "BEGIN DBMS_OUTPUT.GET_LINE(:line, :status); END;"
        statement = self.session.parse(text)
        binds = [api.Bind("LINE", DataType("VARCHAR2", 32767), 32767), api.Bind("STATUS", DataType("NUMBER"), 22)]
        while True:
            outcome = self.session.execute(statement, binds, [[None, None]])
            if outcome.out.get("STATUS") != 0:
                return found
            found.append(str(outcome.out.get("LINE") or ""))

    def instance(self, verb: str, mode: str) -> list[str]:
        raise OraError(1031, "insufficient privileges")

    def close(self, *, commit: bool) -> None:
        if commit:
            self.session.commit()
        self.session.close()


def _printed(kind: DataType, formats: Formats) -> DataType:
    """The type with the width that the session's format gives it."""
    if kind.name == "DATE":
        sample = date_format.date_text(datetime.datetime(2026, 9, 30, 23, 59, 59), formats.date)
        return dataclasses.replace(kind, length=len(sample))
    return kind


class NetLink:
    """A session over Oracle Net, by the public driver."""

    def __init__(self, user: str, password: str, dsn: str, privilege: str) -> None:
        import oracledb
        self._driver = oracledb
        mode = getattr(oracledb, "AUTH_MODE_" + (privilege or "DEFAULT"))
        oracledb.defaults.fetch_lobs = False
        oracledb.defaults.fetch_decimals = True
        try:
            self._connection = oracledb.connect(user=user, password=password, dsn=dsn, mode=mode)
        except oracledb.Error as error:
            raise _translated(error)
        self.user = user.upper() if not user.startswith('"') else user.strip('"')

    def execute(self, text: str, *, output: bool = False, variables: Mapping[str, Variable] = _NONE) -> Answer:
        answer = Answer()
        formats = self._formats()
        with self._connection.cursor() as cursor:
            if output:
                cursor.callproc("DBMS_OUTPUT.ENABLE")
            try:
                bound = {name: self._bound(cursor, variable) for name, variable in variables.items()}
                cursor.execute(text, bound)
                for name, variable in bound.items():
                    value = variable.getvalue()
                    value = value.read() if hasattr(value, "read") else value
                    answer.out[name] = _value(value, variables[name].type)
                answer.rowcount = max(cursor.rowcount, 0)
                if cursor.warning is not None:
                    answer.warning = str(cursor.warning)
                if cursor.description is not None:
                    answer.kind = "query"
                    kinds = [_type_of(column) for column in cursor.description]
                    answer.columns = [ColumnInfo(column[0], _printed(kind, formats)) for column, kind in zip(cursor.description, kinds)]
                    for row in cursor:
                        answer.rows.append([cell(_value(value, kind), kind, formats) for value, kind in zip(row, kinds)])
            except self._driver.Error as error:
                answer.error = Failure.of(_translated(error))
            if output:
                answer.output = self._output(cursor)
        return answer

    def _bound(self, cursor: Any, variable: Variable) -> Any:
        kinds = {"NUMBER": self._driver.DB_TYPE_NUMBER, "CLOB": self._driver.DB_TYPE_CLOB}
        found = cursor.var(kinds.get(variable.type.name, self._driver.DB_TYPE_VARCHAR), variable.type.length or 0)
        value = variable.value
        if variable.type.name == "CLOB" and value is not None:
            value = self._connection.createlob(self._driver.DB_TYPE_CLOB, value)
        found.setvalue(0, value)
        return found

    def _output(self, cursor: Any) -> list[str]:
        found: list[str] = []
        line, status = cursor.var(str), cursor.var(int)
        while True:
            cursor.callproc("DBMS_OUTPUT.GET_LINE", [line, status])
            if status.getvalue() != 0:
                return found
            found.append(line.getvalue() or "")

    def _formats(self) -> Formats:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT parameter, value FROM v$nls_parameters")
            found = dict(cursor.fetchall())
        return Formats(found["NLS_DATE_FORMAT"], found["NLS_TIMESTAMP_FORMAT"], found["NLS_TIMESTAMP_TZ_FORMAT"])

    def instance(self, verb: str, mode: str) -> list[str]:
        raise OraError(1031, "insufficient privileges")

    def close(self, *, commit: bool) -> None:
        try:
            if commit:
                self._connection.commit()
            self._connection.close()
        except self._driver.Error:
            pass


def _translated(error: Any) -> OraError:
    """The driver's error as Oracle's; what the driver itself reports becomes the code that SQL*Plus would print."""
    info = error.args[0]
    text = info.message.split("\nHelp: ")[0]
    code, _, message = text.partition(": ")
    if code.startswith("ORA-"):
        lines = message.split("\n")
        return OraError(int(code[4:]), lines[0], offset=info.offset or 0, stack=lines[1:])
    found = re.search(r"ORA-(\d{5})", text)
    number = int(found.group(1)) if found else _DRIVER_CODES.get(code, 12560)
    return OraError(number, _NET_MESSAGES.get(number, message or "TNS:protocol adapter error"))


_DRIVER_CODES = {"DPY-6001": 12514, "DPY-6003": 12505, "DPY-6005": 12541, "DPY-4000": 12154, "DPY-4026": 12154, "DPY-4011": 3113}
_NET_MESSAGES = {
    12514: "TNS:listener does not currently know of service requested in connect descriptor", 12541: "TNS:no listener",
    12505: "TNS:listener does not currently know of SID given in connect descriptor",
    12154: "TNS:could not resolve the connect identifier specified", 3113: "end-of-file on communication channel",
}


def _type_of(column: Any) -> DataType:
    names = {"DB_TYPE_VARCHAR": "VARCHAR2", "DB_TYPE_NVARCHAR": "NVARCHAR2", "DB_TYPE_TIMESTAMP_TZ": "TIMESTAMP WITH TIME ZONE",
             "DB_TYPE_TIMESTAMP_LTZ": "TIMESTAMP WITH LOCAL TIME ZONE", "DB_TYPE_INTERVAL_DS": "INTERVAL DAY TO SECOND",
             "DB_TYPE_INTERVAL_YM": "INTERVAL YEAR TO MONTH"}
    name = names.get(column[1].name, column[1].name.removeprefix("DB_TYPE_"))
    return DataType(name, column[2] or column[3] or 0, column[4], column[5])


def _value(value: Any, kind: DataType) -> Value:
    if isinstance(value, datetime.timedelta):
        return IntervalDS(round(value.total_seconds() * 10**9))
    if isinstance(value, datetime.datetime) and kind.name.startswith("TIMESTAMP"):
        return Timestamp(value.replace(microsecond=0, tzinfo=None), value.microsecond * 1000)
    if hasattr(value, "years") and hasattr(value, "months"):
        return IntervalYM(value.years * 12 + value.months)
    if hasattr(value, "as_tuple"):
        return int(value) if value == int(value) else value
    return value  # type: ignore[no-any-return]
