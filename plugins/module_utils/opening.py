# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which session a module gets."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Lost
from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession, Row, Session
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Statement

if t.TYPE_CHECKING:
    from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import Runner

__metaclass__ = type


class Reopening(Session):
    """A session that is opened when it is first used, and anew after it was lost. A statement is never repeated.

    :arg opening: opens it.
    """

    def __init__(self, opening: t.Callable[[], Session]) -> None:
        super().__init__()
        self._opening = opening
        self._opened: t.Optional[Session] = None

    def _session(self) -> Session:
        if self._opened is None:
            self._opened = self._opening()
        self._opened.statements, self._opened.server = self.statements, self.server
        return self._opened

    def _do(self, what: t.Callable[[Session], t.Any]) -> t.Any:
        try:
            return what(self._session())
        except Lost:
            self.close()
            raise

    @property
    def user(self) -> str:  # type: ignore[override]
        return self._session().user

    @property
    def label(self) -> str:  # type: ignore[override]
        return self._session().label

    @property
    def release(self) -> t.Tuple[int, ...]:  # type: ignore[override]
        return self._session().release

    def query(self, sql: str, after: t.Optional[Statement] = None, **binds: t.Any) -> t.List[Row]:
        found: t.List[Row] = self._do(lambda session: session.query(sql, after, **binds))
        return found

    def execute(self, statement: Statement) -> int:
        if isinstance(statement, Command):
            # It goes to the server, whatever became of the connection, and may end it and that of the peer: DGMGRL changes the roles of both.
            try:
                return self.at_server().execute(statement)
            finally:
                for session in filter(None, (self, self.peer)):
                    session.close()
        return int(self._do(lambda session: session.execute(statement)))

    def call(self, statement: Statement, **outs: t.Any) -> Row:
        found: Row = self._do(lambda session: session.call(statement, **outs))
        return found

    @contextlib.contextmanager
    def inside(self, container: str) -> t.Iterator[Session]:
        with self._session().inside(container) as session:
            yield session

    def another(self) -> Session:
        return self._session().another()

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        self._opened = None


@contextlib.contextmanager
def open_session(want: t.Dict[str, t.Any], runner: t.Optional[Runner] = None, local: bool = False, reopen: bool = False) -> t.Iterator[Session]:
    """The session that the arguments of a module describe, with that of its peer where one is named.

    :arg runner: runs a command on the database server.
    :arg local: SQL*Plus on the server as ``/ AS SYSDBA``, whatever the arguments say.
    :arg reopen: see :class:`Reopening`.
    """
    # What a plan would replace need not let anybody in who belongs to its copy.
    opened: t.Callable[[t.Callable[[], Session]], Session] = Reopening if reopen or want.get("original") else lambda opening: opening()
    own = dict(want, session="sqlplus", user=None, mode="sysdba")
    session = opened(lambda: _session(own if local else want, runner))
    session.server = lambda: _session(own, runner)
    # SQL*Plus of this entry's server reaches other databases through Oracle Net.
    tools = {"oracle_home": want.get("oracle_home"), "oracle_sid": None, "tns_admin": want.get("tns_admin"), "migration_id": want.get("migration_id")}
    if want.get("original"):
        original = dict(want["original"], **tools)
        session.original = Reopening(lambda: _session(original, runner))
    try:
        if want.get("peer"):
            if local:
                # It is not asked unless it must be: where an instance is made or moved, that of the peer need not be up.
                tools["session"] = "sqlplus"
            session.peer = opened(lambda: _session(dict(want["peer"], **tools), runner))
        yield session
    finally:
        for other in (session.peer, session.original):
            if other is not None:
                other.close()
        session.close()


def _session(login: t.Dict[str, t.Any], runner: t.Optional[Runner]) -> Session:
    if login.get("session") != "sqlplus":
        return DriverSession(login)
    # Only here: nobody else pays for importing what reads SQL*Plus.
    from ansible_collections.dbferry.oracle.plugins.module_utils.session_sqlplus import SqlplusSession

    return SqlplusSession(login, runner)
