# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL scripts that an ORACLE_HOME brings, in rdbms/admin."""
from __future__ import annotations

import os

_NONCDB_TO_PDB = """Rem noncdb_to_pdb.sql of the simulated ORACLE_HOME
Rem
Rem Makes the dictionary of a non-CDB that was plugged in one of a pluggable database. It may be run again. The pluggable database is
Rem left as it was open. An error ends SQL*Plus, as it does in Oracle's own script (documented in its text).

WHENEVER SQLERROR EXIT;
VARIABLE pdbname VARCHAR2(128)
VARIABLE was VARCHAR2(10)
BEGIN
  SELECT sys_context('USERENV', 'CON_NAME') INTO :pdbname FROM dual
   WHERE sys_context('USERENV', 'CDB_NAME') IS NOT NULL AND sys_context('USERENV', 'CON_NAME') <> 'CDB$ROOT';
  SELECT open_mode INTO :was FROM v$pdbs WHERE name = :pdbname;
END;
/
Rem It may be closed already.
WHENEVER SQLERROR CONTINUE;
ALTER PLUGGABLE DATABASE CLOSE IMMEDIATE INSTANCES = ALL;
WHENEVER SQLERROR EXIT;
ALTER PLUGGABLE DATABASE OPEN UPGRADE;
EXECUTE DBMS_PDB.NONCDB_TO_PDB(1)
EXECUTE DBMS_PDB.NONCDB_TO_PDB(2)
ALTER PLUGGABLE DATABASE CLOSE IMMEDIATE INSTANCES = ALL;
BEGIN
  IF :was <> 'MOUNTED' THEN
    EXECUTE IMMEDIATE 'ALTER PLUGGABLE DATABASE OPEN ' || :was;
  END IF;
END;
/
WHENEVER SQLERROR CONTINUE;
"""


def install(home: str) -> None:
    """Put them there."""
    directory = os.path.join(home, "rdbms", "admin")
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "noncdb_to_pdb.sql"), "w", encoding="utf-8") as file:
        file.write(_NONCDB_TO_PDB)
