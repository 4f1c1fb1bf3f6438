# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources that were prepared over ssh, asked on their servers."""
from __future__ import annotations

import pytest


@pytest.fixture()
def entry(host):
    return host.ansible.get_variables()


def asked(host, entry, sql):
    """What SQL*Plus on the server answers the owner."""
    home, sid = entry["dbferry_oracle_home"], entry["dbferry_oracle_sid"]
    script = f"SET PAGESIZE 0 LINESIZE 500 FEEDBACK OFF\n{sql};\nEXIT\n"
    done = host.run(f"printf %s '{script}' | ORACLE_HOME={home} ORACLE_SID={sid} {home}/bin/sqlplus -S / as sysdba")
    assert done.rc == 0, done.stdout
    return done.stdout.split()


def test_redo_is_archived_and_forced(host, entry):
    assert asked(host, entry, "SELECT log_mode, force_logging FROM v$database") == ["ARCHIVELOG", "YES"]
    assert set(asked(host, entry, "SELECT status FROM gv$instance")) == {"OPEN"}


def test_archived_logs_of_every_thread_are_files_of_the_owner(host, entry):
    threads = asked(host, entry, "SELECT DISTINCT thread# FROM v$archived_log ORDER BY 1")
    assert threads == (["1", "2"] if entry["inventory_hostname"] == "dbrac" else ["1"])
    for name in asked(host, entry, "SELECT name FROM v$archived_log"):
        assert host.file(name).is_file and host.file(name).user == entry["lab_owner"] and host.file(name).mode == 0o640


def test_it_still_listens_after_its_restart(host, entry):
    assert host.socket(f"tcp://{entry['dbferry_dsn'].split('/')[0]}").is_listening
