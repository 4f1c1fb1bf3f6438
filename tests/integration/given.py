# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that the environment names take the place of the lab (``make test-oracle``).

ORACLE_TEST_TARGET_DSN, _USER, _PASSWORD name the target, ORACLE_TEST_SOURCE_... the source; without a source the target is both. The user
has the grants of docs/privileges.md. _SYS_PASSWORD is for cases that need SYSDBA, _ORACLE_HOME and _ORACLE_SID for those that work on
the server, which is then this very host. ORACLE_TEST_STAGING is a directory that the servers may write.

Only tests marked ``reads_only`` run, unless ORACLE_TEST_DESTRUCTIVE is ``yes``: the others set tablespaces read only, stop services, restrict
logons and lower parameters, and put all of it back when nothing fails.
"""
from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest
from lab_under_test import Lab

PREFIX = "ORACLE_TEST_"
#: Keys of endpoints.json -> ends of the variables that give them.
FIELDS = {"dsn": "DSN", "user": "USER", "password": "PASSWORD", "oracle_home": "ORACLE_HOME", "oracle_sid": "ORACLE_SID"}


def are_given() -> bool:
    return PREFIX + "TARGET_DSN" in os.environ


def may_change() -> bool:
    return os.environ.get(PREFIX + "DESTRUCTIVE") == "yes"


def endpoint(group: str) -> t.Dict[str, t.Any]:
    """A database as the lab's endpoints.json describes one."""
    found: t.Dict[str, t.Any] = {name: os.environ.get(f"{PREFIX}{group}_{end}") or None for name, end in FIELDS.items()}
    missing = [f"{PREFIX}{group}_{FIELDS[name]}" for name in ("dsn", "user", "password") if not found[name]]
    if missing:
        raise pytest.UsageError(f"These variables are not set: {', '.join(missing)}")
    found["users"] = {"SYS": os.environ.get(f"{PREFIX}{group}_SYS_PASSWORD", ""), found["user"].upper(): found["password"]}
    found["staging"] = os.environ.get(PREFIX + "STAGING", "/tmp")
    return found


def databases(directory: pathlib.Path) -> Lab:
    """Endpoints and inventory of the given databases, for this user's eyes only, in the form that the lab gives them."""
    source = "SOURCE" if PREFIX + "SOURCE_DSN" in os.environ else "TARGET"
    found = {"dbsrc": endpoint(source), "dbtrg": endpoint("TARGET")}
    entries = {name: dict({f"dbferry_{option}": one[option] for option in FIELDS if one[option]}, ansible_connection="local",
                          ansible_python_interpreter="{{ ansible_playbook_python }}") for name, one in found.items()}
    groups = {"source": {"hosts": {"dbsrc": entries["dbsrc"]}}, "target": {"hosts": {"dbtrg": entries["dbtrg"]}}}
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, contents in (("endpoints.json", {"databases": found}), ("inventory.yml", {"all": {"children": groups}})):
        with open(os.open(directory / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(contents, file, indent=1)
    return Lab(directory)


def choose(items: t.Iterable[pytest.Item]) -> None:
    """Skip, with the reason, what the given databases cannot or must not do."""
    for item in items:
        if not may_change() and item.get_closest_marker("reads_only") is None:
            item.add_marker(pytest.mark.skip(reason=f"may change the database: {PREFIX}DESTRUCTIVE=yes"))
        elif not may_change() and "datapump" in item.nodeid:
            item.add_marker(pytest.mark.skip(reason=f"needs a directory object: {PREFIX}DESTRUCTIVE=yes"))
        elif ("sqlplus" in item.nodeid or "[instance-" in item.nodeid) and not os.environ.get(PREFIX + "TARGET_ORACLE_HOME"):
            item.add_marker(pytest.mark.skip(reason=f"works on the server: {PREFIX}TARGET_ORACLE_HOME"))
