# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every module promises, held against each of them on the lab.

A new module is covered by a line in CASES; one that has none fails ``test_every_module_has_a_case``.
"""
from __future__ import annotations

import contextlib
import importlib
import json
import pathlib
import re
import typing as t

import given
import pytest
import yaml
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import full_spec
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from lab_under_test import ROOT, Lab

SET = ["APP_DATA", "APP_INDEX", "APP_LOB"]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))


class Case(t.NamedTuple):
    """One call of a module. ``undo`` is a call that brings the database back; ``names`` are options that hold names of things."""

    arguments: t.Dict[str, t.Any]
    database: str = "dbtrg"
    peer: t.Optional[str] = None
    undo: t.Optional[t.Dict[str, t.Any]] = None
    names: t.Tuple[str, ...] = ()
    changes: bool = True


NET_SERVICE = {"names": ["CONTRACT", "CONTRACT.EXAMPLE"], "host": "localhost", "port": 1521, "service_name": "s", "sid": None, "ur": False,
               "descriptor": None}
STATIC_SERVICE = {"global_dbname": "contract_static", "sid_name": "dbtrg", "oracle_home": None, "envs": None, "listener": "LISTENER"}

CASES: t.Dict[str, Case] = {
    "ping": Case({}, changes=False),
    "schema_compare_info": Case({}, changes=False),
    "physical_check_info": Case({"fail": False}, "dbsrc", "dbtrg", changes=False),
    "database_info": Case({"gather": ["all", "dictionary"]}, changes=False),
    "tablespace": Case({"names": ["USERS"], "state": "read_only"}, undo={"names": ["USERS"], "state": "as_before"}, names=("names",)),
    "directory": Case({"name": "CONTRACT_DIR", "path": "/tmp", "grants": {"SYSTEM": ["READ"]}},
                      undo={"name": "CONTRACT_DIR", "state": "absent"}, names=("name",)),
    "database_link": Case({"connect_string": "PEER", "create_account": True}, "dbsrc", "dbtrg", undo={"create_account": True, "state": "absent"},
                          names=("name", "connect_string")),
    "dataguard_broker": Case({"state": "started"}, undo={"state": "stopped"}),
    "dbms_file_transfer": Case({"operation": "get", "tablespaces": ["NO_SUCH"], "directory": "CONTRACT_DUMP", "link": "NO_SUCH"}, "dbtrg", "dbsrc",
                               names=("tablespaces", "directory", "link"), changes=False),
    "restore_point": Case({"name": "CONTRACT_POINT", "mode": "sysdba"},
                          undo={"name": "CONTRACT_POINT", "state": "absent", "mode": "sysdba"}, names=("name",)),
    "instance": Case({"state": "open", "restricted": True}, undo={"state": "open", "restricted": False}),
    "session_fence": Case({"services": ["shop"], "jobs": True, "logons": True}, undo={"state": "absent"}, names=("services",)),
    "transport_set_info": Case({"tablespaces": SET, "fail": False}, "dbsrc", "dbtrg", names=("tablespaces",), changes=False),
    "schema_baseline": Case({}, "dbsrc"),
    "schema_compare": Case({"tablespaces": ["USERS"], "rows": "none", "fail": False}, "dbtrg", "dbsrc", changes=False),
    "datapump_export": Case({"purpose": "CONTRACT", "directory": "CONTRACT_DUMP", "job_mode": "full", "metadata_only": True,
                             "exclude": ["STATISTICS"]}, "dbsrc", names=("directory",)),
    "datapump_import": Case({"purpose": "PROFILES", "dump_of": "CONTRACT", "directory": "CONTRACT_DUMP", "job_mode": "full",
                             "metadata_only": True,
                             "include": ["PROFILE"]}, names=("directory",)),
    "datapump_job_info": Case({"operation": "export", "purpose": "NOTHING", "directory": "CONTRACT_DUMP", "fail": False}, changes=False,
                              names=("directory",)),
    "recycle_bin": Case({"tablespaces": ["USERS"], "state": "empty"}, names=("tablespaces",), changes=False),
    "user_tablespaces": Case({"tablespaces": ["USERS"]}, "dbtrg", "dbsrc", names=("tablespaces",), changes=False),
    "sequence_advance": Case({}, "dbtrg", "dbsrc", changes=False),
    "statistics_transfer": Case({"tablespaces": SET, "state": "exported"}, "dbsrc", names=("tablespaces",)),
    "recompile": Case({}, "dbtrg", "dbsrc", changes=False),
    "rman_backup": Case({"purpose": "NONE", "tablespaces": ["NO_SUCH"]}, names=("tablespaces",), changes=False),
    "cloud_backup_module": Case({"state": "absent"}, names=("library_directory", "wallet_directory", "config_file"), changes=False),
    "rman_channel_info": Case({"sbt_library": "/no/such/library.so", "fail": False}, names=("sbt_library", "existing_tag"), changes=False),
    "rman_configuration": Case({"backup_optimization": False}, names=("snapshot_controlfile_name", "controlfile_autobackup_format"), changes=False),
    "rman_convert": Case({"purpose": "NONE", "tablespaces": ["NO_SUCH"], "path": "/tmp"}, "dbtrg", "dbsrc",
                         names=("tablespaces",), changes=False),
    "file_copy": Case({"purpose": "NONE", "directory": "CONTRACT_DUMP", "files": [], "transport": "local"}, "dbsrc", "dbtrg",
                      names=("directory",), changes=False),
    "rman_duplicate": Case({"target_service": "NO_SUCH", "auxiliary_service": "NO_SUCH", "sys_password": "none"}, changes=False),
    "rman_job_info": Case({"fail": False}, changes=False),
    "rman_recover": Case({"service": "NO_SUCH"}, changes=False),
    "rman_restore": Case({"service": "NO_SUCH"}, changes=False),
    "rman_validate": Case({"purpose": "NONE", "tablespaces": ["NO_SUCH"]}, names=("tablespaces",), changes=False),
    "parameter": Case({"parameters": {"open_cursors": 450, "db_files": 300, "_log_parallelism_max": 1}}, names=("sid", "comment"),
                      undo={"names": ["open_cursors", "db_files", "_log_parallelism_max"], "state": "as_before"}),
    "recovery_area": Case({"size": "20G"}, undo={"state": "as_before"}, names=("destination", "size")),
    "force_logging": Case({}, undo={"state": "as_before"}, names=("tablespaces",)),
    "log_switch": Case({"count": 2, "purpose": "CONTRACT"}),
    "archivelog": Case({}, changes=False),
    "artefacts": Case({"state": "absent", "migration_run": 9}, names=("directory",)),
    "supplemental_log": Case({"database": ["primary_key"], "tables": [{"owner": "HR", "name": "EMPLOYEES", "columns": ["all"]}],
                              "log_groups": [{"owner": "HR", "table": "EMPLOYEES", "name": "CONTRACT_GROUP", "columns": ["LAST_NAME"],
                                              "no_log": [], "always": True}]}, "dbsrc", undo={"state": "as_before"}),
    "migration_user": Case({"name": "CONTRACT_USER", "identified_by": "Contract 1", "purposes": ["logminer"], "default_tablespace": "USERS",
                            "quota": {"USERS": "1M"}}, undo={"name": "CONTRACT_USER", "state": "absent"}, names=("name", "profile")),
    "logminer_info": Case({"fail": False}, changes=False),
    "scheduled_jobs": Case({"owners": ["SALES"]}, "dbsrc", undo={"state": "as_before"}, names=("owners", "except_jobs")),
    "redo_thread": Case({"threads": [2], "groups": 2, "size": "50M", "members": ["STAGING"], "reuse": True}, names=("size", "members"),
                        undo={"threads": [2], "state": "absent"}),
    "undo_tablespace": Case({"names": ["CONTRACT_UNDO"], "size": "10M", "path": "STAGING"}, names=("names", "size", "path"),
                            undo={"names": ["CONTRACT_UNDO"], "state": "absent"}),
    "standby_redo_log": Case({"groups": 2, "size": "50M", "members": ["STAGING"], "reuse": True}, names=("size", "members"), undo={"state": "as_before"}),
    "dataguard_info": Case({"mode": "sysdba"}, "dbtrg", "dbsrc", changes=False),
    "redo_apply": Case({"state": "stopped", "mode": "sysdba"}, changes=False),
    "failover": Case({}, changes=False),
    "flashback": Case({"restore_point": "CONTRACT_POINT"}, changes=False),
    "reinstate": Case({}, changes=False),
    "snapshot_standby": Case({"state": "physical"}, changes=False),
    "switchover": Case({}, changes=False),
    "redo_transport": Case({"destination": "contract", "service": "contract", "dest_state": "defer"}, "dbsrc", names=("destination", "service", "valid_for"),
                           undo={"destination": "contract", "state": "as_before"}),
    "database_service": Case({"names": ["contract_service"]}, undo={"state": "as_before"}, names=("names",)),
    "datapatch": Case({}, "dbtrg"),
    "pluggable_database": Case({"name": "NO_SUCH", "state": "absent"}, changes=False, names=("name",)),
    "timezone": Case({"state": "upgraded"}, changes=False, names=("pdb",)),
    "password_file": Case({"transport": "local", "peer_path": "STAGING/orapwCONTRACT"}, "dbsrc", "dbtrg", names=("path", "peer_path"),
                          undo={"state": "absent", "path": "STAGING/orapwCONTRACT"}),
    "net_service": Case({"net_services": [NET_SERVICE], "static_services": [STATIC_SERVICE]}, names=("tns_admin",),
                        undo={"net_services": [NET_SERVICE], "static_services": [STATIC_SERVICE], "state": "absent"}),
    "clusterware_database": Case({}),
    "db_unique_name": Case({}, changes=False),
    "keystore": Case({"state": "closed"}, changes=False),
    "noncdb_to_pdb": Case({}, changes=False),
    "placeholder": Case({}),
    "server_job": Case({}, changes=False),
}
#: These work on a server by a command, or want a pair of another kind; what they do there is tested with the workflow or by themselves.
ELSEWHERE = ("clusterware_database", "db_unique_name", "failover", "flashback", "noncdb_to_pdb", "placeholder", "reinstate", "server_job",
             "snapshot_standby", "switchover")
SQL_MODULES = [name for name in MODULES if name in CASES and name not in ELSEWHERE]
LOCAL = ("cloud_backup_module", "instance", "net_service", "password_file", "rman_channel_info")
#: What they change is done by a job of the server, which nobody runs here; test_after_role_change does.
BY_JOB = ("datapatch",)
CHANGING = [name for name in SQL_MODULES if CASES.get(name, Case({})).changes and name not in BY_JOB]
HOSTILE = ["it's", 'quo"te', "semi;colon", "nul\0", "x" * 300, "a' OR '1'='1", "-- comment", "é漢字", " ", "DROP TABLE t", "&ampersand",
           "two\nlines\n/\nDROP TABLE t"]


#: Cases of the second session in the selection; the rest of them is for the full suite.
SELECTED = ("ping", "tablespace")


def over_both_sessions(names: t.Iterable[str]) -> t.List[t.Any]:
    """Every name with the driver, and with SQL*Plus on the server. Modules that have the latter anyway are there once."""
    return [*((name, "driver") for name in names), *(
        pytest.param(name, "sqlplus", marks=() if name in SELECTED else pytest.mark.everything) for name in names if name not in LOCAL)]


def module_of(name: str) -> t.Any:
    return importlib.import_module(f"ansible_collections.dbferry.oracle.plugins.modules.{name}").MODULE


@pytest.fixture(scope="module", autouse=True)
def dump_directory(lab: Lab) -> t.Iterator[None]:
    """Directory objects for the Data Pump cases, and the journal itself, are there before and gone afterwards."""
    for name in ("dbsrc", "dbtrg") if given.may_change() or not given.are_given() else ():
        lab.run(module_of("directory"), name, {"name": "CONTRACT_DUMP", "path": str(lab.staging)})
    yield


@pytest.mark.reads_only
def test_every_module_has_a_case() -> None:
    assert set(CASES) == set(MODULES)


def picture(lab: Lab, name: str) -> t.Any:
    """What a database is like, as far as a module might change it."""
    questions = ("SELECT tablespace_name, status FROM dba_tablespaces", "SELECT directory_name, directory_path FROM dba_directories",
                 "SELECT name FROM v$restore_point",
                 "SELECT owner, object_type, object_name, status FROM dba_objects WHERE owner NOT IN ('SYS', 'SYSTEM')",
                 "SELECT username, account_status, default_tablespace FROM dba_users", "SELECT name FROM v$active_services",
                 "SELECT logins FROM v$instance",
                 "SELECT value FROM v$parameter WHERE name = 'job_queue_processes'",
                 "SELECT grantee, table_name, privilege FROM dba_tab_privs",
                 "SELECT sequence_owner, sequence_name, last_number FROM dba_sequences", "SELECT owner, original_name FROM dba_recyclebin")
    return [sorted(str(row) for row in lab.query(name, question)) for question in questions]


def undo(lab: Lab, name: str) -> None:
    case = CASES[name]
    if case.undo is not None:
        lab.run(module_of(name), case.database, case_arguments(lab, name, case.undo), case.peer)


def filled(lab: Lab, value: t.Any) -> t.Any:
    if isinstance(value, list):
        return [filled(lab, item) for item in value]
    return value.replace("STAGING", str(lab.staging)) if isinstance(value, str) else value


def case_arguments(lab: Lab, name: str, arguments: t.Dict[str, t.Any]) -> t.Dict[str, t.Any]:
    """SYSDBA cases log on as SYS; ``PEER`` stands for the connect string of the other database, ``STAGING`` for a directory of both servers."""
    arguments = {option: filled(lab, value) for option, value in arguments.items()}
    if arguments.get("connect_string") == "PEER":
        arguments = dict(arguments, connect_string=lab.endpoint(CASES[name].peer or "")["dsn"])
    if arguments.get("mode") != "sysdba":
        return arguments
    users = lab.endpoint(CASES[name].database)["users"]
    found = users["SYS"]
    return dict(arguments, user="SYS", password=found["password"] if isinstance(found, dict) else found)


@pytest.mark.reads_only
@pytest.mark.parametrize("name, backend", over_both_sessions(SQL_MODULES))
def test_check_mode_touches_nothing(lab: Lab, name: str, backend: str) -> None:
    case = CASES[name]
    before = picture(lab, "dbsrc"), picture(lab, "dbtrg")
    found = lab.run(module_of(name), case.database, case_arguments(lab, name, case.arguments), case.peer, check_mode=True, backend=backend)
    assert (picture(lab, "dbsrc"), picture(lab, "dbtrg")) == before
    assert found["changed"] is case.changes
    json.dumps(found, default=str)


@pytest.mark.parametrize("name, backend", over_both_sessions(
    [name for name in CHANGING if not name.startswith("datapump") and name not in ("schema_baseline", "statistics_transfer", "log_switch")]))
def test_check_mode_lists_what_the_run_does_and_the_second_run_does_nothing(lab: Lab, name: str, backend: str) -> None:
    case, module = CASES[name], module_of(name)
    arguments = case_arguments(lab, name, case.arguments)
    lab.run(module_of("schema_baseline"), case.database, {})     # so that the journal table is there for both runs
    try:
        planned = lab.run(module, case.database, arguments, case.peer, check_mode=True, backend=backend)
        done = lab.run(module, case.database, arguments, case.peer, backend=backend)
        assert planned["statements"] == done["statements"] and planned["changed"] and done["changed"]
        assert planned["plan_digest"] == done["plan_digest"]
        again = lab.run(module, case.database, arguments, case.peer, backend=backend)
        assert not again["changed"] and again["statements"] == []
    finally:
        undo(lab, name)


class Killed(Exception):
    """The control node is gone."""


class Dying:
    """A session whose control node dies before its n-th statement."""

    def __init__(self, session: t.Any, after: int) -> None:
        self.__dict__.update(_session=session, _left=[after])

    def __getattr__(self, name: str) -> t.Any:
        return getattr(self._session, name)

    def __setattr__(self, name: str, value: t.Any) -> None:
        setattr(self._session, name, value)

    def execute(self, statement: t.Any) -> int:
        if self._left[0] == 0:
            raise Killed()
        self._left[0] -= 1
        return self._session.execute(statement)


@pytest.mark.parametrize("name, backend", over_both_sessions(
    [name for name in CHANGING if not name.startswith("datapump") and name != "schema_baseline"]))
def test_a_run_killed_between_any_two_steps_is_finished_by_the_next(lab: Lab, name: str, backend: str) -> None:
    case, module = CASES[name], module_of(name)
    arguments = dict(case_arguments(lab, name, case.arguments), migration_id="KILLED")
    steps = len(lab.run(module, case.database, arguments, case.peer, check_mode=True)["statements"])
    try:
        for after in range(steps):
            with contextlib.suppress(Killed):
                lab.run(module, case.database, arguments, case.peer, proxy=lambda session, after=after: Dying(session, after), backend=backend)
            finished = lab.run(module, case.database, arguments, case.peer, backend=backend)
            assert finished["finished"]
            assert not lab.run(module, case.database, arguments, case.peer)["changed"]
            if case.undo is not None:
                lab.run(module, case.database, dict(case_arguments(lab, name, case.undo), migration_id="KILLED"), case.peer)
    finally:
        if case.undo is not None:
            lab.run(module, case.database, dict(case_arguments(lab, name, case.undo), migration_id="KILLED"), case.peer)


@pytest.mark.reads_only
@pytest.mark.parametrize("name, backend", over_both_sessions([name for name in SQL_MODULES if CASES.get(name, Case({})).names]))
def test_hostile_names_give_a_clear_error_or_nothing(lab: Lab, name: str, backend: str) -> None:
    case, module = CASES[name], module_of(name)
    before = picture(lab, case.database)
    for option in case.names:
        for text in HOSTILE:
            spec = full_spec(module.argument_spec)[option]
            value = [text] if isinstance(spec, dict) and spec.get("type") == "list" else text
            arguments = case_arguments(lab, name, dict(case.arguments, **{option: value}))
            try:
                lab.run(module, case.database, arguments, case.peer, check_mode=True, backend=backend)
            except DbferryError as error:
                assert error.message and error.code
    assert picture(lab, case.database) == before


PLAY = """
- hosts: dbtrg
  gather_facts: false
  tasks:
    - name: {module}
      dbferry.oracle.{module}: {arguments}
      vars: {variables}
      check_mode: true
      register: found
    - ansible.builtin.copy:
        content: "{{{{ found | to_json }}}}"
        dest: "{out}"
        mode: "0600"
"""


def play(lab: Lab, tmp_path: pathlib.Path, module: str, arguments: t.Dict[str, t.Any], *options: str,
         variables: t.Optional[t.Dict[str, t.Any]] = None, **environment: str) -> t.Tuple[t.Any, str]:
    out = tmp_path / "out.json"
    path = tmp_path / "play.yml"
    path.write_text(PLAY.format(module=module, arguments=json.dumps(arguments), variables=json.dumps(variables or {}), out=out))
    done = lab.playbook(str(path), *options, stdout="default", **environment)
    return json.loads(out.read_text()), done.stdout + done.stderr


@pytest.mark.reads_only
@pytest.mark.parametrize("name", ["ping", "directory", "tablespace", "transport_set_info"])
def test_in_process_and_as_a_delegated_module_the_same(lab: Lab, name: str, tmp_path: pathlib.Path) -> None:
    case = CASES[name]
    arguments = dict(case.arguments, migration_id="CONTRACT", **({"peer_entry": case.peer} if case.peer else {}))
    here, _ = play(lab, tmp_path, name, arguments)
    there, _ = play(lab, tmp_path, name, arguments, "-e", "dbferry_sql_from=host")
    for found in (here, there):
        for volatile in ("elapsed", "invocation", "deprecations", "warnings", "exception"):
            found.pop(volatile, None)
    if name == "ping":
        assert here["database"]["user"] == there["database"]["user"]
    else:
        assert here == there


@pytest.mark.reads_only
@pytest.mark.parametrize("name", ["tablespace", *(pytest.param(name, marks=pytest.mark.everything) for name in (
    "database_info", "transport_set_info", "session_fence"))])
def test_through_sqlplus_on_the_server_the_same(lab: Lab, name: str, tmp_path: pathlib.Path) -> None:
    case = CASES[name]
    arguments = dict(case.arguments, migration_id="CONTRACT", **({"peer_entry": case.peer} if case.peer else {}))
    with_driver, _ = play(lab, tmp_path, name, arguments)
    # A shell is all that is needed there: no Python answers to this name.
    with_sqlplus, shown = play(lab, tmp_path, name, arguments, "-vvv", "-e", "dbferry_session=sqlplus",
                               variables={"ansible_python_interpreter": "/nowhere/python"})
    for found in (with_driver, with_sqlplus):
        for volatile in ("elapsed", "invocation", "deprecations", "warnings", "exception"):
            found.pop(volatile, None)
    assert json.loads(re.sub(r'"(?:current|checkpoint)_scn": \d+', '"scn": 0', json.dumps(with_driver))) == \
        json.loads(re.sub(r'"(?:current|checkpoint)_scn": \d+', '"scn": 0', json.dumps(with_sqlplus)))
    assert "bin/sqlplus -S -L /nolog" in shown and lab.endpoint("dbtrg")["users"]["DBFERRY"] not in shown


@pytest.mark.reads_only
def test_sqlplus_of_the_oracle_owner_needs_no_account(lab: Lab, tmp_path: pathlib.Path) -> None:
    found, _ = play(lab, tmp_path, "ping", {}, "-e", json.dumps({"dbferry_session": "sqlplus", "dbferry_user": None}))
    assert found["database"]["user"] == "SYS" and found["database"]["release"].startswith("19.")


@pytest.mark.reads_only
def test_no_secret_is_shown_anywhere(lab: Lab, tmp_path: pathlib.Path) -> None:
    canary = 'Ca"na ry%40\\x'
    secret = lab.endpoint("dbtrg")["password"]
    _, shown = play(lab, tmp_path, "ping", {}, "-vvvvv")
    assert secret not in shown
    path = tmp_path / "wrong.yml"
    path.write_text(yaml.safe_dump([{"hosts": "dbtrg", "gather_facts": False, "tasks": [
        {"dbferry.oracle.ping": {"password": canary, "wallet_password": canary}}]}]))
    done = lab.playbook(str(path), "-vvvvv", check=False, stdout="default")
    assert done.returncode and "ORA-01017" in done.stdout
    for form in (canary, json.dumps(canary)[1:-1], canary.replace('"', '""'), canary.replace('"', '\\"')):
        assert form not in done.stdout + done.stderr


@pytest.mark.reads_only
def test_module_defaults_of_one_module_do_not_reach_another(lab: Lab, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "defaults.yml"
    path.write_text(yaml.safe_dump([{"hosts": "dbtrg", "gather_facts": False,
                                     "module_defaults": {"dbferry.oracle.ping": {"user": "NOBODY"}},
                                     "tasks": [{"dbferry.oracle.database_info": {"gather": ["properties"]}}]}]))
    lab.playbook(str(path), stdout="default")


@pytest.mark.reads_only
def test_wrong_arguments_are_told_without_a_traceback(lab: Lab, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(yaml.safe_dump([{"hosts": "dbtrg", "gather_facts": False, "tasks": [
        {"dbferry.oracle.tablespace": {"names": ["USERS"], "state": "sideways", "colour": "red"}}]}]))
    done = lab.playbook(str(path), check=False, stdout="default")
    assert done.returncode and "Traceback" not in done.stdout + done.stderr
    assert "sideways" in done.stdout and "colour" in done.stdout
