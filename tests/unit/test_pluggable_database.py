# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pluggable database is opened as wanted, in every instance, and dropped only when it is ours or named twice."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import pluggable_database
from fake_session import FakeSession, texts

WANT = {"name": "SHOP", "state": "open", "open_mode": None, "restricted": None, "save_state": None, "instances": "all", "datafiles": "including",
        "confirm": None, "mode": "default"}
ALTER = 'ALTER PLUGGABLE DATABASE "SHOP" '


def steps(*modes, is_restricted="NO", role="PRIMARY", saved=None, errors=(), ours=False, **more):
    rows = [{"inst_id": number, "open_mode": mode, "restricted": is_restricted, "here": "1", "role": role} for number, mode in enumerate(modes, 1)]
    session = FakeSession({
        pluggable_database.PDBS: rows, pluggable_database.SAVED: [{"state": saved}] if saved else [],
        pluggable_database.VIOLATIONS: [{"type": "ERROR", "cause": "SQL Patch", "message": text, "action": "", "status": "PENDING"} for text in errors],
    }).with_journal({pluggable_database.item("SHOP"): True} if ours else {})
    want = dict(WANT, **more)
    return pluggable_database.plan(pluggable_database.observe(session, want), want)


@pytest.mark.parametrize("modes, facts, wanted", [
    (["MOUNTED"], {}, ["OPEN"]), (["READ WRITE"], {}, []), (["READ ONLY"], {}, []),
    (["READ ONLY"], {"open_mode": "read_write"}, ["OPEN FORCE"]), (["READ WRITE"], {"open_mode": "read_only"}, ["OPEN READ ONLY FORCE"]),
    (["MOUNTED"], {"open_mode": "read_only", "restricted": True}, ["OPEN READ ONLY RESTRICTED"]),
    (["READ WRITE"], {"restricted": True}, ["OPEN RESTRICTED FORCE"]), (["MIGRATE"], {}, ["CLOSE IMMEDIATE", "OPEN"]),
    (["MOUNTED"], {"role": "PHYSICAL STANDBY"}, ["OPEN"]), (["READ ONLY"], {"role": "PHYSICAL STANDBY"}, []),
    (["MOUNTED", "READ WRITE"], {}, ["CLOSE IMMEDIATE INSTANCES = ALL", "OPEN INSTANCES = ALL"]),
    (["READ WRITE", "MOUNTED"], {"instances": "current"}, []), (["READ WRITE"], {"state": "closed"}, ["CLOSE IMMEDIATE"]),
    (["MOUNTED"], {"state": "closed"}, []), (["MOUNTED"], {"save_state": True}, ["OPEN", "SAVE STATE"]),
    (["READ WRITE"], {"save_state": True, "saved": "OPEN"}, []), (["READ WRITE"], {"save_state": True, "saved": "OPEN READ ONLY"}, ["SAVE STATE"]),
    (["READ WRITE"], {"save_state": True, "saved": "OPEN", "open_mode": "read_only"}, ["OPEN READ ONLY FORCE", "SAVE STATE"]),
    (["READ WRITE"], {"save_state": False, "saved": "OPEN"}, ["DISCARD STATE"]),
    (["READ WRITE"], {"save_state": True, "saved": "OPEN", "state": "closed"}, ["CLOSE IMMEDIATE", "DISCARD STATE"])])
def test_from_any_state_to_the_wanted_one(modes, facts, wanted):
    assert texts(steps(*modes, **facts)) == [ALTER + what for what in wanted]


def test_it_is_dropped_when_it_is_ours_or_named_twice():
    drop = 'DROP PLUGGABLE DATABASE "SHOP" INCLUDING DATAFILES'
    with pytest.raises(Refused) as caught:
        steps("READ WRITE", state="absent", confirm="OTHER")
    assert caught.value.code == "DBF-0653"
    assert texts(steps("READ WRITE", state="absent", confirm="SHOP")) == [ALTER + "CLOSE IMMEDIATE", drop]
    assert texts(steps("MOUNTED", state="absent", ours=True, datafiles="keep")) == [drop.replace("INCLUDING", "KEEP")]
    assert steps(state="absent") == []


def test_what_is_not_there_and_what_violations_prevent():
    with pytest.raises(Refused) as caught:
        steps()
    assert caught.value.code == "DBF-0651"
    with pytest.raises(Refused) as caught:
        steps("READ WRITE", is_restricted="YES", restricted=False, errors=["19.25 is not installed"])
    assert caught.value.code == "DBF-0652" and "19.25 is not installed" in caught.value.message
    assert texts(steps("MOUNTED", errors=["19.25 is not installed"])) == [ALTER + "OPEN"]


def test_who_lacks_the_privilege_has_it_done_on_the_server():
    assert all(step.on_server for step in steps("MOUNTED", save_state=True))
    assert not any(step.on_server for step in steps("MOUNTED", save_state=True, mode="sysdba"))
