# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The master table: it bears the job's name, stands in the owner's schema and is all that remains of a job not running.

DBA_DATAPUMP_JOBS finds the jobs that do not run by the comment of their master tables, as the real view does.
"""
from __future__ import annotations

import re
from typing import Any

from oralab.catalog import model
from oralab.errors import OraError

_COMMENT = "Data Pump Master Table "
_COLUMNS = """PROCESS_ORDER NUMBER, DUPLICATE NUMBER, DUMP_FILEID NUMBER, DUMP_POSITION NUMBER, DUMP_LENGTH NUMBER,
    COMPLETED_ROWS NUMBER, ERROR_COUNT NUMBER, ELAPSED_TIME NUMBER, OBJECT_TYPE_PATH VARCHAR2(200),
    OBJECT_PATH_SEQNO NUMBER, OBJECT_TYPE VARCHAR2(30), IN_PROGRESS CHAR(1), OBJECT_NAME VARCHAR2(500),
    OBJECT_LONG_NAME VARCHAR2(4000), OBJECT_SCHEMA VARCHAR2({length}), ORIGINAL_OBJECT_SCHEMA VARCHAR2({length}),
    PARTITION_NAME VARCHAR2({length}), STATE VARCHAR2(30), PHASE NUMBER, USER_NAME VARCHAR2({length}),
    OPERATION VARCHAR2(8), JOB_MODE VARCHAR2(21), START_TIME DATE, VALUE_T VARCHAR2(4000), VALUE_N NUMBER"""


def is_master(table: model.Table) -> bool:
    return (table.comment or "").startswith(_COMMENT)


def find(catalog: Any, owner: str, name: str) -> model.Table | None:
    """The master table of that name, if there is one."""
    table = catalog.get(model.Table, owner, name)
    return table if table is not None and is_master(table) else None


def describes(table: model.Table) -> tuple[str, str]:
    """Operation and mode of the job that a master table belongs to."""
    words = (table.comment or "")[len(_COMMENT):].split()
    return words[0], words[1]


def create(session: Any, owner: str, name: str, operation: str, mode: str) -> None:
    """As the owner, with his privileges, quota and default tablespace. ORA-31626 over ORA-31633 when refused."""
    length = 30 if session.database.release == "12.1" else 128
    try:
        session.sql(f'CREATE TABLE "{owner}"."{name}" ({_COLUMNS.format(length=length)}) SEGMENT CREATION IMMEDIATE')
    except OraError as error:
        raise OraError(31626, "job does not exist", stack=[
            f'ORA-31633: unable to create master table "{owner}.{name}"', *error.text.split("\n")]) from error
    session.sql(f'COMMENT ON TABLE "{owner}"."{name}" IS \'{_COMMENT}{operation:<30}{mode:<30}\'')


def drop(session: Any, owner: str, name: str) -> None:
    session.sql(f'DROP TABLE "{owner}"."{name}" PURGE')


def default_name(catalog: Any, owner: str, operation: str, mode: str) -> str:
    """SYS_EXPORT_FULL_01 and so on; ORA-31634 over ORA-31664 after 99."""
    for number in range(1, 100):
        name = f"SYS_{operation}_{mode}_{number:02d}"
        if catalog.named(owner, name) is None:
            return name
    raise OraError(31634, "job already exists", stack=["ORA-31664: unable to construct unique job name when defaulted"])


def job_name(given: str, release: str) -> str:
    """A job name as a table name; ORA-39001 when it is none."""
    name = given[1:-1] if given.startswith('"') and given.endswith('"') else given.upper()
    if not re.fullmatch(r"[A-Z][A-Z0-9_$#]*", name) or len(name) > (30 if release == "12.1" else 128):
        raise OraError(39001, "invalid argument value",
                       stack=[f"ORA-39207: Value {given} is invalid for parameter JOB_NAME."])
    return name
