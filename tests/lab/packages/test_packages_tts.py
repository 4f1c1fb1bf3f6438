# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from fake_catalog import FakeSession, index, table
from oralab.catalog import model
from oralab.errors import OraError
from oralab.packages.dbms_tts import violations
from oralab.values import DataType


@pytest.fixture(autouse=True)
def tablespaces(keep: Any) -> None:
    keep(*(model.TablespaceInfo(name=name) for name in ("DATA", "INDX", "OTHER", "SYSTEM")),
         model.TablespaceInfo(name="TEMP", contents="TEMPORARY"))


def found(session: FakeSession, names: str, constraints: bool = True, full: bool = False) -> list[str]:
    session.call("DBMS_TTS.TRANSPORT_SET_CHECK", names, constraints, full_check=full)
    return violations(session)


def test_index_inside_of_table_outside(session: FakeSession, keep: Any) -> None:
    keep(table("ORDERS"), index("I_ORDERS", "ORDERS", "INDX"))
    text = "ORA-39907: Index HR.I_ORDERS in tablespace INDX points to table HR.ORDERS in tablespace DATA."
    assert found(session, "INDX") == [text]
    assert found(session, "data") == []
    assert found(session, "DATA", full=True) == [text]
    assert found(session, "DATA, INDX", full=True) == []


def test_foreign_key_over_the_border(session: FakeSession, keep: Any) -> None:
    key = model.Constraint(name="P_PK", type="P", columns=["ID"])
    foreign = model.Constraint(name="C_FK", type="R", columns=["ID"], r_owner="HR", r_table="P", r_constraint="P_PK")
    keep(table("P", "OTHER", constraints=[key]), table("C", constraints=[foreign]))
    text = "ORA-39906: Constraint C_FK between table HR.C in tablespace DATA and table HR.P in tablespace OTHER."
    assert found(session, "DATA") == [text]
    assert found(session, "DATA", constraints=False) == []
    assert found(session, "OTHER") == []
    assert len(found(session, "OTHER", full=True)) == 1
    keep(table("C", constraints=[model.Constraint(**{**vars_of(foreign), "enabled": False})]))
    assert found(session, "DATA") == []


def vars_of(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def test_key_index_outside(session: FakeSession, keep: Any) -> None:
    key = model.Constraint(name="T_PK", type="P", columns=["ID"], index_owner="HR", index_name="T_PK")
    keep(table("T", constraints=[key]), index("T_PK", "T", "INDX"))
    assert found(session, "DATA") == [
        "ORA-39908: Index HR.T_PK in tablespace INDX enforces primary constraints T_PK of table HR.T in tablespace DATA."]
    assert found(session, "DATA", constraints=False) == []


def test_partitions_lobs_and_overflow(session: FakeSession, keep: Any) -> None:
    parts = [model.Partition(name="P1", tablespace="DATA"), model.Partition(name="P2", tablespace="OTHER")]
    lob = model.Column(name="DOC", type=DataType("CLOB"), lob=model.Lob(segment_name="DOC_SEG", index_name="X", tablespace="OTHER"))
    keep(table("SALES", "", partitioning=model.Partitioning(
            type="RANGE", columns=["ID"], partitions=parts, default_tablespace="INDX")),
         table("DOCS", columns=[lob]),
         table("IOT", organization="INDEX", iot_overflow_tablespace="OTHER"))
    assert [text[:9] for text in found(session, "DATA")] == ["ORA-39901", "ORA-39921", "ORA-39905", "ORA-39909"]
    assert found(session, "DATA")[0] == "ORA-39901: Partitioned table HR.SALES is partially contained in the transportable set."
    assert found(session, "DATA,OTHER,INDX") == []


def test_what_may_never_travel(session: FakeSession, keep: Any) -> None:
    own = table("AUD")
    own.owner = "SYS"
    keep(own, table("T"), model.StoredUnit(owner="HR", name="NORM", type="FUNCTION", source="FUNCTION norm RETURN NUMBER ..."),
         index("I_F", "T", columns=[model.IndexColumn(name="SYS_NC1$", expression='"HR"."NORM"("ID")')]),
         index("I_U", "T", columns=[model.IndexColumn(name="SYS_NC2$", expression='UPPER("ID")')]))
    assert found(session, "DATA") == [
        "ORA-39917: SYS owned object AUD in tablespace DATA not allowed in pluggable set.",
        "ORA-39918: PLSQL Functional Index HR.I_F in tablespace DATA not allowed in transportable set."]


def test_lists_that_are_refused(session: FakeSession) -> None:
    for names, error in (("NOWHERE", "ORA-29304: tablespace 'NOWHERE' does not exist"), ("SYSTEM", "ORA-29351"),
                         ("DATA,TEMP", "ORA-29351"), ("DATA,,INDX", "ORA-29346")):
        with pytest.raises(OraError, match=error):
            found(session, names)
