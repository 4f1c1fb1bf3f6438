# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which account needs which privilege, by purpose and release. The documentation's tables are held against this one.

A grant is written as GRANT has it: ``CREATE TABLE``, ``SELECT_CATALOG_ROLE``, ``EXECUTE ON SYS.DBMS_CRYPTO``.
Sources: Oracle Database Security Guide, PL/SQL Packages Reference (security models), Utilities (LogMiner); for ``oms`` the
documentation of OceanBase Migration Service.
"""

from __future__ import annotations

import collections
import typing as t

__metaclass__ = type

Purpose = collections.namedtuple("Purpose", ("what", "grants"))

#: What every account of ours does: log on, read the dictionary, keep its journal.
BASE = ("CREATE SESSION", "SELECT ANY DICTIONARY", "SELECT_CATALOG_ROLE", "CREATE TABLE")

_FILES = ("CREATE ANY DIRECTORY", "DROP ANY DIRECTORY")
_COMPARE = ("SELECT ANY TABLE", "EXECUTE ON SYS.DBMS_CRYPTO")
_FENCE = ("RESTRICTED SESSION", "ALTER SYSTEM", "EXECUTE ON SYS.DBMS_SERVICE")
_LOGMINER = ("EXECUTE_CATALOG_ROLE", "LOGMINING", "SELECT ANY TRANSACTION", "SELECT ANY TABLE", "FLASHBACK ANY TABLE")

PURPOSES: t.Dict[str, Purpose] = {
    "xtts_source": Purpose("the source of transportable tablespaces", _FENCE + _FILES + _COMPARE + (
        "EXECUTE_CATALOG_ROLE", "ALTER TABLESPACE", "ANALYZE ANY", "DATAPUMP_EXP_FULL_DATABASE")),
    "xtts_target": Purpose("the target of transportable tablespaces", _FENCE + _FILES + _COMPARE + (
        "EXECUTE_CATALOG_ROLE", "ALTER TABLESPACE", "ANALYZE ANY", "DATAPUMP_IMP_FULL_DATABASE", "DROP TABLESPACE", "ALTER USER",
        "ALTER ANY SEQUENCE", "SELECT ANY SEQUENCE", "ALTER ANY TABLE", "ALTER ANY PROCEDURE", "ALTER ANY TRIGGER", "ALTER ANY TYPE",
        "ALTER ANY MATERIALIZED VIEW", "CREATE ANY VIEW", "CREATE ANY SYNONYM", "CREATE PUBLIC SYNONYM", "FLASHBACK ANY TABLE")),
    "file_transfer": Purpose("sending datafiles through a database link, from here", (
        "CREATE DATABASE LINK", "CREATE JOB", "EXECUTE ON SYS.DBMS_FILE_TRANSFER", "CREATE ANY DIRECTORY", "DROP ANY DIRECTORY")),
    "link_account": Purpose("making the temporary account that a link from elsewhere logs on as", (
        "CREATE USER", "ALTER USER", "DROP USER", "GRANT ANY PRIVILEGE", "CREATE ANY DIRECTORY", "DROP ANY DIRECTORY")),
    "compare": Purpose("comparing rows inside each database, also as of an SCN", _COMPARE + ("FLASHBACK ANY TABLE",)),
    "datapump_export": Purpose("Data Pump exports", _FILES + ("DATAPUMP_EXP_FULL_DATABASE",)),
    "datapump_import": Purpose("Data Pump imports", _FILES + ("DATAPUMP_IMP_FULL_DATABASE",)),
    "fence": Purpose("shutting services, logons and jobs", _FENCE),
    "scheduled_jobs": Purpose("holding the jobs of other owners, and stopping running ones", ("CREATE ANY JOB", "MANAGE SCHEDULER")),
    "supplemental_log": Purpose("supplemental logging of the database and of tables", ("ALTER DATABASE", "ALTER ANY TABLE")),
    "log_switch": Purpose("switching redo logs", ("ALTER SYSTEM",)),
    "logminer": Purpose("reading redo with LogMiner", _LOGMINER),
    "oms": Purpose("the source of OceanBase Migration Service, without its way back", _LOGMINER + (
        "ALTER SESSION", "SELECT ON SYS.USER$")),
    "oms_reverse": Purpose("what OceanBase Migration Service changes in other schemas on its way back", (
        "CREATE ANY TABLE", "ALTER ANY TABLE", "DROP ANY TABLE", "COMMENT ANY TABLE", "CREATE ANY INDEX", "ALTER ANY INDEX", "DROP ANY INDEX",
        "CREATE ANY SEQUENCE", "ALTER ANY SEQUENCE", "DROP ANY SEQUENCE", "CREATE ANY VIEW", "DROP ANY VIEW", "INSERT ANY TABLE",
        "UPDATE ANY TABLE", "DELETE ANY TABLE")),
}

#: Grants that earlier releases do not know (documented).
SINCE = {"LOGMINING": (12, 1), "SET CONTAINER": (12, 1), "SELECT ON SYS.USER$": (12, 1)}

#: Grants that are roles. Every other one without an object is a system privilege.
ROLES = frozenset({"SELECT_CATALOG_ROLE", "EXECUTE_CATALOG_ROLE", "DATAPUMP_EXP_FULL_DATABASE", "DATAPUMP_IMP_FULL_DATABASE"})


def needed(purposes: t.Iterable[str], release: t.Tuple[int, ...], root: bool) -> t.List[str]:
    """The grants of an account for these purposes, each once, in the order of the table.

    :arg root: a common user of a container database's root, which goes into the others.
    """
    wanted = BASE + (("SET CONTAINER",) if root else ()) + tuple(grant for name in purposes for grant in PURPOSES[name].grants)
    return [grant for grant in dict.fromkeys(wanted) if tuple(release) >= SINCE.get(grant, ())]
