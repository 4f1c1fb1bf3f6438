# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session that answers from a table: SQL text -> rows. What is issued is kept."""

from __future__ import annotations

import contextlib
import json

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import CREATE, EXISTS, INSERT, READ, UPDATE, Journal
from ansible_collections.dbferry.oracle.plugins.module_utils.session import Session


class FakeSession(Session):
    """:arg answers: SQL -> rows, or a function of the binds that gives them. A query that is not in it fails the test."""

    def __init__(self, answers=None, user="DBFERRY", release=(19, 3, 0, 0, 0), peer=None):
        super().__init__()
        self.answers = dict(answers or {})
        self.user, self.release, self.peer = user, release, peer
        self.items = None  # of the journal table; None while there is no such table
        self.issued = []
        self.called = []
        self.on_execute = lambda statement: None
        self.assumed = {}
        self.closed = False

    def with_journal(self, items=None, migration_id="SALES", run=1, assumed=None):
        """Give it the journal that the kernel would give it."""
        if items is not None:
            self.items = {name: json.dumps(value) for name, value in items.items()}
        self.journal = Journal(self, migration_id, run, assumed or {})
        return self

    def query(self, sql, after=None, **binds):
        if after is not None:
            self.call(after)
        if sql == EXISTS:
            return [] if self.items is None else [{"table_name": binds["name"]}]
        if sql == READ:
            if self.items is None:
                raise DbferryError("Asking the database: ORA-00942: table or view does not exist", code="ORA-00942")
            return [{"item": name, "value": value} for name, value in self.items.items()]
        answer = self.answers[sql]
        rows = answer(**binds) if callable(answer) else answer
        return [dict(row) for row in rows]

    def execute(self, statement):
        self.note(statement)
        self.issued.append(statement.text())
        self.on_execute(statement)
        if statement.text() == CREATE:
            self.items = {}
        if statement.text() in (INSERT, UPDATE):
            name = statement.values()["item"]
            assert (name in self.items) == (statement.text() == UPDATE), "ORA-00001, or nothing updated"
            self.items[name] = statement.values()["value"]
        return 1

    def call(self, statement, **outs):
        self.called.append(statement)
        answer = self.answers[statement.text()]
        return answer(**statement.values()) if callable(answer) else answer

    def at_server(self):
        return self

    @contextlib.contextmanager
    def inside(self, container):
        yield self

    def another(self):
        session = FakeSession(self.answers, self.user, self.release)
        session.statements, session.issued, session.on_execute = self.statements, self.issued, self.on_execute
        self.others = [*getattr(self, "others", []), session]
        return session

    def close(self):
        self.closed = True


def texts(steps):
    """What the steps would issue."""
    return [str(step.statement) for step in steps]
