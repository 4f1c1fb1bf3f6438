# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A non-CDB is plugged into a container database of the same server as a DBA does it with SQL*Plus, and clients find it there."""
from __future__ import annotations

import os
import pathlib
import subprocess
from collections.abc import Iterator

import oracledb
import pytest
from oralab.catalog.spec import DatabaseSpec
from oralab.hosts import Host

PASSWORD = "Change-Me-1"
FILL = """CREATE USER app IDENTIFIED BY "{0}" QUOTA UNLIMITED ON users;
GRANT CREATE SESSION, CREATE TABLE TO app;
CREATE TABLE app.orders (id NUMBER PRIMARY KEY, note VARCHAR2(20));
INSERT INTO app.orders VALUES (1, 'first');
COMMIT;
""".format(PASSWORD)


@pytest.fixture
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Host]]:
    directory = tmp_path_factory.mktemp("server")
    found = {}
    for spec in (DatabaseSpec("SALES", sid="sales"), DatabaseSpec("CDB", sid="cdb", pdb="SHOP")):
        found[spec.sid] = host = Host(str(directory / spec.sid))
        host.create(spec).shutdown("IMMEDIATE")
        host.start()
    yield found
    for host in found.values():
        host.stop()


def sqlplus(host: Host, script: str) -> str:
    sid = pathlib.Path(host.directory).name
    done = subprocess.run([os.path.join(host.home, "bin", "sqlplus"), "-S", "-L", "/ as sysdba"], input=script, capture_output=True, text=True,
                          timeout=300, check=False, env={**os.environ, "ORACLE_HOME": host.home, "ORACLE_SID": sid})
    assert not done.stderr
    return done.stdout


def test_as_a_dba_does_it(hosts: dict[str, Host], tmp_path: pathlib.Path) -> None:
    sales, cdb = hosts["sales"], hosts["cdb"]
    manifest = tmp_path / "sales.xml"
    sqlplus(sales, FILL)
    said = sqlplus(sales, f"""SHUTDOWN IMMEDIATE
STARTUP MOUNT
ALTER DATABASE OPEN READ ONLY;
EXECUTE DBMS_PDB.DESCRIBE(pdb_descr_file => '{manifest}')
SHUTDOWN IMMEDIATE
""")
    assert "PL/SQL procedure successfully completed." in said and "ORA-" not in said
    said = sqlplus(cdb, f"""CREATE PLUGGABLE DATABASE sales USING '{manifest}' NOCOPY TEMPFILE REUSE;
ALTER PLUGGABLE DATABASE sales OPEN;
PROMPT before the script
SELECT open_mode || ' ' || restricted state FROM v$pdbs WHERE name = 'SALES';
ALTER SESSION SET CONTAINER = sales;
@?/rdbms/admin/noncdb_to_pdb.sql
PROMPT after the script
SELECT open_mode || ' ' || restricted state FROM v$pdbs;
ALTER PLUGGABLE DATABASE SAVE STATE;
""")
    assert "Pluggable database created." in said and "ORA-" not in said
    before, after = said.split("before the script")[1].split("after the script")
    assert "READ WRITE YES" in before and "READ WRITE NO" in after
    with oracledb.connect(user="app", password=PASSWORD, dsn=f"127.0.0.1:{cdb.port}/sales") as connection, connection.cursor() as cursor:
        assert cursor.execute("SELECT id, note FROM orders").fetchall() == [(1, "first")]
    # With the container database it comes up again; the script does no harm where it has been.
    sqlplus(cdb, "SHUTDOWN IMMEDIATE\nSTARTUP\n")
    again = sqlplus(cdb, "ALTER SESSION SET CONTAINER = sales;\n@?/rdbms/admin/noncdb_to_pdb.sql\nPROMPT done\n")
    assert "ORA-" not in again and "done" in again
    with oracledb.connect(user="app", password=PASSWORD, dsn=f"127.0.0.1:{cdb.port}/sales") as connection, connection.cursor() as cursor:
        assert cursor.execute("SELECT COUNT(*) FROM orders").fetchone() == (1,)
    # In the root it ends SQL*Plus.
    assert "ORA-01403" in (said := sqlplus(cdb, "@?/rdbms/admin/noncdb_to_pdb.sql\nPROMPT done\n")) and "done" not in said
    # Its redo and files are known to no backup of the lab, which says so.
    rman = subprocess.run([os.path.join(cdb.home, "bin", "rman"), "target", "/"], input="BACKUP DATABASE;\n", capture_output=True, text=True, timeout=300,
                          check=False, env={**os.environ, "ORACLE_HOME": cdb.home, "ORACLE_SID": "cdb"})
    assert "not simulated: BACKUP DATABASE of a container database" in rman.stdout


KEYSTORE = "ADMINISTER KEY MANAGEMENT "
NEEDED = "SELECT cause || ': ' || message || ' ' || status told FROM pdb_plug_in_violations WHERE cause = 'Wallet Key Needed';\n"


def test_keys_of_encrypted_tablespaces_are_imported(hosts: dict[str, Host], tmp_path: pathlib.Path) -> None:
    sales, cdb = hosts["sales"], hosts["cdb"]
    manifest, keys = tmp_path / "sales.xml", tmp_path / "sales.keys"
    for host, password in ((sales, "Sales-1"), (cdb, "Cdb-1")):
        root = tmp_path / password
        root.mkdir()
        said = sqlplus(host, f"""ALTER SYSTEM SET wallet_root = '{root}' SCOPE = SPFILE;
SHUTDOWN IMMEDIATE
STARTUP
ALTER SYSTEM SET tde_configuration = 'KEYSTORE_CONFIGURATION=FILE';
{KEYSTORE}CREATE KEYSTORE IDENTIFIED BY "{password}";
{KEYSTORE}SET KEYSTORE OPEN IDENTIFIED BY "{password}";
{KEYSTORE}SET KEY IDENTIFIED BY "{password}" WITH BACKUP;
""")
        assert "ORA-" not in said, said
    said = sqlplus(sales, f"""CREATE TABLESPACE safe DATAFILE '{tmp_path}/safe01.dbf' SIZE 5M ENCRYPTION USING 'AES256' ENCRYPT;
{FILL.replace("users", "safe").replace("(id NUMBER PRIMARY KEY, note VARCHAR2(20))", "(id NUMBER PRIMARY KEY, note VARCHAR2(20)) TABLESPACE safe")}
{KEYSTORE}EXPORT ENCRYPTION KEYS WITH SECRET "Sales-1" TO '{keys}' FORCE KEYSTORE IDENTIFIED BY "Sales-1";
SHUTDOWN IMMEDIATE
STARTUP MOUNT
ALTER DATABASE OPEN READ ONLY;
EXECUTE DBMS_PDB.DESCRIBE(pdb_descr_file => '{manifest}')
SHUTDOWN IMMEDIATE
""")
    assert "ORA-" not in said, said
    said = sqlplus(cdb, f"""CREATE PLUGGABLE DATABASE sales USING '{manifest}' NOCOPY TEMPFILE REUSE;
ALTER SESSION SET CONTAINER = sales;
@?/rdbms/admin/noncdb_to_pdb.sql
ALTER PLUGGABLE DATABASE OPEN;
ALTER SESSION SET CONTAINER = CDB$ROOT;
PROMPT without
{NEEDED}SELECT restricted FROM v$pdbs WHERE name = 'SALES';
ALTER SESSION SET CONTAINER = sales;
SELECT COUNT(*) FROM app.orders;
PROMPT with
{KEYSTORE}IMPORT ENCRYPTION KEYS WITH SECRET "Sales-1" FROM '{keys}' FORCE KEYSTORE IDENTIFIED BY "Cdb-1" WITH BACKUP;
ALTER SESSION SET CONTAINER = CDB$ROOT;
ALTER PLUGGABLE DATABASE sales CLOSE IMMEDIATE;
ALTER PLUGGABLE DATABASE sales OPEN;
{NEEDED}SELECT open_mode || ' ' || restricted state FROM v$pdbs WHERE name = 'SALES';
""")
    without, with_keys = said.split("without", 1)[1].split("with\n", 1)
    assert "Wallet Key Needed: PDB needs to import keys from source. PENDING" in without and "YES" in without and "ORA-28374" in without, without
    assert "RESOLVED" in with_keys and "READ WRITE NO" in with_keys and "ORA-" not in with_keys, with_keys
    with oracledb.connect(user="app", password=PASSWORD, dsn=f"127.0.0.1:{cdb.port}/sales") as connection, connection.cursor() as cursor:
        assert cursor.execute("SELECT id, note FROM orders").fetchall() == [(1, "first")]
