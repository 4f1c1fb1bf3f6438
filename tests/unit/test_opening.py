# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions that are opened anew after they were lost, or may have been."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.dgmgrl import Broker
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Lost
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import Reopening
from fake_session import FakeSession

ROLE = "SELECT database_role FROM v$database"


class Database:
    """One whose sessions are gone after its role has changed. ``logons`` counts them."""

    def __init__(self, role):
        self.role, self.logons = role, 0

    def open(self):
        self.logons += 1
        begun = self.role

        def answer():
            if self.role != begun:
                raise Lost("DPY-4011: the database or network closed the connection", code="DPY-4011")
            return [{"database_role": self.role}]

        return FakeSession({ROLE: answer})


def pair():
    new, former = Database("PHYSICAL STANDBY"), Database("PRIMARY")
    session = Reopening(new.open)
    session.peer = Reopening(former.open)
    return session, new, former


def roles(session):
    return [where.one(ROLE)["database_role"] for where in (session, session.peer)]


def test_both_sides_are_asked_anew_after_a_command_that_changed_their_roles():
    session, new, former = pair()

    class Server(FakeSession):
        def execute(self, statement):
            new.role, former.role = former.role, new.role

    session.server = Server
    assert roles(session) == ["PHYSICAL STANDBY", "PRIMARY"]
    session.execute(Broker(["SWITCHOVER TO 'new';"]))
    assert roles(session) == ["PRIMARY", "PHYSICAL STANDBY"] and new.logons == former.logons == 2


def test_after_a_command_that_failed_too():
    session, new, former = pair()

    class Server(FakeSession):
        def execute(self, statement):
            former.role = "PHYSICAL STANDBY"
            raise DbferryError("DGMGRL: Failed.", code="ORA-12514")

    session.server = Server
    roles(session)
    with pytest.raises(DbferryError, match="Failed"):
        session.execute(Broker(["SWITCHOVER TO 'new';"]))
    assert roles(session) == ["PHYSICAL STANDBY", "PHYSICAL STANDBY"]


def test_what_was_lost_on_the_way_is_told_once():
    session, _new, former = pair()
    roles(session)
    former.role = "PHYSICAL STANDBY"
    with pytest.raises(Lost):
        session.peer.one(ROLE)
    assert session.peer.one(ROLE) == {"database_role": "PHYSICAL STANDBY"}
