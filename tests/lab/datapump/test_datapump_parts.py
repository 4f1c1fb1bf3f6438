# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths, filters, dump files and log lines."""
from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from oralab.errors import OraError
from oralab.packages.datapump import dumpfile, filters, log, paths
from oralab.values import DataType


def kinds(mode, selected):
    return {kind.name for path, kind in paths.of_mode(mode) if path in selected}


def test_a_path_takes_its_dependents_along():
    table = kinds("SCHEMA", paths.select("SCHEMA", filters.expression("F", "IN ('TABLE')")))
    assert table == {"TABLE", "TABLE_DATA", "TABLE_GRANT", "TABLE_COMMENT", "INDEX", "CONSTRAINT", "REF_CONSTRAINT",
                     "TRIGGER", "INDEX_STATISTICS", "TABLE_STATISTICS", "RLS_POLICY"}
    assert kinds("SCHEMA", paths.select("SCHEMA", filters.expression("F", "='REF_CONSTRAINT'"))) == {"REF_CONSTRAINT"}
    assert kinds("FULL", paths.select("FULL", filters.expression("F", "= 'USER'"))) == {"USER"}
    assert kinds("FULL", paths.select("FULL", filters.expression("F", "LIKE 'STATIST%'"))) == set(paths.STATISTICS)


def test_full_and_partial_paths_are_the_same_thing():
    expected = paths.select("FULL", filters.expression("F", "= 'INDEX'"))
    for path in ("TABLE/INDEX", "SCHEMA/TABLE/INDEX", "DATABASE_EXPORT/SCHEMA/TABLE/INDEX"):
        assert paths.select("FULL", filters.names("F", f"'{path}'")) == expected
    assert not paths.known("SCHEMA", "TABLESPACE")
    assert paths.known("FULL", "TABLESPACE")


def test_users_come_before_grants_and_tables_before_their_rows_and_indexes():
    order = [kind.name for _, kind in paths.of_mode("FULL")]
    wanted = ["TABLESPACE", "PROFILE", "USER", "ROLE", "SYSTEM_GRANT", "TYPE", "SEQUENCE", "TABLE", "TABLE_DATA", "INDEX",
              "CONSTRAINT", "VIEW", "PACKAGE_BODY", "REF_CONSTRAINT", "TRIGGER", "MATERIALIZED_VIEW"]
    assert [name for name in order if name in wanted] == wanted


@pytest.mark.parametrize("text,accepted", [
    ("IN ('A','O''NEIL')", {"A", "O'NEIL"}), ("NOT IN ('A')", {"B", "O'NEIL"}), ("= 'A'", {"A"}),
    ("!= 'A'", {"B", "O'NEIL"}), ("<> 'A'", {"B", "O'NEIL"}), ("like 'O%'", {"O'NEIL"}), ("NOT LIKE '_'", {"O'NEIL"}),
    ("BETWEEN 'A' AND 'B'", {"A", "B"}), (">'A'", {"B", "O'NEIL"})])
def test_name_expressions(text, accepted):
    condition = filters.expression("NAME_EXPR", text)
    assert {name for name in ("A", "B", "O'NEIL") if condition(name)} == accepted


@pytest.mark.parametrize("name,text", [
    ("NAME_EXPR", "'A'"), ("NAME_EXPR", "IN (A)"), ("NAME_EXPR", "= 'A' OR 1=1"), ("NAME_LIST", "A,B"),
    ("NAME_LIST", "'A' 'B'")])
def test_what_is_no_condition_is_badly_formed(name, text):
    with pytest.raises(OraError) as caught:
        filters.condition(name, text)
    assert caught.value.code == 39001 and "ORA-39071" in caught.value.text


def test_a_subquery_is_not_simulated():
    with pytest.raises(OraError) as caught:
        filters.expression("NAME_EXPR", "IN (SELECT table_name FROM user_tables)")
    assert caught.value.code == 3001


@pytest.mark.parametrize("amount,text", [
    (0, "0 KB"), (5144, "5.023 KB"), (31232, "30.5 KB"), (7424, "7.25 KB"), (19251, "18.80 KB"), (1033216, "1009 KB"),
    (1033500, "1009. KB"), (2275410, "2.170 MB"), (116224, "113.5 KB")])
def test_sizes_as_in_real_logs(amount, text):
    assert " ".join(log.size(amount)) == text


def test_row_lines_stand_in_the_columns_of_real_logs():
    line = log.row_line("exported", "APP", "T", None, 5144, 4)
    assert (len(line), line.index(" KB"), line[:21]) == (78, 62, '. . exported "APP"."T')
    assert '"APP"."T":"P1" ' in log.row_line("imported", "APP", "T", "P1", 0, 0)


def test_closing_times():
    assert log.interval(90061) == "1 01:01:01"
    assert log.moment(datetime.datetime(2019, 12, 8, 22, 17, 14)) == "Sun Dec 8 22:17:14 2019"


def files(tmp_path, count, room):
    made = []

    def following():
        if len(made) == count:
            return None
        path = str(tmp_path / f"set{len(made) + 1:02d}.dmp")
        made.append(path)
        return path, dumpfile.create(path, reuse=False), room
    return following


FACTS = {"guid": "00" * 16, "job": "J"}


def written(tmp_path, count=1, room=None, payloads=(b"one", b"two")):
    writer = dumpfile.Writer(FACTS, files(tmp_path, count, room), lambda path: None)
    for payload in payloads:
        writer.add(dumpfile.OBJECT, payload)
    writer.close()
    return writer.paths


def test_a_set_over_several_files_is_read_in_order_whatever_the_order_given(tmp_path):
    payloads = [bytes([number]) * 400 for number in range(5)]
    made = written(tmp_path, 5, 1000, payloads)
    assert len(made) > 1
    reader = dumpfile.Reader(list(reversed(made)))
    assert [data for _, data in reader.records()] == payloads and reader.facts == FACTS


def test_space_exhausted(tmp_path):
    with pytest.raises(OraError) as caught:
        written(tmp_path, 1, 1000, [b"x" * 2000])
    assert caught.value.code == 39095


def test_damage_truncation_and_missing_files_are_noticed(tmp_path):
    made = written(tmp_path, 3, 1000, [bytes([number]) * 700 for number in range(3)])
    with pytest.raises(OraError, match="ORA-39059"):
        dumpfile.Reader(made[:2])
    with pytest.raises(OraError, match="ORA-39059"):
        dumpfile.Reader(made[1:])
    data = bytearray((tmp_path / "set02.dmp").read_bytes())
    data[-300] ^= 1
    (tmp_path / "set02.dmp").write_bytes(data)
    with pytest.raises(OraError, match="ORA-31619") as caught:
        dumpfile.Reader(made)
    assert caught.value.code == 39000
    (tmp_path / "set01.dmp").write_bytes(b"no dump")
    with pytest.raises(OraError, match="ORA-31619"):
        dumpfile.Reader(made[:1])
    with pytest.raises(OraError, match="ORA-31640.*\n.*ORA-27037"):
        dumpfile.Reader([str(tmp_path / "absent.dmp")])


def test_an_existing_file_is_refused_unless_reused(tmp_path):
    (tmp_path / "set01.dmp").write_bytes(b"")
    with pytest.raises(OraError, match="ORA-31641.*\nORA-27038") as caught:
        written(tmp_path)
    assert caught.value.code == 39000
    dumpfile.create(str(tmp_path / "set01.dmp"), reuse=True).close()
    with pytest.raises(OraError, match="ORA-27040"):
        dumpfile.create(str(tmp_path / "nowhere" / "x.dmp"), reuse=False)


def test_rows_come_back_as_they_were():
    types = [DataType("NUMBER"), DataType("VARCHAR2", 10), DataType("DATE"), DataType("BLOB")]
    rows = [(1, "äö€", datetime.datetime(2024, 2, 29, 1, 2, 3), b""), (Decimal("-0.5"), None, None, b"\x00\xff")]
    assert list(dumpfile.decode_rows(dumpfile.encode_rows(rows, types), types)) == rows


def test_a_dump_holds_nothing_but_records():
    with pytest.raises(Exception, match="does not belong"):
        dumpfile.unpack(dumpfile.pack(print))
