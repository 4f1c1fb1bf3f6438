# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session: what a module knows of a database.

:class:`Session` is the interface; :class:`DriverSession` speaks through python-oracledb (thin, or thick when asked for).
Modules never see which one they have.
"""

from __future__ import annotations

import contextlib
import re
import time
import traceback
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost, codes
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Secret, Statement

__metaclass__ = type

try:
    import oracledb
    ORACLEDB_IMPORT_ERROR = None
except ImportError:
    oracledb = None
    ORACLEDB_IMPORT_ERROR = traceback.format_exc()

Row = t.Dict[str, t.Any]

#: Codes after which the very same logon may succeed: the listener or the instance is coming up. A logon changes nothing,
#: so it is safe to repeat; statements never are repeated.
TRANSIENT = {"ORA-12514", "ORA-12526", "ORA-12528", "ORA-12537", "ORA-12541", "ORA-12547", "ORA-01033", "ORA-01034", "ORA-12516",
             "ORA-12519", "ORA-12520", "DPY-6005", "DPY-6001", "DPY-6000", "DPY-4011"}

#: Fixed, so that messages, numbers and the logs that server processes write for us read the same everywhere.
LANGUAGE = "ALTER SESSION SET NLS_LANGUAGE = 'AMERICAN' NLS_TERRITORY = 'AMERICA'"

#: Codes that mean that the connection is gone.
GONE = {"DPY-4011", "DPY-4024", "DPY-1001", "ORA-03113", "ORA-03114", "ORA-03135", "ORA-00028", "ORA-02396", "ORA-01012", "ORA-01089",
        "ORA-01092", "ORA-12537"}

#: python-oracledb wraps what a listener answers; the code of Oracle's own, which it names, is what people search for.
SAME = re.compile(r"(?:Similar to ORA-|ERR=)(\d{5})")


def plain(value: t.Any) -> t.Any:
    """A copy without Ansible's tagged types: the driver checks for str exactly. (``''.join`` unties a tag on every core.)"""
    if isinstance(value, str):
        return "".join((value,))
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


class Session:
    """A connection to one database as the modules use it.

    ``peer`` is the session of the other database of a pair, for modules that compare. ``statements`` collects what was
    issued, secrets masked, in order. ``release`` is (19, 3, 0, 0, 0).
    """

    label = ""
    user = ""
    release: t.Tuple[int, ...] = ()
    peer: t.Optional["Session"] = None
    #: The database of which a plan makes this one a copy (module_utils/planned.py).
    original: t.Optional["Session"] = None
    #: What earlier phases of a plan would have made (resource -> phase and attributes), and the phase on which the plan stands.
    assumed: t.Dict[str, t.Any] = {}
    planned = ""
    #: Makes the session on this database's server, which alone runs commands there.
    server: t.Optional[t.Callable[[], "Session"]] = None

    def __init__(self) -> None:
        self.statements: t.List[str] = []

    def query(self, sql: str, after: t.Optional[Statement] = None, **binds: t.Any) -> t.List[Row]:
        """All rows as dictionaries with lower-case column names.

        :arg after: a block that is run before, in the same database session, because it fills what is read (a temporary table).
            Nothing else of a session lasts from one call to the next.
        """
        raise NotImplementedError

    def one(self, sql: str, **binds: t.Any) -> t.Optional[Row]:
        """The first row, or None."""
        rows = self.query(sql, **binds)
        return rows[0] if rows else None

    def execute(self, statement: Statement) -> int:
        """Issue a statement, note it and commit; gives the number of rows."""
        raise NotImplementedError

    def call(self, statement: Statement, **outs: type) -> Row:
        """Run a PL/SQL block with OUT binds (name=str, name=int, name="clob"); gives their values. Changes nothing, so is not noted."""
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError

    def another(self) -> "Session":
        """A second connection to the same database, whose statements are noted with this one's."""
        raise NotImplementedError

    def inside(self, container: str) -> t.ContextManager["Session"]:
        """The session in another container, for as long as the context lasts; back in the root afterwards."""
        raise NotImplementedError

    def on_server(self, argv: t.List[str], stdin: str = "") -> t.Tuple[int, str]:
        """Ask the server itself, by a command that changes nothing: its exit code and what it printed."""
        return self.at_server().on_server(argv, stdin)

    def at_server(self) -> "Session":
        """The session that runs commands on this database's server; its statements are noted with this one's."""
        if self.server is None:
            raise DbferryError("A command is to run on the database server, and no way there is open.", code="DBF-0003",
                               hint="Run the module through its action plugin, on the server's inventory entry.")
        session = self.server()
        session.statements = self.statements
        return session

    def note(self, statement: t.Union[str, Statement]) -> None:
        """Add to what was (or in check mode would be) issued."""
        self.statements.append(str(statement))


def _driver_error(error: Exception, tried: str, statement: t.Optional[Statement] = None) -> DbferryError:
    """The driver's exception as one of ours."""
    first = error.args[0] if error.args else error
    text = str(getattr(first, "message", first)).partition("\nHelp:")[0].strip()
    code = getattr(first, "full_code", None) or next(iter(codes(text)), None)
    answer = SAME.search(text)
    if answer is not None:
        code = "ORA-" + answer.group(1)
    kind = Lost if code in GONE else DbferryError
    return kind("{0}: {1}".format(tried, text), code=code, statement=None if statement is None else str(statement),
                details={"codes": codes(text)})


class DriverSession(Session):
    """Through python-oracledb.

    :arg login: the connection options of the modules (see the doc fragment ``connection``).
    """

    def __init__(self, login: t.Dict[str, t.Any]) -> None:
        super().__init__()
        self._login = login
        self._connection = self._connect(login)
        self.release = tuple(int(part) for part in self._connection.version.split("."))
        self.user = (login.get("user") or "").upper()
        self.label = login.get("label") or self._dsn(login)

    # -- logging on

    @staticmethod
    def _dsn(login: t.Dict[str, t.Any]) -> str:
        if login.get("dsn"):
            return str(login["dsn"])
        if not login.get("host") or not login.get("service_name"):
            raise DbferryError("No database is named: neither dsn nor host and service_name are given.", code="DBF-0001",
                               hint="Give dsn, or set dbferry_dsn for this inventory entry.")
        return "{0}:{1}/{2}".format(login["host"], login.get("port") or 1521, login["service_name"])

    def _connect(self, login: t.Dict[str, t.Any]) -> t.Any:
        if oracledb is None:
            raise DbferryError("python-oracledb is not installed where this task runs its SQL.", code="DBF-0002",
                               hint="Install it on the control node or in the execution environment, or with dbferry_sql_from=host on that host: "
                                    "pip install oracledb",
                               details={"exception": ORACLEDB_IMPORT_ERROR})
        if login.get("driver_mode") == "thick":
            self._use_thick(login)
        options: t.Dict[str, t.Any] = {
            "dsn": self._dsn(login),
            "tcp_connect_timeout": float(login.get("connect_timeout") or 20),
        }
        for name in ("user", "password", "config_dir", "wallet_location", "wallet_password"):
            if login.get(name):
                options[name] = login[name]
        if login.get("proxy_user"):
            options["user"] = "{0}[{1}]".format(login["user"], login["proxy_user"])
        if not login.get("password"):
            options["externalauth"] = True
        mode = (login.get("mode") or "default").upper()
        if mode != "DEFAULT":
            options["mode"] = getattr(oracledb, "AUTH_MODE_" + mode)
        tried = "Connecting to {0} as {1}".format(options["dsn"], options.get("user", "the wallet's user"))
        deadline = time.monotonic() + float(login.get("connect_retry_time") or 0)
        while True:
            try:
                connection = oracledb.connect(**options)
                break
            except (oracledb.Error, TypeError, ValueError) as error:
                failure = _driver_error(error, tried)
                if failure.code == "ORA-12526" and "(UR=A)" not in options["dsn"]:
                    options["dsn"] = self._past_restriction(options)
                    continue
                if failure.code not in TRANSIENT or time.monotonic() >= deadline:
                    raise DbferryError(failure.message, code=failure.code, details=failure.details)
                time.sleep(1)
        if login.get("call_timeout"):
            connection.call_timeout = int(float(login["call_timeout"]) * 1000)
        with connection.cursor() as cursor:
            cursor.execute(LANGUAGE)
        connection.module = "dbferry"
        if login.get("migration_id"):
            connection.action = login["migration_id"]
        return connection

    @staticmethod
    def _past_restriction(options: t.Dict[str, t.Any]) -> str:
        """The connect descriptor with UR=A, which asks the listener for the instance although it is restricted.

        A listener refuses everybody then (ORA-12526), RESTRICTED SESSION or not; whether the account may log on is for the
        instance to say (ORA-01035). Needs python-oracledb 3, which passes the parameter on.
        """
        parameters = oracledb.ConnectParams(config_dir=options.get("config_dir"))
        parameters.parse_connect_string(options["dsn"])
        descriptor: str = parameters.get_connect_string()
        return descriptor.replace("(CONNECT_DATA=", "(CONNECT_DATA=(UR=A)", 1)

    @staticmethod
    def _use_thick(login: t.Dict[str, t.Any]) -> None:
        try:
            if login.get("driver_lib_dir"):
                oracledb.init_oracle_client(lib_dir=login["driver_lib_dir"], config_dir=login.get("config_dir"))
            else:
                oracledb.init_oracle_client(config_dir=login.get("config_dir"))
        except oracledb.Error as error:
            raise _driver_error(error, "Loading Oracle Client for driver_mode=thick")

    # -- statements

    @staticmethod
    def _row_maker(cursor: t.Any) -> None:
        names = [column[0].lower() for column in cursor.description]

        def make(*values: t.Any) -> Row:
            return dict(zip(names, (value.read() if hasattr(value, "read") else value for value in values)))

        cursor.rowfactory = make

    def query(self, sql: str, after: t.Optional[Statement] = None, **binds: t.Any) -> t.List[Row]:
        if after is not None:
            self.call(after)
        try:
            with self._connection.cursor() as cursor:
                cursor.arraysize = 1000
                cursor.prefetchrows = 1001
                cursor.execute(sql, {name: value.value if isinstance(value, Secret) else value for name, value in binds.items()})
                self._row_maker(cursor)
                rows: t.List[Row] = cursor.fetchall()
                return rows
        except oracledb.Error as error:
            raise _driver_error(error, "Asking the database", Statement(sql, **binds))

    def execute(self, statement: Statement) -> int:
        if isinstance(statement, Command):
            return self.at_server().execute(statement)
        self.note(statement)
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement.text(), statement.values())
                count = cursor.rowcount
                warning = getattr(cursor, "warning", None)
            self._connection.commit()
        except oracledb.Error as error:
            raise _driver_error(error, "The database refused a statement", statement)
        if warning is not None:
            self.note("-- warning: {0}".format(getattr(warning, "message", warning)))
        return int(count or 0)

    def call(self, statement: Statement, **outs: t.Any) -> Row:
        types = {str: oracledb.DB_TYPE_VARCHAR, int: oracledb.DB_TYPE_NUMBER, "clob": oracledb.DB_TYPE_CLOB}
        try:
            with self._connection.cursor() as cursor:
                bound = {name: cursor.var(types[kind], 32767 if kind is str else 0) for name, kind in outs.items()}
                cursor.execute(statement.text(), dict(statement.values(), **bound))
                values = {name: variable.getvalue() for name, variable in bound.items()}
            return {name: value.read() if hasattr(value, "read") else value for name, value in values.items()}
        except oracledb.Error as error:
            raise _driver_error(error, "The database refused a call", statement)

    @contextlib.contextmanager
    def inside(self, container: str) -> t.Iterator[Session]:
        self.call(Statement("ALTER SESSION SET CONTAINER = ", identifier(container)))
        try:
            yield self
        finally:
            # Whoever lost the connection knows it already.
            with contextlib.suppress(DbferryError):
                self.call(Statement("ALTER SESSION SET CONTAINER = CDB$ROOT"))

    def another(self) -> "DriverSession":
        session = DriverSession(self._login)
        session.statements = self.statements
        return session

    def close(self) -> None:
        try:
            self._connection.close()
        except oracledb.Error:
            # A connection that is gone already is closed enough.
            return
