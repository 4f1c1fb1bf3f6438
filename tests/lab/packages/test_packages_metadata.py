# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from fake_catalog import FakeDatabase, FakeSession, index, table
from oralab.catalog import ddl_text, model
from oralab.errors import OraError
from oralab.values import DataType


@pytest.mark.parametrize(("kind", "text"), [
    (DataType("NUMBER"), "NUMBER"), (DataType("NUMBER", precision=10, scale=2), "NUMBER(10,2)"),
    (DataType("NUMBER", scale=0), "NUMBER(*,0)"),
    (DataType("VARCHAR2", 30, char_used="C"), "VARCHAR2(30 CHAR)"), (DataType("CHAR", 1), "CHAR(1 BYTE)"), (DataType("RAW", 16), "RAW(16)"),
    (DataType("TIMESTAMP WITH TIME ZONE", scale=3), "TIMESTAMP (3) WITH TIME ZONE"), (DataType("FLOAT", precision=63), "FLOAT(63)"),
    (DataType("INTERVAL DAY TO SECOND", precision=9, scale=0), "INTERVAL DAY (9) TO SECOND (0)"),
    (DataType("INTERVAL YEAR TO MONTH"), "INTERVAL YEAR (2) TO MONTH"), (DataType("ADDRESS", owner="HR"), '"HR"."ADDRESS"'),
])
def test_types(kind: DataType, text: str) -> None:
    assert ddl_text.data_type(kind) == text


def test_table_with_keys(session: FakeSession, keep: Any) -> None:
    columns = [model.Column(name="ID", type=DataType("NUMBER", precision=6, scale=0), nullable=False),
               model.Column(name="odd", type=DataType("VARCHAR2", 20), default="'x' "),
               model.Column(name="TWICE", type=DataType("NUMBER"), virtual=True, default='"ID"*2'),
               model.Column(name="GONE", type=DataType("NUMBER"), unused=True)]
    constraints = [
        model.Constraint(name="SYS_C1", type="C", columns=["ID"], condition='"ID" IS NOT NULL', not_null=True, generated=True),
        model.Constraint(name="T_PK", type="P", columns=["ID"], index_owner="HR", index_name="T_PK"),
        model.Constraint(name="T_CK", type="C", columns=["ID"], condition="id > 0", enabled=False, validated=False),
        model.Constraint(name="T_FK", type="R", columns=["ID"], r_owner="HR", r_table="P", r_constraint="P_UK", delete_rule="CASCADE",
                         validated=False)]
    parent = table("P", constraints=[model.Constraint(name="P_UK", type="U", columns=["K"])])
    keep(parent, table("T", columns=columns, constraints=constraints), index("T_PK", "T", "INDX", unique=True))
    text = session.call("DBMS_METADATA.GET_DDL", "TABLE", "T").value
    assert text == (
        '\n  CREATE TABLE "HR"."T" ("ID" NUMBER(6,0) NOT NULL ENABLE, "odd" VARCHAR2(20 BYTE) DEFAULT \'x\', '
        '"TWICE" NUMBER GENERATED ALWAYS AS ("ID"*2) VIRTUAL, '
        'CONSTRAINT "T_PK" PRIMARY KEY ("ID") USING INDEX PCTFREE 10 INITRANS 1 MAXTRANS 255 TABLESPACE "INDX" ENABLE, '
        'CONSTRAINT "T_CK" CHECK (id > 0) DISABLE, '
        'CONSTRAINT "T_FK" FOREIGN KEY ("ID") REFERENCES "HR"."P" ("K") ON DELETE CASCADE ENABLE NOVALIDATE) '
        'PCTFREE 10 INITRANS 1 MAXTRANS 255 TABLESPACE "DATA"')
    for name in ("SEGMENT_ATTRIBUTES", "REF_CONSTRAINTS"):
        session.call("DBMS_METADATA.SET_TRANSFORM_PARAM", -1, name, False)
    session.call("DBMS_METADATA.SET_TRANSFORM_PARAM", -1, "CONSTRAINTS_AS_ALTER", True)
    session.call("DBMS_METADATA.SET_TRANSFORM_PARAM", -1, "SQLTERMINATOR", True)
    assert session.call("DBMS_METADATA.GET_DDL", "TABLE", "T").value.split("\n")[2:] == [
        '  ALTER TABLE "HR"."T" ADD CONSTRAINT "T_PK" PRIMARY KEY ("ID") ENABLE;',
        '  ALTER TABLE "HR"."T" ADD CONSTRAINT "T_CK" CHECK (id > 0) DISABLE;']
    assert session.call("DBMS_METADATA.GET_DEPENDENT_DDL", "REF_CONSTRAINT", "T").value.startswith('\n  ALTER TABLE "HR"."T" ADD '
                                                                                                   'CONSTRAINT "T_FK"')


def test_partitions(keep: Any) -> None:
    plan = model.Partitioning(type="RANGE", columns=["D"], interval="NUMTOYMINTERVAL(1,'MONTH')", partitions=[
        model.Partition(name="P1", high_value="10", tablespace="A"), model.Partition(name="SYS_P1", high_value="20", interval=True)])
    assert ddl_text.partitioning(plan) == (
        'PARTITION BY RANGE ("D") INTERVAL (NUMTOYMINTERVAL(1,\'MONTH\')) (PARTITION "P1" VALUES LESS THAN (10) TABLESPACE "A")')


def test_units_get_a_qualified_name() -> None:
    for source in ("PROCEDURE p IS BEGIN NULL; END;", 'procedure hr.p IS BEGIN NULL; END;', 'PROCEDURE "HR" . "P" IS BEGIN NULL; END;'):
        unit = model.StoredUnit(owner="HR", name="P", type="PROCEDURE", source=source)
        assert ddl_text.unit(unit) == 'CREATE OR REPLACE PROCEDURE "HR"."P" IS BEGIN NULL; END;'
    body = model.StoredUnit(owner="HR", name="K", type="PACKAGE BODY", source="package  body k as end;")
    assert ddl_text.unit(body) == 'CREATE OR REPLACE PACKAGE BODY "HR"."K" as end;'


def test_what_is_not_there_or_not_seen(session: FakeSession, database: FakeDatabase, keep: Any) -> None:
    other = table("T")
    other.owner = "OE"
    keep(other)
    with pytest.raises(OraError, match='ORA-31603: object "T" of type TABLE not found in schema "OE"'):
        session.call("DBMS_METADATA.GET_DDL", "TABLE", "T", "OE")
    session.roles = {"SELECT_CATALOG_ROLE"}
    assert session.call("DBMS_METADATA.GET_DDL", "TABLE", "T", "OE").value
    with pytest.raises(OraError, match="ORA-31600: invalid input value TABEL for parameter OBJECT_TYPE in function GET_DDL"):
        session.call("DBMS_METADATA.GET_DDL", "TABEL", "T", "OE")
    with pytest.raises(OraError, match="ORA-31608"):
        session.call("DBMS_METADATA.GET_DEPENDENT_DDL", "INDEX", "T", "OE")


def test_users_and_grants(session: FakeSession, keep: Any) -> None:
    keep(model.User(name="HR", authentication="EXTERNAL", profile="APP", locked=True, quotas={"DATA": -1}, default_roles=["R"]),
         model.SystemGrant(grantee="HR", privilege="CREATE TABLE", admin=True),
         model.ObjectGrant(grantee="HR", owner="SYS", name="D", type="DIRECTORY", privilege="READ", grantor="SYS"),
         model.ObjectGrant(grantee="HR", owner="OE", name="T", type="TABLE", privilege="UPDATE", grantor="OE", column="C", grantable=True))
    granted = {kind: session.call("DBMS_METADATA.GET_GRANTED_DDL", kind, "HR").value.strip() for kind in (
        "SYSTEM_GRANT", "OBJECT_GRANT", "DEFAULT_ROLE", "TABLESPACE_QUOTA")}
    assert granted == {
        "SYSTEM_GRANT": 'GRANT CREATE TABLE TO "HR" WITH ADMIN OPTION',
        "OBJECT_GRANT": 'GRANT READ ON DIRECTORY "D" TO "HR"\n  GRANT UPDATE ("C") ON "OE"."T" TO "HR" WITH GRANT OPTION',
        "DEFAULT_ROLE": 'ALTER USER "HR" DEFAULT ROLE "R"', "TABLESPACE_QUOTA": 'ALTER USER "HR" QUOTA UNLIMITED ON "DATA"'}
    assert session.call("DBMS_METADATA.GET_DDL", "USER", "HR").value.strip() == (
        'CREATE USER "HR" IDENTIFIED EXTERNALLY DEFAULT TABLESPACE "USERS" TEMPORARY TABLESPACE "TEMP" PROFILE "APP" ACCOUNT LOCK')


def test_policies_are_recorded(session: FakeSession, database: FakeDatabase, keep: Any) -> None:
    keep(table("T"))
    session.call("DBMS_REDACT.ADD_POLICY", object_name="T", policy_name="p", expression="1=1", column_name="id")
    [policy] = database.catalog.all(model.Policy)
    assert (policy.family, policy.name, policy.columns["ID"]["function_type"]) == ("REDACTION", "P", 1)
    with pytest.raises(OraError, match="ORA-28069"):
        session.call("DBMS_REDACT.ADD_POLICY", object_name="T", policy_name="q", expression="1=1")
    session.call("DBMS_REDACT.DROP_POLICY", object_name="T", policy_name="P")
    with pytest.raises(OraError, match="ORA-28068"):
        session.call("DBMS_REDACT.DROP_POLICY", object_name="T", policy_name="P")
    session.call("DBMS_RLS.ADD_POLICY", object_name="T", policy_name="v", policy_function="sec.only_mine")
    assert database.catalog.all(model.Policy)[0].function == ("HR", "SEC", "ONLY_MINE")
    with pytest.raises(OraError, match="ORA-28102"):
        session.call("DBMS_RLS.DROP_POLICY", object_name="T", policy_name="w")
