# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample application: what a migration has to bring over is really in it, each kind of it at least once."""
from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from typing import Any

import oracledb
import pytest
from oralab.hosts import Host
from oralab.lab import load, topologies
from oralab.net.listener import Listener

PASSWORD = "a1b2c3"
OWNERS = "('SALES', 'HR', 'INVENTORY')"
Query = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Query]:
    """Ask the source of the lab, as SYSTEM or as another user."""
    home = tmp_path_factory.mktemp("sample")
    member = topologies()["xtts"].members[0]
    host = Host(str(home / "host"))
    database = host.create(dataclasses.replace(member.spec, passwords={"SYS": PASSWORD, "SYSTEM": PASSWORD}))
    os.mkdir(home / "staging")
    variables = {"DATAFILES": host.data, "STAGING": str(home / "staging"),
                 **{f"{name}_PASSWORD": PASSWORD for name in ("SYS", "SYSTEM", "DBFERRY", "SALES", "HR", "INVENTORY")}}
    for script in member.scripts:
        load(database, script, variables)
    listener = Listener("127.0.0.1", 0, [database])
    listener.start()

    def ask(statement: str, user: str = "SYSTEM") -> list[tuple[Any, ...]]:
        dsn = f"127.0.0.1:{listener.port}/{database.spec.default_service}"
        with oracledb.connect(user=user, password=PASSWORD, dsn=dsn) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    yield ask
    listener.stop()
    database.shutdown("ABORT")


def column(rows: list[tuple[Any, ...]]) -> list[Any]:
    return [value for value, in rows]


def test_a_few_hundred_thousand_rows(query: Query) -> None:
    tables = query(f"SELECT owner, table_name FROM dba_tables WHERE owner IN {OWNERS} AND temporary = 'N' "
                   "AND (owner, table_name) NOT IN (SELECT owner, table_name FROM dba_external_tables)")
    assert {owner for owner, _ in tables} == {"SALES", "HR", "INVENTORY"}
    assert sum(query(f'SELECT COUNT(*) FROM "{owner}"."{name}"')[0][0] for owner, name in tables) > 200_000


def test_schemas_need_each_other(query: Query) -> None:
    keys = set(query(f"""SELECT c.owner, r.owner FROM dba_constraints c JOIN dba_constraints r
        ON r.owner = c.r_owner AND r.constraint_name = c.r_constraint_name WHERE c.constraint_type = 'R' AND c.owner IN {OWNERS}"""))
    assert {owner for owner, other in keys if owner != other} >= {"SALES"}
    uses = set(query(f"SELECT owner, referenced_owner FROM dba_dependencies WHERE owner IN {OWNERS} AND referenced_owner IN {OWNERS}"))
    assert {("SALES", "INVENTORY"), ("SALES", "HR"), ("INVENTORY", "SALES")} <= uses


def test_every_type_of_column(query: Query) -> None:
    found = set(column(query(f"SELECT DISTINCT data_type FROM dba_tab_columns WHERE owner IN {OWNERS}")))
    assert {"NUMBER", "FLOAT", "BINARY_FLOAT", "BINARY_DOUBLE", "CHAR", "VARCHAR2", "NCHAR", "NVARCHAR2", "DATE", "TIMESTAMP(9)",
            "TIMESTAMP(6) WITH TIME ZONE", "TIMESTAMP(6) WITH LOCAL TIME ZONE", "INTERVAL YEAR(4) TO MONTH", "INTERVAL DAY(9) TO SECOND(9)",
            "RAW", "CLOB", "NCLOB", "BLOB", "BFILE", "ADDRESS_T"} <= found


def test_text_of_many_scripts(query: Query) -> None:
    [(name, length, size)] = query("SELECT name, LENGTH(name), LENGTHB(name) FROM inventory.items WHERE item_id = 2")
    assert name == "抹茶 2" and (length, size) == (4, 8)
    assert query("SELECT COUNT(*) FROM sales.type_gallery WHERE text_chars LIKE '😀%'")[0][0] > 50
    assert query("SELECT COUNT(*) FROM sales.documents WHERE title LIKE '%№%' AND DBMS_LOB.GETLENGTH(body) > 190")[0][0] == 400


def test_code_and_one_object_that_is_invalid(query: Query) -> None:
    kinds = dict(query(f"SELECT object_type, COUNT(*) FROM dba_objects WHERE owner IN {OWNERS} GROUP BY object_type"))
    assert set(kinds) >= {"TABLE", "TABLE PARTITION", "INDEX", "INDEX PARTITION", "LOB", "VIEW", "MATERIALIZED VIEW", "SEQUENCE",
                          "SYNONYM", "TYPE",
                          "PACKAGE", "PACKAGE BODY", "PROCEDURE", "FUNCTION", "TRIGGER", "JOB"}
    assert query("SELECT owner, object_type, object_name FROM dba_objects WHERE status = 'INVALID'") == [("SALES", "VIEW", "OLD_REPORT")]
    assert query("SELECT COUNT(*) FROM dba_source WHERE owner = 'SALES' AND type = 'PACKAGE BODY' AND name = 'ORDERING'")[0][0] > 5


def test_partitions_external_and_temporary_tables(query: Query) -> None:
    assert set(column(query(f"SELECT partitioning_type FROM dba_part_tables WHERE owner IN {OWNERS}"))) >= {"RANGE"}
    assert query(f"SELECT owner, table_name FROM dba_external_tables WHERE owner IN {OWNERS}") == [("INVENTORY", "PRICE_FEED")]
    assert query(f"SELECT table_name FROM dba_tables WHERE owner IN {OWNERS} AND temporary = 'Y'") == [("BASKET",)]


def test_users_roles_profiles_and_quotas(query: Query) -> None:
    users = query("SELECT username, profile, account_status FROM dba_users WHERE username IN ('SALES', 'HR', 'INVENTORY', "
                  "'REPORTING') ORDER BY 1")
    assert users == [("HR", "APP_OWNER", "OPEN"), ("INVENTORY", "APP_OWNER", "OPEN"), ("REPORTING", "APP_READER", "LOCKED"),
                     ("SALES", "APP_OWNER", "OPEN")]
    assert query("SELECT grantee, admin_option FROM dba_role_privs WHERE granted_role = 'SHOP_WRITE' AND "
                 "grantee <> 'SYS'") == [("HR", "YES")]
    assert query("SELECT granted_role FROM dba_role_privs WHERE grantee = 'SHOP_WRITE'") == [("SHOP_READ",)]
    quotas = dict(query("SELECT tablespace_name, max_bytes FROM dba_ts_quotas WHERE username = 'SALES'"))
    assert quotas["APP_DATA"] == -1 and quotas["USERS"] == 20 << 20


def test_grants_on_objects_and_columns(query: Query) -> None:
    grants = set(query("SELECT grantee, privilege, grantable FROM dba_tab_privs WHERE owner = 'INVENTORY' AND table_name IN "
                       "('ITEMS', 'STOCK')"))
    assert {("SALES", "REFERENCES", "NO"), ("SALES", "SELECT", "YES"), ("SHOP_READ", "SELECT", "NO")} <= grants
    assert set(column(query("SELECT column_name FROM dba_col_privs WHERE owner = 'INVENTORY' AND grantee = "
                            "'SHOP_WRITE'"))) == {"QUANTITY", "COUNTED"}
    assert set(query("SELECT grantee, privilege FROM dba_tab_privs WHERE type = 'DIRECTORY' AND table_name = 'SHOP_FILES'")) == {
        ("INVENTORY", "READ"), ("INVENTORY", "WRITE"), ("SALES", "READ")}


def test_sequences_are_in_use(query: Query) -> None:
    [(last, cache, highest)] = query("""SELECT s.last_number, s.cache_size, (SELECT MAX(order_id) FROM sales.orders) FROM dba_sequences s
        WHERE s.sequence_owner = 'SALES' AND s.sequence_name = 'ORDER_SEQ'""")
    assert cache == 100 and last > highest > 40000
    assert query("SELECT order_seq.NEXTVAL FROM dual", "SALES")[0][0] > highest
    assert query("SELECT increment_by, cycle_flag, order_flag FROM dba_sequences WHERE sequence_name = 'INVOICE_SEQ'") == [(10, "Y", "Y")]


def test_jobs_wait_for_their_time(query: Query) -> None:
    assert query(f"SELECT owner, job_name, enabled, repeat_interval FROM dba_scheduler_jobs WHERE owner IN {OWNERS}") == [
        ("SALES", "REFRESH_REVENUE", "TRUE", "FREQ=DAILY;BYHOUR=2")]


def test_something_lies_outside_the_set(query: Query) -> None:
    spaces = column(query(f"SELECT DISTINCT tablespace_name FROM dba_segments WHERE owner IN {OWNERS} ORDER BY 1"))
    assert spaces == ["APP_DATA", "APP_INDEX", "APP_LOB", "USERS"]
    assert query("SELECT COUNT(*) FROM dba_data_files WHERE tablespace_name = 'APP_DATA'") == [(2,)]


def test_the_application_lives(query: Query) -> None:
    assert query("SELECT COUNT(*) FROM open_orders", "SALES")[0][0] > 0
    assert query("SELECT COUNT(*) FROM monthly_revenue", "SALES")[0][0] > 0
    with pytest.raises(oracledb.DatabaseError, match="ORA-00942"):
        query("SELECT * FROM hr.employees", "INVENTORY")
    with pytest.raises(oracledb.DatabaseError, match="ORA-04063"):
        query("SELECT * FROM old_report", "SALES")
