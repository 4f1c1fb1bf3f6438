# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which session a module gets."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession, Session

if t.TYPE_CHECKING:
    from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import Runner

__metaclass__ = type


@contextlib.contextmanager
def open_session(want: t.Dict[str, t.Any], runner: t.Optional[Runner] = None, local: bool = False) -> t.Iterator[Session]:
    """The session that the arguments of a module describe, with that of its peer where one is named.

    :arg runner: runs a command on the database server.
    :arg local: SQL*Plus on the server as ``/ AS SYSDBA``, whatever the arguments say.
    """
    own = dict(want, session="sqlplus", user=None, mode="sysdba")
    session = _session(own if local else want, runner)
    session.server = lambda: _session(own, runner)
    try:
        if want.get("peer"):
            # SQL*Plus of this entry's server reaches the peer through Oracle Net.
            tools = {"oracle_home": want.get("oracle_home"), "oracle_sid": None, "migration_id": want.get("migration_id")}
            if local:
                # It is not asked unless it must be: where an instance is made or moved, that of the peer need not be up.
                tools["session"] = "sqlplus"
            session.peer = _session(dict(want["peer"], **tools), runner)
        yield session
    finally:
        if session.peer is not None:
            session.peer.close()
        session.close()


def _session(login: t.Dict[str, t.Any], runner: t.Optional[Runner]) -> Session:
    if login.get("session") != "sqlplus":
        return DriverSession(login)
    # Only here: nobody else pays for importing what reads SQL*Plus.
    from ansible_collections.dbferry.oracle.plugins.module_utils.session_sqlplus import SqlplusSession

    return SqlplusSession(login, runner)
