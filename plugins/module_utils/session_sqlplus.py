# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The session that SQL*Plus on the database server makes: for ``/ AS SYSDBA``, 11.2, and servers without Python.

Every call is a SQL*Plus of its own, with a script by standard input, so nothing of a database session lasts from one call to the
next: what belongs to one is given to one call (see ``Session.query``). Reading needs no PL/SQL, which an instance has only once its
database is open. Nothing is ever repeated.
"""

from __future__ import annotations

import contextlib
import posixpath
import re
import time
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dgmgrl, lsnrctl, orapwd, server_files, sqlplus, sqlplus_html, srvctl
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import UNKNOWN, Runner, environment, program
from ansible_collections.dbferry.oracle.plugins.module_utils.session import GONE, TRANSIENT, Row, Session
from ansible_collections.dbferry.oracle.plugins.module_utils.sqlplus_text import written
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Secret, Statement

__metaclass__ = type

#: ``SELECT *``: VERSION_FULL is there since 18.
INSTANCE = "SELECT * FROM v$instance"

_INSTANCE_COMMAND = re.compile(r"(?:STARTUP|SHUTDOWN)\b", re.IGNORECASE)
_ROWS = re.compile(r"(\d+) rows? (?:created|updated|deleted|merged)\.")
#: host:port/service, as Easy Connect has it in every release.
_SHORT = re.compile(r"(?://)?([\w.-]+)(?::(\d+))?/([\w.$#-]+)")
_VARIABLES = {str: "VARCHAR2(4000)", int: "NUMBER", "clob": "CLOB"}

#: What reads the output of commands, by the name of the program.
_READERS = {"srvctl": srvctl.parse, "dgmgrl": dgmgrl.parse, "lsnrctl": lsnrctl.parse, "orapwd": orapwd.parse, "sh": server_files.parse}

#: How long a command may find that what it speaks to is just starting (seconds).
STARTING = 30.0


def past_restriction(dsn: str) -> str:
    """The connect string with UR=A, which asks the listener for the instance although it is restricted (see ``DriverSession``)."""
    short = _SHORT.fullmatch(dsn)
    if short:
        host, port, service = short.groups()
        return "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={0})(PORT={1}))(CONNECT_DATA=(SERVICE_NAME={2})(UR=A)))".format(host, port or 1521, service)
    return dsn if "(UR=A)" in dsn else dsn.replace("(CONNECT_DATA=", "(CONNECT_DATA=(UR=A)", 1)


class SqlplusSession(Session):
    """Through SQL*Plus on the server.

    :arg login: the connection options of the modules (see the doc fragment ``connection``).
    :arg runner: runs a command on the server as the Oracle owner.
    """

    def __init__(self, login: t.Dict[str, t.Any], runner: t.Optional[Runner]) -> None:
        super().__init__()
        if runner is None:
            raise DbferryError("This session is SQL*Plus on the database server, and no way there is open.", code="DBF-0003",
                               hint="Run the module through its action plugin, on the server's inventory entry.")
        if not login.get("oracle_home"):
            raise DbferryError("SQL*Plus is to run on the database server, and oracle_home is not known.", code="DBF-0009",
                               hint="Set dbferry_oracle_home (and dbferry_oracle_sid) for this inventory entry.")
        self._login = login
        self._runner = runner
        self._release: t.Tuple[int, ...] = ()
        self._logon = self._logon_of(login)
        self._container = ""
        self.user = (login.get("user") or "SYS").upper()
        self.label = login.get("label") or (self._dsn(login) if login.get("user") else "") or str(login.get("oracle_sid") or "")

    # -- logging on

    @staticmethod
    def _dsn(login: t.Dict[str, t.Any]) -> str:
        if login.get("dsn"):
            return str(login["dsn"])
        if login.get("host") and login.get("service_name"):
            return "{0}:{1}/{2}".format(login["host"], login.get("port") or 1521, login["service_name"])
        return ""

    def _logon_of(self, login: t.Dict[str, t.Any]) -> Statement:
        mode = (login.get("mode") or "default").upper()
        privilege = None if mode == "DEFAULT" else mode
        if not login.get("user"):
            return Statement("CONNECT / AS {0}\n".format(privilege or "SYSDBA"))
        return sqlplus.connect(login["user"], login.get("password") or "", past_restriction(self._dsn(login)), privilege, login.get("proxy_user"))

    @property
    def release(self) -> t.Tuple[int, ...]:  # type: ignore[override]
        """Asked for when it is needed: an instance that is not started has none."""
        if not self._release:
            found = self.query(INSTANCE)[0]
            self._release = tuple(int(part) for part in (found.get("version_full") or found["version"]).split("."))
        return self._release

    # -- statements

    def query(self, sql: str, after: t.Optional[Statement] = None, **binds: t.Any) -> t.List[Row]:
        statement = Statement(sql, **{name: value.value if isinstance(value, Secret) else value for name, value in binds.items()})
        formats = " ".join("{0} = '{1}'".format(*item) for item in sorted(sqlplus_html.DATE_FORMATS.items()))
        body = written(Statement("ALTER SESSION SET " + formats)) + (written(after) if after is not None else "")
        return self._run(Statement(body + sqlplus.marked_up(written(statement))), "Asking the database", Statement(sql, **binds)).rows

    def execute(self, statement: Statement) -> int:
        self.note(statement)
        if isinstance(statement, Command):
            return self._command(statement)
        text = statement.text()
        body = text.strip() + "\n" if _INSTANCE_COMMAND.match(text) else written(statement)
        outcome = self._run(Statement(body), "The statement", statement)
        for line in outcome.lines:
            if line.startswith("Warning:"):
                self.note("-- warning: " + line)
        counted = next(filter(None, map(_ROWS.match, outcome.lines)), None)
        return int(counted.group(1)) if counted else 0

    def call(self, statement: Statement, **outs: t.Any) -> Row:
        declared = "".join("VARIABLE {0} {1}\n".format(name, _VARIABLES[kind]) for name, kind in outs.items())
        shown = "SELECT {0} FROM dual\n/\n".format(", ".join(":{0} {0}".format(name) for name in outs)) if outs else ""
        body = declared + written(statement, keep={name.lower() for name in outs}) + sqlplus.marked_up(shown)
        rows = self._run(Statement(body), "The call", statement).rows
        return rows[0] if rows else {}

    def _run(self, body: Statement, tried: str, shown: Statement) -> sqlplus.SqlplusOutcome:
        """Run a script. A logon that fails is tried again, a script that began is not. Raises DbferryError or Lost."""
        login = self._login
        deadline = time.monotonic() + float(login.get("connect_retry_time") or 0)
        script = sqlplus.script(Statement(self._container, *body.parts), self._logon)
        while True:
            rc, out = self._tool(["sqlplus", "-S", "-L", "/nolog"], script.text())
            outcome = sqlplus.read(out, rc)
            refused = not outcome.began and outcome.cause is not None and outcome.cause.code in TRANSIENT
            if not refused or time.monotonic() >= deadline:
                break
            time.sleep(1)
        try:
            outcome.require(tried, str(shown))
        except DbferryError as error:
            if error.code in GONE or outcome.verdict == UNKNOWN:
                raise Lost(error.message, code=error.code, statement=error.statement, details=error.details)
            raise
        return outcome

    def _tool(self, argv: t.List[str], stdin: str) -> t.Tuple[int, str]:
        """Run a program of ORACLE_HOME. Raises DbferryError when the server's shell finds none that it may run (126 and 127, documented by POSIX)."""
        path = program(self._login["oracle_home"], argv[0])
        rc, out = self._runner([path] + argv[1:], stdin, environment(
            self._login["oracle_home"], self._login.get("oracle_sid"), self._login.get("tns_admin")))
        if rc in (126, 127):
            raise DbferryError("{0} is not there or may not be executed ({1})".format(path, out.strip()), code="DBF-0007",
                               hint="Correct oracle_home, or connect as the Oracle owner or become it.")
        return rc, out

    def _command(self, command: Command) -> int:
        name = posixpath.basename(command.argv[0])
        deadline = time.monotonic() + STARTING
        while True:
            rc, out = self._tool(command.argv, command.stdin.text() if command.stdin is not None else "")
            outcome = _READERS[name](out, rc)
            if outcome.cause is None or outcome.cause.code not in dgmgrl.NOT_YET or time.monotonic() >= deadline:
                break
            time.sleep(1)
        outcome.require("Running {0} on the server".format(name), str(command))
        return 0

    def on_server(self, argv: t.List[str], stdin: str = "") -> t.Tuple[int, str]:
        """Ask the server itself, by a command that changes nothing: its exit code and what it printed."""
        return self._tool(argv, stdin)

    @contextlib.contextmanager
    def inside(self, container: str) -> t.Iterator[Session]:
        # Nothing lasts from one script to the next, so each begins with it.
        self._container = written(Statement("ALTER SESSION SET CONTAINER = ", identifier(container)))
        try:
            yield self
        finally:
            self._container = ""

    def another(self) -> "SqlplusSession":
        session = SqlplusSession(self._login, self._runner)
        session.statements = self.statements
        return session

    def close(self) -> None:
        """Nothing is open between two calls."""
