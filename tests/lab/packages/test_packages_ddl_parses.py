# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of DDL that is written is understood again by the parser."""
from __future__ import annotations

from typing import Any

import pytest
from oralab.catalog import ddl_text as write
from oralab.catalog import model
from oralab.catalog.ddl_text import DataFile, Transform
from oralab.sql import parse
from oralab.values import DataType


def col(name: str, type_: str, length: int = 0, **more: Any) -> model.Column:
    kind = DataType(type_, length, **{key: more.pop(key) for key in ("precision", "scale", "owner", "char_used") if key in more})
    return model.Column(name=name, type=kind, **more)


def table(**more: Any) -> model.Table:
    return model.Table(**{"owner": "HR", "name": "T", "columns": [col("ID", "NUMBER")], **more})


def index(**more: Any) -> model.Index:
    return model.Index(**{"owner": "HR", "name": "I", "table_owner": "HR", "table_name": "T", "tablespace": "X",
                          "columns": [model.IndexColumn(name="ID")], **more})


def parts(*partitions: model.Partition, **more: Any) -> model.Partitioning:
    return model.Partitioning(columns=["ID"], partitions=list(partitions), **more)


COLUMNS = [
    col("ID", "NUMBER", precision=6, scale=0), col("od d", "VARCHAR2", 20, char_used="C", default="'x'", default_on_null=True),
    col("V", "NUMBER", virtual=True, default='"ID"*2'), col("TS", "TIMESTAMP WITH LOCAL TIME ZONE", scale=3),
    col("IV", "INTERVAL DAY TO SECOND", precision=3, scale=2), col("IY", "INTERVAL YEAR TO MONTH", precision=3),
    col("B", "BLOB", lob=model.Lob(segment_name="SEG", index_name="I", tablespace="LOBS", generated=False)), col("R", "RAW", 16),
    col("F", "FLOAT", precision=63), col("BF", "BINARY_FLOAT"), col("NC", "NVARCHAR2", 5), col("RID", "ROWID"),
    col("INV", "DATE", invisible=True), col("L", "LONG")]
CONSTRAINTS = [
    model.Constraint(name="PK", type="P", columns=["ID"], index_owner="HR", index_name="PK"),
    model.Constraint(name="CK", type="C", columns=["ID"], condition="id>0", deferrable=True, initially_deferred=True, rely=True),
    model.Constraint(name="SYS1", type="C", columns=["ID"], condition='"ID" IS NOT NULL', not_null=True, generated=True),
    model.Constraint(name="FK", type="R", columns=["ID"], r_owner="HR", r_table="P", r_constraint="P_PK", delete_rule="SET NULL",
                     validated=False)]
ALTER = Transform(constraints_as_alter=True)
QUERY = "SELECT 1 a FROM dual"
WRITTEN: dict[str, list[str]] = {
    "table": write.table(table(columns=COLUMNS, constraints=CONSTRAINTS, tablespace="D", row_movement=True), [index(name="PK")], (), ALTER,
                         {"FK": ["ID"]}),
    "keys inside": write.table(table(constraints=CONSTRAINTS), [index(name="PK")], (), write.PLAIN, {"FK": ["ID"]}),
    "iot": write.table(table(organization="INDEX", tablespace="D", iot_overflow_tablespace="O", constraints=CONSTRAINTS[:1]), (), (),
                       Transform(constraints=False)),
    "temporary": write.table(table(temporary="SESSION")),
    "identity": write.table(table(columns=[col("ID", "NUMBER", identity=model.Identity(sequence_name="S"))]), (),
                            [model.Sequence(owner="HR", name="S", identity=True)]),
    "external": write.table(table(organization="EXTERNAL", external=model.External(
        directory="D", locations=[("", "a.csv"), ("D2", "b.csv")], reject_limit="UNLIMITED",
        parameters="RECORDS DELIMITED BY NEWLINE FIELDS TERMINATED BY ','"))),
    "object table": write.table(table(object_type=("HR", "ADDR"), columns=[])),
    "nested table": write.table(table(columns=[col("X", "ADDRS", owner="HR")], nested_tables={"X": "X_NT"}, cache=True,
                                      storage=model.Storage(compression="ENABLED", initial_extent=65536, logging=False, degree="4"))),
    "interval": write.table(table(partitioning=parts(
        model.Partition(name="P1", high_value="100", tablespace="A", subpartitions=[
            model.Partition(name="S1", tablespace="A"), model.Partition(name="S2", tablespace="B")]),
        type="RANGE", interval="100", subtype="HASH", subcolumns=["ID"]))),
    "list": write.table(table(partitioning=parts(
        model.Partition(name="A", high_value="1, 2", tablespace="A"), model.Partition(name="B", high_value="DEFAULT"), type="LIST"))),
    "hash": write.table(table(partitioning=parts(model.Partition(name="A", tablespace="A"), type="HASH"))),
    "indexes": [write.index(index(**more)) for more in (
        {"unique": True}, {"type": "BITMAP"}, {"type": "NORMAL/REV"}, {"prefix_length": 1, "visible": False, "usable": False},
        {"columns": [model.IndexColumn(name="SYS", expression='UPPER("A")', descending=True)]},
        {"partitioning": parts(model.Partition(name="P1", tablespace="A"), type="RANGE", locality="LOCAL")},
        {"partitioning": parts(model.Partition(name="P1", high_value="MAXVALUE"), type="RANGE", locality="GLOBAL")})],
    "view": [write.view(model.View(owner="HR", name="V", text=QUERY, aliases=["A"], read_only=True)),
             write.view(model.View(owner="HR", name="V", text=QUERY, check_option="CO"))],
    "materialized view": [
        write.materialized_view(model.MaterializedView(owner="HR", name="M", query=QUERY), table(name="M", tablespace="D")),
        write.materialized_view(model.MaterializedView(owner="HR", name="M", query=QUERY, refresh_method="NEVER", build_mode="PREBUILT"))],
    "materialized view log": [write.materialized_view_log(model.MaterializedViewLog(
        owner="HR", master="T", log_table="L", columns=["A"], sequence=True, rowids=True, new_values=True), table(tablespace="D"))],
    "sequence": [write.sequence(model.Sequence(owner="HR", name="S", cache_size=0, cycle=True, order=True))],
    "synonym": [write.synonym(model.Synonym(owner="PUBLIC", name="S", table_owner="HR", table_name="T", db_link="L.W")),
                write.synonym(model.Synonym(owner="HR", name="S", table_owner="HR", table_name="T"))],
    "code": [write.unit(model.StoredUnit(owner="HR", name="P", type="PACKAGE BODY", source="package body p as end;")),
             write.unit(model.UserType(owner="HR", name="TY", source="TYPE ty AS OBJECT (a NUMBER)")),
             *write.trigger(model.Trigger(owner="HR", name="R", enabled=False,
                                          source="TRIGGER r BEFORE INSERT ON t FOR EACH ROW BEGIN NULL; END;"))],
    "directory": [write.directory(model.Directory(owner="SYS", name="D", path="/x"))],
    "link": [write.db_link(model.DbLink(owner="HR", name="L", host="h"))],
    "context": [write.context(model.Context(owner="SYS", name="C", schema="HR", package="P"))],
    "user": [write.user(model.User(name="U", authentication="EXTERNAL", profile="P", expired=True, locked=True)),
             *write.quotas(model.User(name="U", quotas={"A": -1, "B": 1000})),
             write.default_role(model.User(name="U", excluded_roles=["A"])),
             write.default_role(model.User(name="U", default_roles=[])),
             *write.proxies(model.User(name="U", proxies={"A": None, "B": ["R"], "C": []}))],
    "role and profile": [write.role(model.Role(name="R")),
                         write.profile(model.Profile(name="P", limits={"SESSIONS_PER_USER": "5", "PASSWORD_VERIFY_FUNCTION": "NULL"}))],
    "grants": [write.system_grant(model.SystemGrant(grantee="U", privilege="CREATE TABLE", admin=True)),
               write.role_grant(model.RoleGrant(grantee="U", role="R", admin=True)),
               write.object_grant(model.ObjectGrant(grantee="U", owner="SYS", name="D", type="DIRECTORY", privilege="READ", grantor="SYS")),
               write.object_grant(model.ObjectGrant(grantee="U", owner="HR", name="T", type="TABLE", privilege="UPDATE", grantor="HR",
                                                    column="C", grantable=True))],
    "comments": write.comments(table(comment="it's", columns=[col("A", "NUMBER", comment="c")])),
    "tablespaces": [write.tablespace(model.TablespaceInfo(name="T", allocation="UNIFORM"), [DataFile("/a", 1048576, True, 1024, 2048)]),
                    write.tablespace(model.TablespaceInfo(name="T", contents="TEMPORARY", bigfile=True),
                                     [DataFile("", 1048576, managed=True)]),
                    write.tablespace(model.TablespaceInfo(name="U", contents="UNDO"), [DataFile("/a", 1048576)])],
}


@pytest.mark.parametrize("release", ["12.1", "19"])
@pytest.mark.parametrize("kind", WRITTEN)
def test_written_ddl_is_understood(kind: str, release: str) -> None:
    for statement in WRITTEN[kind]:
        assert parse(statement, release).kind == "ddl"
