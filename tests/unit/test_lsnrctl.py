# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lsnrctl and orapwd say, and what they are given."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import lsnrctl, orapwd
from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName

STATUS = """
LSNRCTL for Linux: Version 19.0.0.0.0 - Production on 21-NOV-2026 16:16:42

Connecting to (DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=quay)(PORT=1521)))
STATUS of the LISTENER
------------------------
Alias                     LISTENER
Listener Parameter File   /u01/home/network/admin/listener.ora
Listening Endpoints Summary...
  (DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=quay)(PORT=1521)))
Services Summary...
Service "quay" has 2 instance(s).
  Instance "quay1", status UNKNOWN, has 1 handler(s) for this service...
  Instance "quay1", status BLOCKED, has 1 handler(s) for this service...
Service "quay XDB" has 1 instance(s).
  Instance "quay1", status READY, has 1 handler(s) for this service...
    Handler(s):
      "DEDICATED" established:0 refused:0 state:ready
         LOCAL SERVER
The command completed successfully
"""
NO_LISTENER = "TNS-12541: TNS:no listener\n TNS-12560: TNS:protocol adapter error\n  TNS-00511: No listener\n   Linux Error: 111: Connection refused\n"


def test_status_tells_registrations():
    found = lsnrctl.parse(STATUS, 0)
    assert found.verdict == "ok" and found.running and [tuple(one) for one in found.services] == [
        ("quay", "quay1", "UNKNOWN"), ("quay", "quay1", "BLOCKED"), ("quay XDB", "quay1", "READY")]
    assert [one.service for one in found.static] == ["quay"]
    assert found.facts["listener parameter file"] == "/u01/home/network/admin/listener.ora" and len(found.endpoints) == 1


def test_no_listener_is_its_own_answer():
    found = lsnrctl.parse("Connecting to (...)\n" + NO_LISTENER, 1)
    assert found.verdict == "failed" and found.running is False and found.cause.code == "TNS-12541"


def test_the_second_address_may_answer():
    found = lsnrctl.parse(NO_LISTENER + STATUS, 0)
    assert found.verdict == "warning" and found.running and found.warnings == ["TNS-12541", "TNS-12560", "TNS-00511"]


def test_started_already_is_no_failure():
    assert lsnrctl.parse("TNS-01106: Listener using listener name LISTENER has already been started\n", 1).verdict == "warning"


@pytest.mark.parametrize("text, rc, verdict, running", [
    ("", None, "unknown", None), ("cut off", None, "unknown", None), ("", 1, "failed", None),
    ("TNS-01189: The listener could not authenticate the user", 1, "failed", None), ("TNS-01101: Could not find service name X", 1, "failed", False)])
def test_what_does_not_say_is_not_taken_for_success(text, rc, verdict, running):
    found = lsnrctl.parse(text, rc)
    assert (found.verdict, found.running) == (verdict, running)


def test_orapwd_gets_the_password_by_standard_input():
    command = orapwd.create("/u01/dbs/orapwQUAY", "Hush_12 3", "12.2", 10, True)
    assert command.argv == ["orapwd", "file=/u01/dbs/orapwQUAY", "format=12.2", "entries=10", "force=y"]
    assert command.stdin.text() == "Hush_12 3\n" and "Hush" not in str(command)


@pytest.mark.parametrize("password", ["", "two\nlines"])
def test_a_password_that_cannot_be_typed_is_refused(password):
    with pytest.raises(BadName):
        orapwd.create("/u01/dbs/orapwQUAY", password)


@pytest.mark.parametrize("text, rc, verdict", [
    ("\nEnter password for SYS: \n", 0, "ok"), ("\nEnter password for SYS: \n", 1, "failed"),
    ("\nOPW-00005: File with same name exists - please delete or rename\n", 0, "failed")])
def test_orapwd_is_read(text, rc, verdict):
    assert orapwd.parse(text, rc).verdict == verdict
