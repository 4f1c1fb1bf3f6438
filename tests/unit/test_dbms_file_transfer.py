# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dbms_file_transfer and database_link plan, from plain data."""
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.modules import database_link, dbms_file_transfer

WANT = {"operation": "put", "tablespaces": ["APP"], "directory": "TGT", "link": "L", "parallel": 2, "migration_id": "SALES", "migration_run": 1}


def file(**more: t.Any) -> t.Dict[str, t.Any]:
    return dict({"tablespace": "APP", "name": "/u01/app.dbf", "bytes": 8192, "checkpoint_scn": 7, "folder": "/u01", "directory": "SRC", "output": None,
                 "attempt": 0, "job": None, "job_state": None, "current": False, "sofar": 0, "left": None, "path": None, "_told": None}, **more)


def state(*files: t.Dict[str, t.Any], **more: t.Any) -> t.Dict[str, t.Any]:
    found = {"DATABASE_LINK L": {"name": "L", "account": "X"}, "DIRECTORY TGT": {"path": "/u02", "writable": True},
             "INSTANCE": {"job_queue_processes": 10}, "TABLESPACE APP": {"status": "READ ONLY"}}
    found.update(("TRANSFER {0}".format(number), one) for number, one in enumerate(files, 5))
    found.update(more)
    return found


def texts(steps: t.List[t.Any]) -> t.List[str]:
    return [str(step.statement) for step in steps]


def test_as_many_jobs_as_are_wanted_and_no_more() -> None:
    steps = dbms_file_transfer.plan(state(file(), file(), file(job="J", job_state="RUNNING", current=True)), WANT)
    assert len(steps) == 1 and "DBMS_FILE_TRANSFER.PUT_FILE(source_directory_object => ''\"SRC\"''" in texts(steps)[0]
    assert steps[0].remember["sending datafile 5"]["file"] == "dbf_sales_r1_f5_1.dbf"
    assert "ALLOW_RUNS_IN_RESTRICTED_MODE" in texts(steps)[0]


def test_what_was_left_goes_before_the_next_attempt_with_a_name_of_its_own() -> None:
    steps = dbms_file_transfer.plan(state(file(attempt=1, left="dbf_sales_r1_f5_1.dbf")), WANT)
    assert "UTL_FILE.FREMOVE" in texts(steps)[0] and steps[0].at_peer and "dbf_sales_r1_f5_2.dbf" in texts(steps)[1]


def test_a_file_that_arrived_is_written_down_before_its_job_goes() -> None:
    steps = dbms_file_transfer.plan(state(file(job="J", job_state="SUCCEEDED", current=True, path="/u02/x.dbf")), WANT)
    assert steps[0].record == {"sent datafile 5": {"path": "/u02/x.dbf", "checkpoint_scn": 7}} and "DROP_JOB" in texts(steps)[1]
    assert dbms_file_transfer.plan(state(file(output="/u02/x.dbf")), WANT) == []


def test_a_failure_is_told_and_its_job_goes_a_job_of_another_scn_goes_silently() -> None:
    steps = dbms_file_transfer.plan(state(file(job="J", job_state="FAILED", current=True, _told="ORA-19502: write error"), file()), WANT)
    assert isinstance(steps[-1].failure, DbferryError) and steps[-1].failure.code == "ORA-19502" and "CREATE_JOB" in texts(steps)[0]
    assert [step.failure for step in dbms_file_transfer.plan(state(file(job="J", job_state="FAILED")), WANT)] == [None]


def test_every_finding_at_once() -> None:
    with pytest.raises(Refused) as caught:
        dbms_file_transfer.plan(state(file(directory=None), file(bytes=700), file(bytes=3 * 1024 ** 4), **{
            "DATABASE_LINK L": None, "DIRECTORY TGT": {"path": "/u02", "writable": False}, "TABLESPACE APP": {"status": "ONLINE"},
            "INSTANCE": {"job_queue_processes": 0}}), WANT)
    for words in ("no database link", "may not be written", "directory object that may be read for /u01", "(700 bytes)", "not read only",
                  "JOB_QUEUE_PROCESSES"):
        assert words in caught.value.message


LINK = {"name": None, "purpose": "LINK", "connect_string": "there", "link_user": "SCOTT", "link_password": "tiger", "create_account": False,
        "privileges": [], "directories": {}, "state": "present", "peer": {}, "migration_id": "SALES", "migration_run": 1}
NAME = "DATABASE_LINK DBF_SALES_R1_LNK_LINK"


def link(**more: t.Any) -> t.Dict[str, t.Any]:
    return dict({"name": "DBF_SALES_R1_LNK_LINK", "account": "SCOTT", "connect_string": "there", "code": None, "error": None}, **more)


def test_a_link_is_made_once_and_made_anew_when_it_is_denied() -> None:
    other = {"OTHER": {"_global_name": None}}
    (step,) = database_link.plan(dict({NAME: None}, **other), LINK)
    assert "tiger" not in str(step.statement) and 'IDENTIFIED BY "tiger" USING' in step.statement.text()
    assert database_link.plan(dict({NAME: link()}, **other), LINK) == []
    denied = database_link.plan(dict({NAME: link(code="ORA-01017", error="no")}, **other), LINK)
    assert [str(step.statement).split(" ")[0] for step in denied] == ["DROP", "CREATE"]
    with pytest.raises(DbferryError) as caught:
        database_link.plan(dict({NAME: link(code="ORA-12541", error="no listener")}, **other), LINK)
    assert caught.value.code == "ORA-12541"


def test_a_password_that_is_made_up_is_long_and_of_every_kind_twice() -> None:
    account = "ACCOUNT DBF_SALES_R1_LNK_LINK"
    steps = database_link.plan({NAME: None, account: None, "OTHER": {"_global_name": None}}, dict(LINK, create_account=True, link_user=None))
    password = steps[0].statement.text().split('IDENTIFIED BY "')[1].split('"')[0]
    assert len(password) == 30 and password not in " ".join(texts(steps))
    kinds = (str.isupper, str.islower, str.isdigit, lambda letter: not letter.isalnum())
    assert all(len([letter for letter in password if kind(letter)]) >= 2 for kind in kinds)


def test_global_names_wants_the_other_database_in_the_name() -> None:
    with pytest.raises(Refused) as caught:
        database_link.plan({NAME: None, "OTHER": {"_global_name": "SALES.EXAMPLE.COM"}}, LINK)
    assert caught.value.code == "DBF-0405" and "SALES.EXAMPLE.COM@DBFERRY" in (caught.value.hint or "")


def test_the_account_of_a_link_is_made_with_it_and_gets_what_it_lacks() -> None:
    want = dict(LINK, create_account=True, link_user=None, link_password=None, directories={"TGT": ["read"]})
    account = "ACCOUNT DBF_SALES_R1_LNK_LINK"
    made, granted, on_directory, linked = database_link.plan({NAME: None, account: None, "OTHER": {"_global_name": None}}, want)
    assert str(made.statement) == 'CREATE USER "DBF_SALES_R1_LNK_LINK" IDENTIFIED BY ******** ACCOUNT UNLOCK'
    assert texts([granted, on_directory]) == ['GRANT CREATE SESSION TO "DBF_SALES_R1_LNK_LINK"', 'GRANT READ ON DIRECTORY "TGT" TO "DBF_SALES_R1_LNK_LINK"']
    assert [step.at_peer for step in (made, granted, on_directory, linked)] == [True, True, True, False]
