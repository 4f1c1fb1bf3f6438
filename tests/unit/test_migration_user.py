# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account that migrates: made, changed, granted what it needs and no more, dropped with care."""

from __future__ import annotations

import pathlib
import re

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.privileges import BASE, PURPOSES, ROLES, SINCE, needed
from ansible_collections.dbferry.oracle.plugins.modules import migration_user
from fake_session import FakeSession, texts

WANT = {"name": "MOVER", "identified_by": "canary", "update_password": "on_create", "purposes": [], "default_tablespace": None,
        "temporary_tablespace": None, "profile": None, "quota": {}, "exclusive": False, "state": "present", "with_objects": False}
DOCUMENT = (pathlib.Path(__file__).resolve().parents[2] / "docs/privileges.md").read_text(encoding="utf-8")


def account(**more):
    return dict({"status": "OPEN", "default_tablespace": "USERS", "temporary_tablespace": "TEMP", "profile": "DEFAULT", "oracle_maintained": "N",
                 "objects": 0, "journals": 0}, **more)


def session(found=None, grants=(), quotas=(), container="0", release=(19, 3), prefix="C##", common="YES"):
    rows = [{"privilege": grant.partition(" ON ")[0], "owner": "SYS" if " ON " in grant else None, "name": grant.rpartition(".")[2] or None,
             "common": common} for grant in grants]
    return FakeSession({migration_user.USER: [found] if found else [], migration_user.GRANTS: rows,
                        migration_user.QUOTAS: [{"name": name, "max_bytes": size} for name, size in quotas],
                        migration_user.CONTAINER: [{"container": container, "prefix": prefix}]}, user="SYSTEM", release=release)


def plan(found, **more):
    want = dict(WANT, **more)
    return migration_user.plan(migration_user.observe(found, want), want)


def report(found, **more):
    want = dict(WANT, **more)
    return migration_user.report(migration_user.observe(found, want), want)


def test_a_new_account_in_one_statement_and_its_grants_in_another():
    create, grant, execute = plan(session(), purposes=["compare"], default_tablespace="TOOLS", quota={"TOOLS": "200M"}, profile="P")
    assert str(create.statement) == 'CREATE USER "MOVER" IDENTIFIED BY ******** DEFAULT TABLESPACE "TOOLS" PROFILE "P" QUOTA 209715200 ON "TOOLS"'
    assert 'IDENTIFIED BY "canary"' in create.statement.text()
    assert str(grant.statement) == ('GRANT CREATE SESSION, SELECT ANY DICTIONARY, "SELECT_CATALOG_ROLE", CREATE TABLE, SELECT ANY TABLE, '
                                    'FLASHBACK ANY TABLE TO "MOVER"')
    assert str(execute.statement) == 'GRANT EXECUTE ON "SYS"."DBMS_CRYPTO" TO "MOVER"'


def test_only_what_is_missing_is_granted_and_nothing_is_revoked_unasked():
    found = session(account(), [*BASE, "DROP USER", "EXECUTE ON SYS.DBMS_SQL"])
    assert plan(found) == []
    assert report(found)["excess"] == ["DROP USER", "EXECUTE ON SYS.DBMS_SQL"]
    assert texts(plan(found, exclusive=True)) == ['REVOKE DROP USER FROM "MOVER"', 'REVOKE EXECUTE ON "SYS"."DBMS_SQL" FROM "MOVER"']


def test_what_a_release_does_not_know_is_not_granted():
    assert "LOGMINING" in needed(["logminer"], (12, 1, 0, 2, 0), False) and "LOGMINING" not in needed(["logminer"], (11, 2, 0, 4, 0), False)


def test_in_the_root_everything_is_common():
    steps = plan(session(container="1"), name="C##MOVER")
    assert all(text.endswith(" CONTAINER = ALL") for text in texts(steps)) and "SET CONTAINER" in texts(steps)[1]
    with pytest.raises(Refused) as caught:
        plan(session(container="1"))
    assert caught.value.code == "ORA-65096"
    local = session(account(), needed([], (19, 3), True), container="1", common="NO")
    assert len(plan(local, name="C##MOVER")) == 1
    assert plan(session(account(), needed([], (19, 3), True), container="1"), name="C##MOVER") == []


def test_a_password_is_set_again_only_when_asked_and_once_a_call():
    found = session(account(), BASE)
    assert plan(found) == []
    step, = plan(found, update_password="always")
    assert str(step.statement) == 'ALTER USER "MOVER" IDENTIFIED BY ********'
    found.execute(step.statement)
    assert plan(found, update_password="always") == []


@pytest.mark.parametrize("password", [None, "", 'qu"ote', "nul\0"])
def test_a_password_that_cannot_be(password):
    with pytest.raises(Refused) as caught:
        plan(session(), identified_by=password)
    assert caught.value.code == "DBF-0322" and "quote" not in str(caught.value.message).replace("double quote", "")


def test_attributes_that_differ_are_changed_together():
    found = session(account(), BASE, [("TOOLS", 204800), ("USERS", -1)])
    step, = plan(found, default_tablespace="TOOLS", profile="DEFAULT", quota={"TOOLS": "UNLIMITED", "USERS": "UNLIMITED"})
    assert str(step.statement) == 'ALTER USER "MOVER" DEFAULT TABLESPACE "TOOLS" QUOTA UNLIMITED ON "TOOLS"'
    assert plan(found, quota={"TOOLS": 200000}) == []      # rounded up to blocks
    with pytest.raises(Refused):
        plan(found, quota={"TOOLS": "plenty"})


def test_an_account_is_dropped_when_nothing_of_worth_goes_with_it():
    assert plan(session(), state="absent") == []
    assert texts(plan(session(account()), state="absent")) == ['DROP USER "MOVER"']
    full = session(account(objects=4, journals=1))
    with pytest.raises(Refused, match="the journal of migrations lies in its schema; it owns 4 objects"):
        plan(full, state="absent")
    assert texts(plan(full, state="absent", with_objects=True)) == ['DROP USER "MOVER" CASCADE']
    with pytest.raises(Refused, match="this very session"):
        plan(session(account()), state="absent", name="SYSTEM")


def test_accounts_of_oracle_are_left_alone():
    with pytest.raises(Refused):
        plan(session(account(oracle_maintained="Y")))


# -- the table and the document

def grants(text):
    found = set()
    for statement in re.findall(r"^\s*GRANT (.*?) TO ", text, re.MULTILINE | re.DOTALL):
        found |= {statement.strip().upper()} if " ON " in statement else {one.strip() for one in statement.split(",")}
    return found


def test_the_documented_statements_are_those_of_the_table():
    both, source, target = (DOCUMENT[DOCUMENT.index(begin):DOCUMENT.index(end)] for begin, end in (
        ("## Both databases", "## Source only"), ("## Source only", "## Target only"), ("## Target only", "belongs to PUBLIC by default")))
    assert grants(both) | grants(source) == set(needed(["xtts_source", "file_transfer"], (19,), False))
    assert grants(both) | grants(target) == set(needed(["xtts_target", "file_transfer"], (19,), False))


def test_the_documented_purposes_are_those_of_the_table():
    table = DOCUMENT[DOCUMENT.index("## By purpose"):DOCUMENT.index("## What each grant is for")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n") if line.startswith("| `")]
    assert rows == [["`{0}`".format(name), purpose.what, ", ".join(purpose.grants)] for name, purpose in PURPOSES.items()]
    assert ", ".join(BASE) in table


def test_the_options_are_the_purposes():
    assert migration_user.MODULE.argument_spec["purposes"]["choices"] == list(PURPOSES)
    every = {grant for purpose in PURPOSES.values() for grant in purpose.grants} | set(BASE)
    assert set(SINCE) <= every | {"SET CONTAINER"} and {grant for grant in every if re.search(r"^\w+_\w+$", grant)} == ROLES
