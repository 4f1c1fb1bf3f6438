# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a migration leaves on the servers: by each server's own account."""
from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess

import pytest

PROJECT = pathlib.Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
LAB = PROJECT / "build" / "molecule" / os.environ["MOLECULE_SCENARIO_NAME"]
ENDPOINTS = json.loads((LAB / "endpoints.json").read_text())["databases"]
SECRETS = {password for one in ENDPOINTS.values() for password in (*one["users"].values(), one["password"])}
KIND = (LAB / "servers" / "kind").read_text().strip()
JOBS = {"dbsrc": {"BACKUP_SET", "DELETE_COPIES"}, "dbtrg": {"CONVERT_SET", "VALIDATE_SET", "BACKUP_FULL"}}


@pytest.fixture()
def entry(host):
    """The variables of the inventory entry, and where its jobs are."""
    variables = host.ansible.get_variables()
    home = host.check_output("echo ~")
    return dict(variables, work=variables.get("dbferry_work_directory", f"{home}/.dbferry"), home=home)


def listed(host, command):
    return host.check_output(command).splitlines()


def test_it_is_a_host_of_its_own(host, entry):
    if KIND == "namespaces":
        assert host.check_output("hostname") == entry["inventory_hostname"]
        assert host.user().name == "oracle" and "dba" in host.user().groups


def test_only_the_owner_reads_the_directories_of_jobs(host, entry):
    found = {name.split("_CMD_")[1].rsplit(".", 1)[0] for name in listed(host, f"ls {entry['work']}")}
    assert found == JOBS[entry["inventory_hostname"]]
    modes = set(listed(host, f"find {entry['work']} -type d -printf '%m %u\\n'"))
    assert modes == {f"700 {entry['lab_owner']}"}


def test_jobs_have_ended_well_and_their_scripts_are_gone(host, entry):
    codes = listed(host, f"cat {entry['work']}/*/rc | sed 's/./&\\n/g'")
    assert codes and set(codes) == {"0"}
    assert not listed(host, f"find {entry['work']} -name script")


def test_no_process_of_the_tools_is_left(host, entry):
    found = host.run(f"grep -lzx 'ORACLE_HOME={entry['dbferry_oracle_home']}' /proc/[0-9]*/environ 2>/dev/null")
    assert found.stdout == ""


def test_nothing_but_log_files_is_left_in_the_staging_directory(host):
    names = listed(host, f"ls {LAB}/staging")
    assert names and all(re.fullmatch(r"dbf_dbtrg_r1_(exp|imp)_\w+\.log", name) for name in names), names


def test_datafiles_of_the_target_are_the_owners(host, entry):
    if entry["inventory_hostname"] == "dbtrg":
        found = listed(host, f"find {ENDPOINTS['dbtrg']['datafiles']} -name 'app_*' -printf '%m %u\\n'")
        assert found == [f"640 {entry['lab_owner']}"] * 4


def test_it_listens_where_it_should_and_nowhere_else(host, entry):
    if KIND == "namespaces":
        assert {address.rsplit(":", 1)[1] for address in listed(host, "ss -Htln | awk '{print $4}'")} == {"22", "1521"}
    assert host.socket(f"tcp://{entry['dbferry_dsn'].split('/')[0]}").is_listening


def test_no_module_of_ansible_is_left(host, entry):
    # On the loopback interface the home directory is one's own: what was there before the servers does not count.
    assert not listed(host, f"find {entry['home']} -name 'ansible-tmp-*' -newer {LAB}/servers/kind")


def test_no_file_holds_a_password(host, entry):
    places = f"{entry['work']} {LAB}/staging" + (" /home /tmp /var/tmp" if KIND == "namespaces" else "")
    text = host.check_output(f"find {places} -path '{LAB}/*/oradata' -prune -o -path '{LAB}/*/recovery' -prune -o -type f -readable -print0"
                             " 2>/dev/null | xargs -0 cat | LC_ALL=C tr -cd '[:print:][:space:]'")
    assert "Recovery Manager" in text, "it read what the jobs left"
    assert not [secret for secret in SECRETS if secret in text]


def test_no_command_line_held_a_password():
    found = json.loads((LAB / "watch.json").read_text())
    assert found["lines"] > 50 and {"rman_main", "ansible-playbook", "ssh"} <= set(found["tools"]), "it looked at the right moments"
    assert found["secrets"] == []


def test_the_records_are_for_their_owner_and_without_passwords():
    records = [path for path in (LAB / "records").iterdir() if path.is_file()]
    assert records
    for path in records:
        assert path.stat().st_mode & 0o777 == 0o600, path
        assert not [secret for secret in SECRETS if secret in path.read_text()], path


def test_every_row_arrived():
    record = json.loads((LAB / "records" / "dbtrg-DBTRG-1.json").read_text())
    verdicts = {entry["verdict"] for run in record["runs"] for entry in run["phases"] if entry.get("tables")}
    assert verdicts == {"equal"}


def ping(**variables):
    """The module C(ping) for the target, with these variables."""
    inventories = ("-i", LAB / "inventory.yml", "-i", pathlib.Path(__file__).parents[1] / "inventory")
    done = subprocess.run(["ansible", "dbtrg", *inventories, "-m", "dbferry.oracle.ping", "-e", json.dumps(variables)], capture_output=True, text=True,
                          env=dict(os.environ, ANSIBLE_COLLECTIONS_PATH=str(PROJECT / "build" / "dev"), ANSIBLE_FORCE_COLOR="0"))
    return json.loads(done.stdout.partition("=> ")[2])


def test_sql_from_a_host_without_the_driver_says_what_is_missing():
    found = ping(dbferry_sql_from="host")
    assert found["code"] == "DBF-0002" and "pip install oracledb" in found["hint"]


def test_sqlplus_needs_no_python_on_the_server():
    found = ping(dbferry_session="sqlplus", ansible_python_interpreter="/nonexistent")
    assert found["database"]["service"] == "dbtrg"


def test_somebody_who_is_not_the_owner_is_told_to_become_it():
    if KIND == "namespaces":
        found = ping(dbferry_session="sqlplus", ansible_become=False)
        assert found["code"] == "DBF-0007" and "become" in found["hint"]
