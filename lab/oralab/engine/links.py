# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database links: a session's server process logs on to another instance's listener as a client, and asks it.

What the other side says comes back with ORA-02063 under it, what Oracle Net says alone (transcripts); a connection that breaks is
ORA-03113 under ORA-02068 (documented). Connect strings are TNS names of ``$ORACLE_HOME/network/admin/tnsnames.ora`` (or of TNS_ADMIN),
EZConnect strings or descriptors (see ``oralab.net.names``). A query through a link begins a transaction (known to DBAs), so the link is in use until it ends.
"""
from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from oralab.catalog import model
from oralab.engine.scope import Source, SourceColumn
from oralab.errors import OraError, not_simulated
from oralab.net import names
from oralab.sql import ast
from oralab.values import DataType, IntervalDS, IntervalYM, Timestamp

if TYPE_CHECKING:
    from oralab.engine.compilation import Compilation

PROGRAM: Final = "oracle@{host}"
"""How the client of a link calls itself in the other database's V$SESSION; the real one adds ``(TNS V1-V3)`` (transcript)."""
CONNECT_SECONDS: Final = 20.0
_CHUNK = 500
_DRIVER_CODES = {"DPY-6001": 12514, "DPY-6003": 12505, "DPY-6005": 12541, "DPY-4000": 12154, "DPY-4026": 12154, "DPY-4027": 12154,
                 "DPY-4017": 12154, "DPY-4018": 12154, "DPY-4011": 3113}
_NET = {
    12154: "TNS:could not resolve the connect identifier specified", 12505: "TNS:listener does not currently know of SID given in connect descriptor",
    12526: "TNS:listener: all appropriate instances are in restricted mode",
    12528: "TNS:listener: all appropriate instances are blocking new connections",
    12514: "TNS:listener does not currently know of service requested in connect descriptor", 12541: "TNS:no listener"}
_NAMES = {"DB_TYPE_VARCHAR": "VARCHAR2", "DB_TYPE_NVARCHAR": "NVARCHAR2", "DB_TYPE_TIMESTAMP_TZ": "TIMESTAMP WITH TIME ZONE",
          "DB_TYPE_TIMESTAMP_LTZ": "TIMESTAMP WITH LOCAL TIME ZONE", "DB_TYPE_INTERVAL_DS": "INTERVAL DAY TO SECOND",
          "DB_TYPE_INTERVAL_YM": "INTERVAL YEAR TO MONTH", "DB_TYPE_LONG_RAW": "LONG RAW", "DB_TYPE_BINARY_DOUBLE": "BINARY_DOUBLE",
          "DB_TYPE_BINARY_FLOAT": "BINARY_FLOAT"}
_LOCATORS = ("CLOB", "NCLOB", "BLOB", "BFILE")


def from_link(session: Any) -> bool:
    """Whether the session is one that another database opened through a link."""
    return bool(re.fullmatch(r"oracle@\S+", session.logon.program))


class Remote:
    """The other end of a link that a session has open."""

    def __init__(self, name: str, connection: Any) -> None:
        import oracledb
        self.name = name
        self.connection = connection
        self.transaction: Any = None
        """The local transaction in which the link was used last."""
        self._errors = (oracledb.Error,)
        connection.outputtypehandler = _plain

    def guarded(self, work: Any) -> Any:
        """Do something with the connection; what goes wrong there is told as Oracle tells it."""
        try:
            return work(self.connection)
        except self._errors as error:
            raise told(error, self.name) from None

    def describe(self, text: str) -> list[SourceColumn]:
        def work(connection: Any) -> list[SourceColumn]:
            with connection.cursor() as cursor:
                cursor.parse(text)
                return [SourceColumn(column[0], _type_of(column), bool(column[6]), index) for index, column in enumerate(cursor.description)]
        found: list[SourceColumn] = self.guarded(work)
        return found

    def rows(self, text: str, kinds: list[DataType], poll: Any) -> Iterator[Any]:
        cursor = self.guarded(lambda connection: connection.cursor())
        cursor.arraysize = _CHUNK
        self.guarded(lambda connection: cursor.execute(text))
        while chunk := self.guarded(lambda connection: cursor.fetchmany(_CHUNK)):
            poll()
            for row in chunk:
                yield tuple(_value(value, kind) for value, kind in zip(row, kinds))
        cursor.close()

    def call(self, routine: str, arguments: dict[str, Any], outs: dict[str, type]) -> dict[str, Any]:
        """Call a routine of the other side; values of its OUT parameters by name."""
        def work(connection: Any) -> dict[str, Any]:
            with connection.cursor() as cursor:
                bound = {name: cursor.var(kind, 32767 if kind is bytes else 0) for name, kind in outs.items()}
                given = ", ".join(f"{name} => :{name}" for name in (*arguments, *outs))
                cursor.execute(f"BEGIN {routine}({given}); END;", {**arguments, **bound})
                return {name: variable.getvalue() for name, variable in bound.items()}
        found: dict[str, Any] = self.guarded(work)
        return found


class Links:
    """The links that a session has open."""

    def __init__(self) -> None:
        self.open: dict[str, Remote] = {}

    def close(self) -> None:
        """At the end of the session."""
        for remote in self.open.values():
            _hang_up(remote)
        self.open.clear()


def links(session: Any) -> Links:
    found: Links = session.package_state.setdefault("database links", Links())
    return found


def spelt(name: str) -> str:
    """A link's name as packages take it: upper case unless quoted."""
    return name[1:-1] if name.startswith('"') else name.upper()


def in_full(session: Any, name: str) -> str:
    """A link's name with the domain of the database, which is appended to one without (documented)."""
    domain = session.database.spec.domain.upper()
    return f"{name}.{domain}" if domain and "." not in name else name


def remote(session: Any, name: str) -> Remote:
    """The other end of a link: the user's own or a public one, opened when it is not. ORA-02019, ORA-02085 and what connecting says."""
    name = in_full(session, name)
    opened = links(session).open
    if name in opened and opened[name].connection.is_healthy():
        return opened[name]
    opened.pop(name, None)
    catalog = session.catalog
    record = next(filter(None, (catalog.get(model.DbLink, owner, name) for owner in (session.user, "PUBLIC"))), None)
    if record is None:
        raise OraError(2019, "connection description for remote database not found")
    if record.username is None:
        raise not_simulated("a link of the connected or current user")
    if not record.host:
        raise OraError(12154, _NET[12154])
    found = opened[name] = Remote(name, _connect(session, record))
    if str(session.parameters.get("global_names", session.database.parameters.get("global_names"))).upper() == "TRUE":
        [(other,)] = found.rows("SELECT global_name FROM sys.global_name", [DataType("VARCHAR2", 128)], session.poll)
        if name.partition("@")[0] not in (other, other.partition(".")[0]):
            _hang_up(opened.pop(name))
            raise OraError(2085, f"database link {name} connects to {other}")
    return found


def _connect(session: Any, record: model.DbLink) -> Any:
    import oracledb
    descriptor = names.resolve(str(record.host), session.database.spec.oracle_home)
    try:
        return oracledb.connect(user=f'"{record.username}"', password=record.password, dsn=descriptor,
                                program=PROGRAM.format(host=session.database.spec.host), tcp_connect_timeout=CONNECT_SECONDS)
    except (oracledb.Error, ValueError) as error:
        raise told(error, record.name) from None


def close(session: Any, name: str) -> None:
    """ALTER SESSION CLOSE DATABASE LINK. ORA-02081 when it is not open, ORA-02080 within the transaction that used it."""
    name = in_full(session, name)
    opened = links(session).open
    if name not in opened:
        raise OraError(2081, "database link is not open")
    if session.transaction is not None and opened[name].transaction is session.transaction:
        raise OraError(2080, "database link is in use")
    _hang_up(opened.pop(name))


def is_open(session: Any, name: str) -> bool:
    return in_full(session, name) in links(session).open


def _hang_up(end: Remote) -> None:
    try:
        end.guarded(lambda connection: connection.close())
    except OraError:
        # The other side is gone already.
        return


def told(error: Any, link: str) -> OraError:
    """What the driver reports as the session that used the link hears it."""
    text = str(getattr(error.args[0], "message", error)).partition("\nHelp:")[0] if error.args else str(error)
    code, _, message = text.partition(": ")
    lines = message.split("\n")
    if code.startswith("ORA-"):
        number = int(code[4:])
    else:
        similar = re.search(r"Similar to ORA-(\d{5})", text)
        number = int(similar.group(1)) if similar else _DRIVER_CODES.get(code, 12560)
        lines = [_NET.get(number, text)]
    if number == 3113:
        return OraError(2068, f"following severe error from {link}", stack=["ORA-03113: end-of-file on communication channel"])
    if 12150 <= number < 12700:
        return OraError(number, _NET.get(number, lines[0]))
    count = "line" if len(lines) == 1 else f"{len(lines)} lines"
    return OraError(number, lines[0], stack=[*lines[1:], f"ORA-02063: preceding {count} from {link}"])


# --- tables at a link ---


def source(compilation: Compilation, item: ast.TableRef) -> Source:
    """``table@link`` in FROM: all of its columns are fetched, and joined and filtered here."""
    session, name = compilation.session, str(item.dblink)
    if item.as_of or item.partition or item.sample:
        raise not_simulated("AS OF, PARTITION or SAMPLE of a remote table")
    text = "SELECT * FROM " + (f'"{item.schema}".' if item.schema else "") + f'"{item.name}"'
    columns = remote(session, name).describe(text)
    locators = [column.name for column in columns if column.type.name in _LOCATORS]
    if locators:
        raise not_simulated(f"LOB columns of remote tables ({', '.join(locators)})")
    kinds = [column.type for column in columns]

    def run(x: Any) -> Iterator[Any]:
        end = remote(x.session, name)
        if not x.session.database.read_only:
            end.transaction = x.session.begin()
        return end.rows(text, kinds, x.poll)
    return Source(item.alias or item.name, item.schema, columns, len(columns), run)


def _plain(cursor: Any, metadata: Any) -> Any:
    """Numbers come with all their digits."""
    import decimal

    import oracledb
    if metadata.type_code is oracledb.DB_TYPE_NUMBER:
        return cursor.var(decimal.Decimal, arraysize=cursor.arraysize)
    return None


def _type_of(column: Any) -> DataType:
    name = _NAMES.get(column[1].name, column[1].name.removeprefix("DB_TYPE_"))
    return DataType(name, column[3] or column[2] or 0, column[4], column[5])


def _value(value: Any, kind: DataType) -> Any:
    if isinstance(value, datetime.timedelta):
        return IntervalDS(round(value.total_seconds() * 10**9))
    if isinstance(value, datetime.datetime):
        return Timestamp(value.replace(microsecond=0, tzinfo=None), value.microsecond * 1000) if kind.name.startswith("TIMESTAMP") else value
    if hasattr(value, "years") and hasattr(value, "months"):
        return IntervalYM(value.years * 12 + value.months)
    if hasattr(value, "as_tuple"):
        return int(value) if value == int(value) else value
    return value
