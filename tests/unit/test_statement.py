# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statements show everything but their secrets."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, codes
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import MASK, Secret, Statement


def test_the_server_gets_the_secret_and_nobody_else():
    statement = Statement('ALTER USER "SALES" IDENTIFIED BY "', Secret('pa""ss'), '"')
    assert statement.text() == 'ALTER USER "SALES" IDENTIFIED BY "pa""ss"'
    assert str(statement) == 'ALTER USER "SALES" IDENTIFIED BY "' + MASK + '"'
    assert "pa" not in str(statement).split("BY", 1)[1]


def test_bind_values_are_shown_in_a_fixed_order_and_secret_ones_are_not():
    statement = Statement("BEGIN p(:word, :name); END;", word=Secret("tiger"), name="SCOTT")
    assert statement.values() == {"word": "tiger", "name": "SCOTT"}
    assert str(statement) == "BEGIN p(:word, :name); END;  -- name='SCOTT', word=" + MASK
    assert "tiger" not in repr(statement.binds)


def test_a_statement_without_binds_is_shown_as_it_is():
    assert str(Statement("PURGE TABLESPACE ", '"USERS"')) == 'PURGE TABLESPACE "USERS"'


@pytest.mark.parametrize("text, found", [
    ("ORA-01017: invalid username/password; logon denied", ["ORA-01017"]),
    ("RMAN-03002: failure\nORA-19504: failed\nORA-19504: again\nORA-27038: created", ["RMAN-03002", "ORA-19504", "ORA-27038"]),
    ("XORA-01017 ORA-1 DPY-4011: closed", ["DPY-4011"]),
    ("nothing", []),
])
def test_codes_are_given_once_in_order(text, found):
    assert codes(text) == found


def test_an_error_says_what_to_do_next():
    result = DbferryError("Connecting failed.", code="ORA-01017", statement="CONNECT", details={"findings": [1]}).result()
    assert result["msg"].startswith("Connecting failed. User name or password is wrong.")
    assert result["code"] == "ORA-01017" and result["statement"] == "CONNECT" and result["findings"] == [1]
    assert result["hint"] in result["msg"]


def test_what_a_database_says_and_what_to_do_are_two_sentences():
    error = DbferryError("ORA-01034: ORACLE not available\n", hint="Start it.")
    assert error.result()["msg"] == "ORA-01034: ORACLE not available. Start it."


def test_an_error_without_a_code_has_no_empty_fields():
    assert DbferryError("No.").result() == {"msg": "No.", "finished": True}


def test_a_hint_of_its_own_takes_the_place_of_the_general_one():
    assert DbferryError("No.", code="ORA-01017", hint="Ask Ada.").result()["msg"] == "No. Ask Ada."
