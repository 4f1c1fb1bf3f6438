# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recovery area's order of changes, and FORCE LOGGING."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import force_logging, recovery_area
from fake_session import FakeSession, texts

HERE = [{"instance_name": "ONE", "parallel": "NO", "started": "x", "session_user": "DBFERRY", "con_id": "0"}]


def area_plan(held, at, used=0, items=None, **more):
    rows = [{"instance": "ONE", "name": name, "type": kind, "value": value, "isdefault": "TRUE", "modifiable": "IMMEDIATE", "pdb_modifiable": "FALSE"}
            for name, kind, value in ((recovery_area.SIZE, 6, held), (recovery_area.DESTINATION, 2, at), ("spfile", 2, "/x"))]
    spfile = [{"sid": "*", "name": name, "value": value} for name, value in ((recovery_area.SIZE, held), (recovery_area.DESTINATION, at))]
    session = FakeSession({parameters.HERE: HERE, parameters.MEMORY: rows, parameters.SPFILE: spfile, recovery_area.AREA: [{
        "name": at, "space_limit": int(held), "space_used": used, "space_reclaimable": 0, "number_of_files": 1}]}).with_journal(items or {})
    want = dict({"state": "present", "size": None, "destination": None, "migration_id": "SALES"}, **more)
    return recovery_area.plan(recovery_area.observe(session, want), want)


def test_the_size_comes_before_the_destination():
    assert texts(area_plan("0", "", size="1G", destination="/fra")) == [
        "ALTER SYSTEM SET db_recovery_file_dest_size = 1G SCOPE = BOTH", "ALTER SYSTEM SET db_recovery_file_dest = '/fra' SCOPE = BOTH"]
    assert area_plan("1073741824", "/fra", size="1024M", destination="/fra") == []


def test_an_area_goes_before_its_size():
    assert texts(area_plan("1", "/fra", state="absent")) == ["ALTER SYSTEM SET db_recovery_file_dest = '' SCOPE = BOTH"]
    items = {parameters.before_item(name): {"instances": {"ONE": value}, "sids": {"*": value}, "default": True}
             for name, value in ((recovery_area.SIZE, "0"), (recovery_area.DESTINATION, ""))}
    words = [text.split(" ")[3] for text in texts(area_plan("1", "/fra", items=items, state="as_before"))]
    assert words == [recovery_area.DESTINATION] * 2 + [recovery_area.SIZE] * 2


@pytest.mark.parametrize("size, code", [("lots", "DBF-0271"), ("-1", "DBF-0271"), ("1K", "DBF-0272")])
def test_a_size_that_does_harm(size, code):
    with pytest.raises(Refused) as error:
        area_plan("2048", "/fra", used=2000, size=size)
    assert error.value.code == code


def force_plan(on, items=None, **more):
    session = FakeSession({force_logging.DATABASE: [{"force_logging": on}], force_logging.TABLESPACES: [
        {"name": "APP", "force_logging": on, "contents": "PERMANENT"}, {"name": "TEMP", "force_logging": "NO", "contents": "TEMPORARY"}],
    }).with_journal(items or {})
    want = dict({"state": "enabled", "tablespaces": [], "migration_id": "SALES"}, **more)
    return force_logging.plan(force_logging.observe(session, want), want)


def test_force_logging():
    step, = force_plan("NO")
    assert str(step.statement) == "ALTER DATABASE FORCE LOGGING" and step.remember == {"force logging before of the database": False}
    assert force_plan("YES") == [] and texts(force_plan("YES", state="disabled")) == ["ALTER DATABASE NO FORCE LOGGING"]
    assert texts(force_plan("YES", {"force logging before of the database": False}, state="as_before")) == ["ALTER DATABASE NO FORCE LOGGING"]
    assert force_plan("YES", state="as_before") == []
    assert texts(force_plan("NO", tablespaces=["APP"])) == ['ALTER TABLESPACE "APP" FORCE LOGGING']


@pytest.mark.parametrize("name, code", [("NONE", "ORA-00959"), ("TEMP", "ORA-30043")])
def test_tablespaces_that_cannot_be_forced(name, code):
    with pytest.raises(Refused) as error:
        force_plan("NO", tablespaces=[name])
    assert error.value.code == code
