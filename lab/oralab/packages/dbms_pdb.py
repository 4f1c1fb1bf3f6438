# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_PDB: describes a database for being plugged in, and tells whether it fits (documented).

DESCRIBE takes SYSDBA, and until 12.1 a database that is read only (documented; that this is ORA-65129 is assumed). Later releases describe one
that is open for work too: its files are then newer than the description (transcripts: ORA-65139 when it is plugged in). NONCDB_TO_PDB is what
noncdb_to_pdb.sql calls.
"""
from __future__ import annotations

from typing import Any

from oralab.catalog import manifest
from oralab.errors import OraError, not_simulated
from oralab.packages.registry import Package, signature

DBMS_PDB = Package("DBMS_PDB", grantees=("EXECUTE_CATALOG_ROLE",))


def _sysdba(session: Any) -> None:
    if session.privilege != "SYSDBA":
        raise OraError(1031, "insufficient privileges")


@DBMS_PDB.routine("DESCRIBE", signature("pdb_descr_file, pdb_name := NULL"))
def describe(session: Any, pdb_descr_file: str | None, pdb_name: str | None) -> None:
    """ORA-65026 when the file cannot be written."""
    database = session.database
    _sysdba(session)
    if database.spec.is_cdb:
        raise not_simulated("DBMS_PDB.DESCRIBE of a pluggable database")
    if database.state != "OPEN":
        raise OraError(1109, "database not open")
    if database.release == "12.1" and not database.read_only:
        raise OraError(65129, f"pluggable database {database.spec.name} is not open READ ONLY")
    text = manifest.write(manifest.of_database(database))
    try:
        with open(pdb_descr_file or "", "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        raise OraError(65026, f'XML metadata file error : LPX-00202: could not open "{pdb_descr_file or ""}" (error 200)') from None


@DBMS_PDB.routine("CHECK_PLUG_COMPATIBILITY", signature("pdb_descr_file, pdb_name := NULL"), "BOOLEAN")
def check_plug_compatibility(session: Any, pdb_descr_file: str | None, pdb_name: str | None) -> bool:
    """What does not fit stands in PDB_PLUG_IN_VIOLATIONS afterwards. ORA-65040 outside the root."""
    database = session.database
    _sysdba(session)
    if not database.spec.is_cdb:
        raise OraError(65090, "operation only allowed in a container database")
    if database.inside(session):
        raise OraError(65040, "operation not allowed from within a pluggable database")
    found = manifest.read(pdb_descr_file or "")
    name = (pdb_name or found.name).upper()
    rows = manifest.violations(database, found, name, plugged=False)
    database.set_attributes(violations=manifest.told(database.attributes.violations, name, rows))
    return all(row.type != "ERROR" for row in rows)


@DBMS_PDB.routine("NONCDB_TO_PDB", signature("phase NUMBER"))
def noncdb_to_pdb(session: Any, phase: int | None) -> None:
    """The first of two steps wants UPGRADE mode; done again, a step does nothing. ORA-65046 outside a pluggable database."""
    database = session.database
    _sysdba(session)
    if not database.inside(session):
        raise OraError(65046, "operation not allowed from outside a pluggable database")
    if not database.con_id or not 1 <= (phase or 0) <= manifest.CONVERTED:
        raise not_simulated(f"DBMS_PDB.NONCDB_TO_PDB({phase})")
    if database.pluggable.open_mode != "MIGRATE":
        raise OraError(65054, "Cannot open a pluggable database in the desired mode.")
    from oralab.catalog import plugged
    plugged.convert(database, max(int(phase or 0), database.attributes.converted))
