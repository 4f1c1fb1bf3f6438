# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows against rows: the SQL that sums their hashes, and what schema_compare makes of the sums."""

from __future__ import annotations

import re

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import compare_catalog, compare_rows, kernel
from ansible_collections.dbferry.oracle.plugins.module_utils.compare_rows import LOBS, PIECE, RANGE_ROWS, TEXTS, WHOLE, Table
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.modules import schema_compare, schema_compare_info
from fake_session import FakeSession


def column(name, data_type="NUMBER", length=22, owner=None, virtual="NO"):
    return {"owner": "SALES", "table_name": "ORDERS", "column_name": name, "data_type": data_type, "data_length": length,
            "char_length": length,
            "data_type_owner": owner, "virtual_column": virtual}


def table(*columns, key=(), num_rows=10):
    made = Table("SALES", "ORDERS", num_rows)
    made.columns, made.key = list(columns), list(key)
    return made


@pytest.mark.parametrize("data_type, owner, kind", [
    ("NUMBER", None, "NUMBER"), ("TIMESTAMP(6)", None, "TIMESTAMP"), ("TIMESTAMP(9) WITH TIME ZONE", None, "TIMESTAMP WITH TIME ZONE"),
    ("TIMESTAMP(0) WITH LOCAL TIME ZONE", None, "TIMESTAMP WITH LOCAL TIME ZONE"),
    ("INTERVAL DAY(2) TO SECOND(6)", None, "INTERVAL DAY TO SECOND"),
    ("INTERVAL YEAR(4) TO MONTH", None, "INTERVAL YEAR TO MONTH"), ("VARCHAR2", None, "VARCHAR2"), ("NUMBER", "SALES", "object"),
    ("XMLTYPE", "SYS", "object"),
])
def test_types_without_their_precision(data_type, owner, kind):
    assert compare_rows.kind(column("C", data_type, owner=owner)) == kind


def test_what_cannot_be_hashed_is_named():
    made = table(column("A"), column("L", "LONG"), column("X", "XMLTYPE", owner="SYS"), column("B", "BFILE"))
    assert made.left_out() == ["SALES.ORDERS.L (LONG)", "SALES.ORDERS.X (XMLTYPE)", "SALES.ORDERS.B (BFILE)"]
    assert [one["column_name"] for one in made.comparable()] == ["A"]


EVERY = [column("C{0}".format(number), name, 20) for number, name in enumerate(list(TEXTS) + list(WHOLE) + list(LOBS))]


def test_every_type_is_in_the_hash_with_its_own_null_and_its_own_end():
    text = compare_rows.row_hash(table(*EVERY))
    for one in EVERY:
        name = '"{0}"'.format(one["column_name"])
        null = "CASE WHEN {0} IS NULL THEN '-'" if one["data_type"] in LOBS else "NVL2({0}, '+' || "
        assert null.format(name) in text
    assert text.count("CHR(31)") == len(EVERY)
    assert text.count("(") == text.count(")")


def test_texts_do_not_depend_on_the_session_of_either_side():
    text = compare_rows.row_hash(table(*EVERY))
    for call in re.findall(r"TO_CHAR\((\"C\d+\"|SYS_EXTRACT_UTC\(\"C\d+\"\))([^)]*)\)", text):
        kind = EVERY[int(re.search(r"\d+", call[0]).group())]["data_type"]
        assert call[1] or kind.startswith("INTERVAL"), "a format, or NLS settings decide: {0}".format(kind)
    assert text.count("NLS_NUMERIC_CHARACTERS=''.,''") == 4
    assert "SYS_EXTRACT_UTC" in text, "what is stored in the database's own zone is compared in UTC"


def test_an_empty_lob_is_not_null_and_not_hashed():
    text = compare_rows.row_hash(table(column("T", "CLOB", 4000)))
    assert "DBMS_LOB.GETLENGTH(\"T\") = 0 THEN 'E'" in text and 'DBMS_CRYPTO.HASH("T", 3)' in text


def test_no_piece_is_longer_than_sql_can_hash():
    wide = [column("C{0}".format(number), "VARCHAR2", 400) for number in range(60)] + [column("N{0}".format(number))
                                                                                       for number in range(100)]
    text = compare_rows.row_hash(table(*wide))
    pieces = re.findall(r"RAWTOHEX\(STANDARD_HASH\((NVL2.*?), 'SHA1'\)\)", text)
    lengths = {one["column_name"]: (64 if one["data_type"] == "NUMBER" else 400) + 2 for one in wide}
    sums = [sum(lengths[name] for name in re.findall(r'NVL2\("(\w+)"', piece)) for piece in pieces]
    assert len(pieces) > 5 and max(sums) <= PIECE
    assert [name for piece in pieces for name in re.findall(r'NVL2\("(\w+)"',
                                                            piece)] == [one["column_name"] for one in wide], "each once, in order"


@pytest.mark.parametrize("data_type, length, hashed", [("VARCHAR2", 400, False), ("VARCHAR2", 401, True),
    ("NVARCHAR2", 10, True), ("RAW", 400, False), ("RAW", 2000, True)])
def test_long_values_are_hashed_first(data_type, length, hashed):
    text = compare_rows.row_hash(table(column("C", data_type, length)))
    assert (text.count("STANDARD_HASH") == 2) is hashed


def test_names_are_quoted_wherever_they_stand():
    made = Table("Quay's", "a\"b".replace('"', " "), 1)
    made.columns, made.key = [column("x y")], ["x y"]
    statement = str(compare_rows.summing(made, "", 77, "SALES", 2, "rows of it's", again=False))
    assert 'FROM "Quay\'s"."a b" AS OF SCN 77' in statement and "'rows of it''s'" in statement
    assert statement.startswith("INSERT INTO DBFERRY_JOURNAL (migration_id, run, item, value) SELECT 'SALES', 2, ")
    assert 'TO_CHAR("x y") key' in compare_rows.keys_and_hashes(made, "", None, 5)


def test_two_parts_of_one_hash_are_summed():
    statement = str(compare_rows.summing(table(column("A")), "A < 1", None, "SALES", 1, "x", again=False))
    assert re.findall(r"SUM\(TO_NUMBER\(SUBSTR\(hash, (\d+), 15\)", statement) == ["1", "16"] and statement.count("STANDARD_HASH(") == 1
    assert statement.endswith(' hash FROM "SALES"."ORDERS" WHERE A < 1)') and "COUNT(*)" in statement


# -- ranges


def ranges(low, high, num_rows=RANGE_ROWS * 3, data_type="NUMBER"):
    made = table(column("ORDER_ID", data_type), key=["ORDER_ID"], num_rows=num_rows)
    session = FakeSession({'SELECT MIN("ORDER_ID") low, MAX("ORDER_ID") high FROM "SALES"."ORDERS"': [{"low": low, "high": high}]})
    return compare_rows.bounds(session, made)


@pytest.mark.parametrize("low, high", [(1, 6000000), (-5000000, 5000000), (-10, -1), (7, 7), (1, 2), (1.5, 9000000.25), (0, 10 ** 30)])
def test_ranges_cover_every_key_once(low, high):
    conditions = [condition.replace('"ORDER_ID"', "value").replace("AND", "and") for condition in ranges(low, high)]
    for value in {low, high, low - 1, high + 1, (low + high) / 2, (low + high) // 3, 0, -(10 ** 40), 10 ** 40}:
        assert [bool(eval(condition or "True", {}, {"value": value})) for condition in conditions].count(True) == 1


def test_a_large_table_is_cut_into_parts_of_about_the_same_size():
    assert ranges(0, 6000000) == ['"ORDER_ID" < 1500000', '"ORDER_ID" >= 1500000 AND "ORDER_ID" < 3000000', '"ORDER_ID" >= 3000000 AND "ORDER_ID" < 4500000',
                                  '"ORDER_ID" >= 4500000']


@pytest.mark.parametrize("made", [table(column("ORDER_ID"), key=["ORDER_ID"], num_rows=RANGE_ROWS), table(column("ORDER_ID"), num_rows=RANGE_ROWS * 9),
                                  table(column("ORDER_ID", "VARCHAR2"), key=["ORDER_ID"], num_rows=RANGE_ROWS * 9)],
                         ids=["small", "no key", "key of text"])
def test_other_tables_are_one_part(made):
    assert compare_rows.bounds(FakeSession(), made) == [""]


def test_an_empty_table_is_one_part():
    assert ranges(None, None) == [""]


# -- the module


WANT = {"migration_id": "SALES", "migration_run": 1, "tablespaces": ["QUAY_DATA"], "rows": "window", "as_of_recorded_scn": False,
        "sample_percent": 5,
        "parallelism": 2, "show_keys": 2, "fail": True, "peer": {}}
KEYS = compare_rows.keys_and_hashes(table(column("ORDER_ID"), key=["ORDER_ID"]), "", None, RANGE_ROWS)


class Side(FakeSession):
    """A database with one table; an INSERT of sums writes what it holds into the journal."""

    def __init__(self, rows, keys=(), peer=None, key=True, sections=None, dbid=1, open_mode="READ WRITE"):
        dictionary = {sql: [] for dummy, sql in compare_catalog.SECTIONS.values()}
        dictionary.update(sections or {})
        super().__init__(dict(dictionary, **{
            compare_catalog.TABLESPACES: [], compare_catalog.INVALID: [], compare_catalog.SEQUENCE_NUMBERS: [],
            schema_compare.FROZEN: [{"part": "QUAY_DATA 500"}, {"part": "OTHER 9"}], schema_compare.SCN: [{"current_scn": 4711}],
            schema_compare.DATABASE: [{"dbid": dbid, "open_mode": open_mode, "current_scn": 4711}],
            compare_rows.TABLES: [{"owner": "SALES", "table_name": "ORDERS", "num_rows": 2}],
            compare_rows.COLUMNS: [column("ORDER_ID"), column("V", virtual="YES"), column("L", "LONG")],
            compare_rows.KEYS: [{"owner": "SALES", "table_name": "ORDERS", "column_name": "ORDER_ID", "position": 1}] if key else [],
            KEYS: [{"key": name, "hash": hash_} for name, hash_ in keys],
        }), peer=peer)
        self.rows = rows
        self.items = {}
        self.on_execute = self.sum

    def sum(self, statement):
        found = re.search(r"^INSERT .* SELECT 'SALES', 1, '((?:[^']|'')*?)', '\[|^UPDATE .* AND item = '(.*)'$", statement.text())
        if found:
            self.items[found.group(1) or found.group(2)] = self.rows

    def query(self, sql, after=None, **binds):
        if sql.startswith("SELECT '[' || COUNT(*)"):
            return [{"sums": self.rows}]
        return super().query(sql.replace(" AS OF SCN 4711", ""), after, **binds)

    def another(self):
        return self


def compare(source, target, **more):
    target.peer = source
    for session in (source, target):
        session.statements = []
    return kernel.run(schema_compare.MODULE, dict(WANT, **more), target)


def test_equal_rows():
    source, target = Side('[2, "10", "11"]'), Side('[2, "10", "11"]')
    result = compare(source, target)
    assert result["verdict"] == "equal" and result["finished"] and result["differences"] == []
    assert result["tables"] == [{"table": "SALES.ORDERS", "source_rows": 2, "target_rows": 2, "equal": True, "keys": []}]
    assert result["not_compared"] == ["SALES.ORDERS.L (LONG)"] and result["progress"] == {"done": 1, "of": 1, "percent": 100.0}
    again = compare(source, target)
    assert not again["changed"] and again["statements"] == []


def test_the_verdict_is_in_the_journal():
    source, target = Side('[2, "10", "11"]'), Side('[2, "10", "11"]')
    compare(source, target)
    found = kernel.run(schema_compare_info.MODULE, {"migration_id": "SALES", "migration_run": 1}, target)
    assert found["verdict"] == "equal" and found["tables"] == [{"table": "SALES.ORDERS", "source_rows": 2, "target_rows": 2, "equal": True}]
    source.answers[schema_compare.FROZEN], source.rows = [{"part": "QUAY_DATA 501"}], '[3, "10", "12"]'
    compare(source, target, fail=False)
    assert kernel.run(schema_compare_info.MODULE, {"migration_id": "SALES", "migration_run": 1}, target)["verdict"] == "different"
    assert kernel.run(schema_compare_info.MODULE, {"migration_id": "OTHER", "migration_run": 1}, FakeSession(user="X"))["verdict"] is None


def test_different_rows_fail_with_their_keys():
    source = Side('[3, "10", "11"]', [("1", "aa"), ("2", "bb"), ("3", "cc")])
    target = Side('[3, "10", "12"]', [("2", "xx"), ("3", "cc"), ("4", "dd")])
    with pytest.raises(DbferryError) as caught:
        compare(source, target)
    assert caught.value.code == "DBF-0171" and "1 (missing at the target), 2 (different)" in caught.value.message
    result = compare(source, target, fail=False, show_keys=9)
    assert result["verdict"] == "different"
    assert result["tables"][0]["keys"] == ["1 (missing at the target)", "2 (different)", "4 (only at the target)"]


def test_a_difference_that_was_mended_is_looked_at_again():
    source, target = Side('[2, "10", "11"]'), Side('[2, "10", "12"]')
    assert compare(source, target, fail=False)["verdict"] == "different"
    target.rows = '[2, "10", "11"]'
    result = compare(source, target)
    assert result["verdict"] == "equal" and any(text.startswith("UPDATE DBFERRY_JOURNAL SET written") for text in result["statements"])
    assert not compare(source, target)["changed"]


def test_sums_of_other_files_or_another_scn_do_not_count():
    source, target = Side('[2, "10", "11"]'), Side('[2, "10", "11"]')
    compare(source, target)
    target.items["plugged in QUAY_DATA"] = '["/u02/again.dbf"]'
    assert compare(source, target)["changed"]
    source.answers[schema_compare.FROZEN] = [{"part": "QUAY_DATA 501"}]
    assert compare(source, target)["changed"] and not compare(source, target)["changed"]


def test_a_sample_without_a_key_is_not_compared_rather_than_equal():
    result = compare(Side('[2, "10", "11"]', key=False), Side('[2, "10", "11"]', key=False), rows="sampled")
    assert result["tables"] == [] and "SALES.ORDERS: sampled by primary key, and it has none" in result["not_compared"]


def test_a_sample_takes_the_same_rows_at_both_sides():
    source, target = Side('[1, "1", "1"]'), Side('[1, "1", "1"]')
    compare(source, target, rows="sampled")
    issued = [text for text in source.issued + target.issued if text.startswith("INSERT") and " SELECT " in text]
    assert len(issued) == 2 and all(text.endswith(' WHERE ORA_HASH("ORDER_ID", 99) < 5)') for text in issued)


def test_rows_may_wait_until_the_target_is_open():
    source, target = Side('[2, "10", "11"]'), Side('[2, "10", "11"]')
    first = compare(source, target, rows="after_open")
    assert first["tables"] == [] and target.items[schema_compare.SCN_ITEM] == "4711" and "as of SCN 4711" in first["not_compared"][0]
    later = compare(source, target, rows="after_open", as_of_recorded_scn=True)
    assert later["verdict"] == "equal"
    assert any("AS OF SCN 4711" in text for text in target.issued) and not any("AS OF SCN" in text for text in source.issued)


def test_a_source_that_became_a_standby_is_asked_and_compared_as_of_where_it_stands():
    source, target = Side('[2, "10", "11"]', open_mode="READ ONLY"), Side('[2, "10", "11"]')
    result = compare(source, target, tablespaces=None)
    assert result["verdict"] == "equal" and source.issued == [] and source.items == {}
    assert any("AS OF SCN 4711" in text for text in target.issued) and any(name.endswith(" at the source") for name in target.items)
    assert not compare(source, target, tablespaces=None)["changed"]
    # The same rows in the journal that it shows are the target's own: they prove nothing about the source.
    source, target = Side('[1, "1", "1"]', open_mode="READ ONLY"), Side('[2, "10", "11"]')
    source.items = target.items
    assert compare(source, target, fail=False)["verdict"] == "different"


def test_a_read_only_source_of_another_database_has_scns_of_its_own():
    source, target = Side('[2, "10", "11"]', open_mode="READ ONLY", dbid=2), Side('[2, "10", "11"]')
    assert compare(source, target)["verdict"] == "equal" and not any("AS OF SCN" in text for text in target.issued)


def test_a_source_to_which_redo_is_applied_is_refused():
    with pytest.raises(DbferryError) as caught:
        compare(Side('[2, "10", "11"]', open_mode="READ ONLY WITH APPLY"), Side('[2, "10", "11"]'))
    assert caught.value.code == "DBF-0172"


def test_a_plan_on_an_untouched_source_does_not_guess_the_verdict():
    source, target = Side('[2, "10", "11"]'), Side('[2, "10", "11"]')
    target.peer = source
    result = kernel.run(schema_compare.MODULE, WANT, target, check_mode=True,
                        assume={"TABLESPACE QUAY_DATA": {"phase": "XTTS_IMPORT_SET_TGT", "attributes": {"status": "READ ONLY"}}})
    assert result["verdict"] == "unknown until XTTS_IMPORT_SET_TGT" and source.issued == target.issued == []
