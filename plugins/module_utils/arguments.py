# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that modules share, as composable pieces of an argument spec."""

from __future__ import annotations

import typing as t

__metaclass__ = type

Spec = t.Dict[str, t.Dict[str, t.Any]]

#: How to reach a database. Documented in the fragment ``connection``.
CONNECTION: Spec = {
    "dsn": {"type": "str"},
    "host": {"type": "str"},
    "port": {"type": "int", "default": 1521},
    "service_name": {"type": "str"},
    "user": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "mode": {"type": "str", "default": "default", "choices": ["default", "sysdba", "sysbackup", "sysdg"]},
    "proxy_user": {"type": "str"},
    "driver_mode": {"type": "str", "default": "thin", "choices": ["thin", "thick"]},
    "driver_lib_dir": {"type": "path"},
    "config_dir": {"type": "path"},
    "wallet_location": {"type": "path"},
    "wallet_password": {"type": "str", "no_log": True},
    "connect_timeout": {"type": "float", "default": 20.0},
    "connect_retry_time": {"type": "float", "default": 0.0},
    "call_timeout": {"type": "float", "default": 0.0},
    "session": {"type": "str", "default": "driver", "choices": ["driver", "sqlplus"]},
    # A path of the server's: the type path would look for ~ and variables on the control node. So has work_directory below.
    "oracle_home": {"type": "str"},
    "oracle_sid": {"type": "str"},
    "tns_admin": {"type": "str"},
}

#: What earlier phases of a plan would have made; filled in by the action plugin. Documented with the connection.
ASSUME: Spec = {"assume": {"type": "dict", "default": {}}}
PLAN: Spec = dict(ASSUME, original={"type": "dict", "options": CONNECTION})

#: The other database of the pair. Documented in the fragment ``peer``.
PEER: Spec = {
    "peer": {"type": "dict", "options": dict(CONNECTION, **ASSUME)},
    "peer_entry": {"type": "str"},
}

#: Whose artefacts these are. Documented with the connection: every module has them, so that
#: ``module_defaults`` can give them to the group.
MIGRATION: Spec = {
    "migration_id": {"type": "str"},
    "migration_run": {"type": "int", "default": 1},
    "journal_owner": {"type": "str"},
}

#: Where commands on the database server keep their files. Documented in the fragment ``server``.
SERVER: Spec = {
    "work_directory": {"type": "str"},
}

#: Inventory variables from which the action plugin takes options that a task leaves unset: ``dbferry_`` and the option's name.
VARIABLE_PREFIX = "dbferry_"

#: Options that a task with an administrative privilege takes from ``dbferry_admin_`` and the option's name, where the entry has that.
ADMINISTRATOR = ("user", "password")


def full_spec(argument_spec: Spec) -> Spec:
    """A module's own options with those that every module has."""
    return dict(CONNECTION, **dict(MIGRATION, **dict(PLAN, **argument_spec)))
