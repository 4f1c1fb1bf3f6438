# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: what Oracle forgets."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.journal import CREATE, EXISTS_THERE, INSERT, READ, RESOURCE, UPDATE, Journal
from fake_session import FakeSession


def test_without_the_table_there_are_no_items():
    assert FakeSession().with_journal().journal.items() == {}


def test_values_come_back_as_they_went():
    values = {"a": 1, "b": [1, "x"], "c": {"d": None}, "e": "Ω 'quoted'"}
    session = FakeSession().with_journal()
    for statement in session.journal.writing(values):
        session.execute(statement)
    assert session.issued[0] == CREATE and session.issued[1:] == [INSERT] * 4
    assert session.with_journal().journal.items() == values


def test_the_table_is_made_once_and_items_are_updated_after_their_first_time():
    session = FakeSession().with_journal({"a": 1})
    first = [statement.text() for statement in session.journal.writing({"a": 2, "b": 3})]
    assert first == [UPDATE, INSERT]
    assert [statement.text() for statement in session.journal.writing({"b": 4})] == [UPDATE]
    assert session.journal.get("b") == 4


def test_nothing_to_write_makes_no_table():
    assert FakeSession().with_journal().journal.writing({}) == []


def test_statements_bear_identity_and_run():
    statement = FakeSession().with_journal({}, "HARBOUR", 7).journal.writing({"a": 1})[0]
    assert statement.values() == {"migration_id": "HARBOUR", "run": 7, "item": "a", "value": "1"}


def test_writing_without_an_identity_is_refused_and_reading_is_empty():
    session = FakeSession().with_journal({"a": 1}, migration_id=None)
    assert session.journal.items() == {}
    with pytest.raises(DbferryError) as caught:
        session.journal.writing({"a": 1})
    assert caught.value.code == "DBF-0005" and "migration_id" in caught.value.message


def test_a_plan_reads_what_its_earlier_phases_would_have_written():
    assumed = {"JOURNAL before the fence": {"value": {"logins": "ALLOWED"}}, RESOURCE: {}, "TABLESPACE USERS": {"status": "READ ONLY"}}
    session = FakeSession().with_journal(assumed=assumed)
    assert session.journal.items() == {"before the fence": {"logins": "ALLOWED"}}
    assert [statement.text() for statement in session.journal.writing({"x": 1})] == [INSERT]


def test_forgetting_reads_again():
    session = FakeSession().with_journal({"a": 1})
    assert session.journal.get("a") == 1
    session.items["a"] = "2"
    assert session.journal.get("a") == 1
    session.journal.forget()
    assert session.journal.get("a") == 2


def test_only_a_missing_table_is_taken_for_an_empty_journal():
    class Refusing(FakeSession):
        def query(self, sql, **binds):
            assert sql == READ
            raise DbferryError("gone", code="DPY-4011")

    with pytest.raises(DbferryError) as caught:
        Journal(Refusing(), "SALES", 1, {}).items()
    assert caught.value.code == "DPY-4011"


def test_whoever_logs_on_the_journal_is_the_migration_users():
    session = FakeSession({EXISTS_THERE: []}, user="SYS")
    journal = Journal(session, "SALES", 1, {}, owner="DBFERRY")
    session.answers['SELECT item, value FROM "DBFERRY".DBFERRY_JOURNAL WHERE migration_id = :migration_id AND run = :run'] = []
    made, written = journal.writing({"a": 1})
    assert made.text().startswith('CREATE TABLE "DBFERRY".DBFERRY_JOURNAL (') and "CONSTRAINT DBFERRY_JOURNAL_PK" in made.text()
    assert written.text().startswith('INSERT INTO "DBFERRY".DBFERRY_JOURNAL (')


def test_nothing_is_made_in_the_schema_of_sys():
    with pytest.raises(DbferryError) as caught:
        Journal(FakeSession(user="SYS"), "SALES", 1, {}).writing({"a": 1})
    assert caught.value.code == "DBF-0013"
