# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ALTER SYSTEM SET and RESET, CREATE SPFILE and PFILE."""
from __future__ import annotations

import os
from typing import Any

from oralab.catalog.ddl import Ddl, statement
from oralab.catalog.instances import DOWN, MOUNTED, OPEN
from oralab.catalog.parameters import SGA, ParameterFile
from oralab.errors import OraError, not_simulated
from oralab.sql import ast

_FROM = {"db_recovery_file_dest", "log_archive_dest_1", "log_archive_dest_2", "log_archive_dest", "db_recovery_file_dest_size"}
"""After these the archiver tries again."""


@statement(ast.AlterSystemSet)
def alter_system_set(ddl: Ddl, session: Any, node: ast.AlterSystemSet) -> None:
    """SCOPE defaults to BOTH and SID to ``*`` with an spfile, to MEMORY and the own instance with a pfile (documented).

    ORA-02065 unknown, 02095 static, 02096 deferred only, 32001 no spfile, 32018 memory of another instance, 65040 in a PDB.
    """
    ddl.privileges.need(session, "ALTER SYSTEM")
    database, parameters = ddl.database, session.instance.parameters
    scope = node.scope or ("BOTH" if parameters.spfile else "MEMORY")
    sid = node.sid or ("*" if parameters.spfile else session.instance.name)
    for setting in node.settings:
        name = setting.name.lower()
        if database.inside(session) and not parameters.known(name).pdb:
            raise OraError(65040, "operation not allowed from within a pluggable database")
        if node.reset:
            if node.scope in ("MEMORY", "BOTH"):
                raise not_simulated(f"ALTER SYSTEM RESET with SCOPE = {node.scope}")
            parameters.reset_spfile(name, sid)
            continue
        value = ", ".join(setting.values)
        if scope != "MEMORY":
            parameters.need_spfile()
        targets = [one for one in database.instances if sid in ("*", one.name) and one.state != DOWN] if scope != "SPFILE" else []
        if scope != "SPFILE" and not targets:
            raise not_simulated("SID of an instance that does not run")
        if name in SGA and any(one is not session.instance for one in targets):
            raise OraError(32018, "parameter cannot be modified in memory on another instance")
        if name.startswith("dg_broker_config_file") and targets and database.broker.wanted:
            raise OraError(2097, "parameter cannot be modified because specified value is invalid", stack=[
                "ORA-16573: attempt to change or access configuration file for an enabled broker configuration"])
        checked = [one.parameters.check_memory(name, value, deferred=node.deferred) for one in targets]
        if scope != "MEMORY":
            parameters.change_spfile(name, value, sid, node.comment or "")
        for one, text in zip(targets, checked):
            one.parameters.change_memory(name, text, node.comment or "")
        if name.startswith("log_archive_") and targets and database.state in (MOUNTED, OPEN):
            database.dataguard.transport.refresh()
        if name == "dg_broker_start" and database.state in (MOUNTED, OPEN):
            database.broker.refresh()
        if name in _FROM and database.state == "OPEN" and database.logs.archiving:
            database.logs.archive_all()


@statement(ast.CreateParameterFile)
def create_parameter_file(ddl: Ddl, session: Any, node: ast.CreateParameterFile) -> None:
    """Needs SYSDBA or SYSOPER. ORA-32002 for the spfile in use, ORA-01565 for an spfile and LRM-00109 for a pfile that is not there."""
    if session.privilege not in ("SYSDBA", "SYSOPER", "SYSBACKUP", "SYSDG"):
        raise OraError(1031, "insufficient privileges")
    database, parameters = ddl.database, session.instance.parameters
    usual = database.parameter_files()
    target = node.path or usual[node.kind_of_file.lower()]
    if node.kind_of_file == "SPFILE" and parameters.spfile and os.path.abspath(target) == os.path.abspath(parameters.spfile.path):
        raise OraError(32002, "cannot create SPFILE already being used by the instance")
    made = ParameterFile(target)
    if node.source == "MEMORY":
        for one in database.instances:
            if one.state != DOWN:
                made.entries.update({(one.name if one.is_parallel else "*", name): value for name, value in one.parameters.memory.items()
                                     if name in one.parameters.from_file | one.parameters.modified})
    else:
        source = node.source_path or usual[node.source.lower()]
        try:
            made.entries = ParameterFile.read(source).entries
        except OSError:
            if node.source == "SPFILE":
                raise OraError(1565, f"error in identifying file '{source}'", stack=["ORA-27037: unable to obtain file status"]) from None
            raise OraError(1078, "failure in processing system parameters",
                           stack=[f"LRM-00109: could not open parameter file '{source}'"]) from None
    made.write()
