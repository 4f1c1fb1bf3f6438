# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CREATE, ALTER and DROP PLUGGABLE DATABASE."""
from __future__ import annotations

from typing import Any

from oralab.catalog.containers import PluggableDatabase
from oralab.catalog.ddl import Ddl, statement
from oralab.catalog.ddl.administration import alter_database
from oralab.errors import OraError, not_simulated
from oralab.sql import ast


def _known(ddl: Ddl) -> dict[str, PluggableDatabase]:
    """The pluggable databases that a session sees: in one of them, itself. ORA-65090."""
    own, root = ddl.database.pluggable, ddl.database.root
    if own is None:
        raise OraError(65090, "operation only allowed in a container database")
    found = {own.name: own}
    if ddl.database is root:
        found.update({name: plugged.pluggable for name, plugged in root.plugged.items()})
    return found


def _named(ddl: Ddl, session: Any, names: tuple[str, ...], except_: tuple[str, ...] = ()) -> list[PluggableDatabase]:
    """Those that a statement means. ORA-65090, ORA-65011, ORA-65017, ORA-65046."""
    known = _known(ddl)
    for name in names:
        if name.upper() == "PDB$SEED":
            raise OraError(65017, "seed pluggable database may not be dropped or altered")
        if name.upper() not in ("ALL", *known):
            raise OraError(65011, f"Pluggable database {name} does not exist.")
    if not names and ddl.database.container(session) == 1:
        raise OraError(65046, "operation not allowed from outside a pluggable database")
    if names == ("ALL",):
        names = tuple(known)
    elif not names:
        names = (session.container,)
    left_out = {name.upper() for name in except_}
    return [known[name.upper()] for name in names if name.upper() not in left_out]


@statement(ast.AlterPluggableDatabase)
def alter_pluggable_database(ddl: Ddl, session: Any, node: ast.AlterPluggableDatabase) -> None:
    pluggables = _named(ddl, session, node.names, node.except_)
    if node.inner is not None:
        if any(pluggable is not ddl.database.pluggable for pluggable in pluggables):
            raise not_simulated(f"ALTER PLUGGABLE DATABASE {node.action} of one that was plugged in, from the root")
        node.inner.pluggable = True
        if pluggables:
            alter_database(ddl, session, node.inner)
        return
    if node.action not in ("OPEN", "CLOSE", "SAVE STATE", "DISCARD STATE"):
        raise not_simulated(f"ALTER PLUGGABLE DATABASE {node.action}")
    if session.privilege not in ("SYSDBA", "SYSOPER", "SYSBACKUP", "SYSDG"):
        raise OraError(1031, "insufficient privileges")
    if ddl.database.root.state != "OPEN":
        raise OraError(1109, "database not open")
    everybody = node.names == ("ALL",)
    for pluggable in pluggables:
        if node.action == "OPEN" and not (everybody and pluggable.open_mode != "MOUNTED" and not node.force):
            pluggable.open(node.what, node.restricted, node.force)
        elif node.action == "CLOSE" and not (everybody and pluggable.open_mode == "MOUNTED"):
            pluggable.close(session)
        elif node.action.endswith("STATE"):
            pluggable.save(node.action == "SAVE STATE")


@statement(ast.CreatePluggableDatabase)
def create_pluggable_database(ddl: Ddl, session: Any, node: ast.CreatePluggableDatabase) -> None:
    """Plugs in what a manifest describes. ORA-65040 inside a pluggable database, ORA-65012 when the name is taken."""
    from oralab.catalog import plugged
    known = _known(ddl)
    if ddl.database.inside(session):
        raise OraError(65040, "operation not allowed from within a pluggable database")
    if not session.privilege:
        ddl.privileges.need(session, "CREATE PLUGGABLE DATABASE")
    name = node.name.upper()
    ddl.check_name(name)
    if name in (*known, "PDB$SEED"):
        raise OraError(65012, f"Pluggable database {name} already exists.")
    if node.source != "PLUG" or node.using is None:
        raise not_simulated("CREATE PLUGGABLE DATABASE without USING")
    if node.keystore_password is not None:
        raise not_simulated("CREATE PLUGGABLE DATABASE with KEYSTORE")
    plugged.plug_in(ddl.database, name, node.using, plugged.How(
        node.copy or "COPY", node.tempfile_reuse, node.as_clone, node.file_name_convert, node.source_file_name_convert))


@statement(ast.DropPluggableDatabase)
def drop_pluggable_database(ddl: Ddl, session: Any, node: ast.DropPluggableDatabase) -> None:
    """ORA-65040 inside one, ORA-65025 while it is open, ORA-65179 to keep the files of one that is not unplugged."""
    from oralab.catalog import plugged
    [pluggable] = _named(ddl, session, (node.name,))
    if not session.privilege:
        raise OraError(1031, "insufficient privileges")
    if ddl.database.inside(session):
        raise OraError(65040, "operation not allowed from within a pluggable database")
    if pluggable.mode != "MOUNTED":
        raise OraError(65025, f"Pluggable database {pluggable.name} is not closed on all instances.")
    if node.datafiles != "INCLUDING":
        raise OraError(65179, "cannot keep datafiles for a pluggable database that is not unplugged")
    if pluggable is ddl.database.pluggable:
        raise not_simulated("DROP PLUGGABLE DATABASE of the one that a container database is made with")
    plugged.unplug(ddl.database, pluggable.name, datafiles=True)
