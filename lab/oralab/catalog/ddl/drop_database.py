# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DROP DATABASE (documented): what it takes, which files go, and that the instance ends with it."""
from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

from oralab.catalog.ddl import Ddl, statement
from oralab.catalog.instances import DOWN
from oralab.errors import OraError
from oralab.sql import ast_database as ast
from oralab.storage import asm


@statement(ast.DropDatabase)
def drop_database(ddl: Ddl, session: Any, node: ast.DropDatabase) -> None:
    """ORA-01031 but for SYSDBA, ORA-01507 not mounted, ORA-01586 open or mounted by several, ORA-12719 unless restricted."""
    database = ddl.database
    if session.privilege != "SYSDBA":
        raise OraError(1031, "insufficient privileges")
    if database.state == "OPEN" or len([one for one in database.instances if one.state != DOWN]) > 1:
        raise OraError(1586, "database must be mounted EXCLUSIVE and not open for this operation")
    if database.state != "MOUNTED":
        raise OraError(1507, "database not mounted")
    if not database.restricted:
        raise OraError(12719, "operation requires database is in RESTRICTED mode")
    files = list(_files(database))
    logs = [database.store.redo.directory, os.path.join(database.directory, "flashback")]
    database.shutdown("ABORT")
    for path in files:
        if asm.exists(path):
            asm.remove(path)
    for directory in logs:
        shutil.rmtree(directory, ignore_errors=True)


def _files(database: Any) -> Iterator[str]:
    """Datafiles, tempfiles, logs, control files, and the server parameter file in use. Archived logs and backups stay (documented)."""
    yield from (file.path for file in database.store.datafiles())
    yield from (member for log in database.store.control.standby_logs for member in log.members)
    yield from (member for thread in database.store.control.reserved_threads for log in thread.groups for member in log.members)
    yield from database.control_files()
    if database.parameters.spfile is not None:
        yield database.parameters.spfile.path
