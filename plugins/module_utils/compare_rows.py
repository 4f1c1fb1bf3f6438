# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows against rows: counts and two sums over a hash of each row, computed inside each database.

Sums, because they do not depend on order and add up over ranges (an XOR would not see a row that is there twice). Two of them, over
different parts of the hash, because one can be right by chance. Only the sums travel.
"""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.database import APPLICATION
from ansible_collections.dbferry.oracle.plugins.module_utils.names import JOURNAL_TABLE, identifier, literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement

__metaclass__ = type

TABLES = """
SELECT t.owner, t.table_name, t.num_rows FROM dba_tables t
 WHERE t.owner IN """ + APPLICATION + """ AND t.owner <> :me AND t.temporary = 'N' AND t.nested = 'NO' AND t.secondary = 'N'
   AND t.table_name NOT LIKE 'BIN$%' AND t.iot_name IS NULL
   AND NOT EXISTS (SELECT NULL FROM dba_external_tables x WHERE x.owner = t.owner AND x.table_name = t.table_name)
 ORDER BY t.owner, t.table_name
"""
COLUMNS = """
SELECT owner, table_name, column_name, data_type, data_length, char_length, data_type_owner, virtual_column FROM dba_tab_cols
 WHERE owner IN """ + APPLICATION + """ AND owner <> :me AND hidden_column = 'NO' ORDER BY owner, table_name, column_id
"""
KEYS = """
SELECT c.owner, c.table_name, k.column_name, k.position FROM dba_constraints c
  JOIN dba_cons_columns k ON k.owner = c.owner AND k.constraint_name = c.constraint_name
 WHERE c.constraint_type = 'P' AND c.owner IN """ + APPLICATION + """ AND c.owner <> :me ORDER BY c.owner, c.table_name, k.position
"""

#: Longest text that STANDARD_HASH is given in one piece: VARCHAR2 in SQL holds 4000 bytes unless MAX_STRING_SIZE says otherwise.
PIECE = 3800
#: Tables with more rows than this are compared in ranges of their key.
RANGE_ROWS = 2000000
#: The hash of SQL (STANDARD_HASH), and the same of DBMS_CRYPTO for LOBs (HASH_SH1; package constants cannot stand in SQL).
ALGORITHM, CRYPTO = "SHA1", 3
#: Journal item: what a comparison that was completed found.
VERDICT_ITEM = "verdict of the comparison"
STAMP = "SYYYY-MM-DD HH24:MI:SS"

#: Data type -> how a value is written so that equal values, and only these, give equal text; and how long that gets (bytes).
TEXTS: t.Dict[str, t.Tuple[str, int]] = {
    "NUMBER": ("TO_CHAR({0}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')", 64),
    "FLOAT": ("TO_CHAR({0}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')", 64),
    "BINARY_FLOAT": ("TO_CHAR({0}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')", 64),
    "BINARY_DOUBLE": ("TO_CHAR({0}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')", 64),
    "DATE": ("TO_CHAR({0}, '" + STAMP + "')", 20),
    "TIMESTAMP": ("TO_CHAR({0}, '" + STAMP + ".FF9')", 30),
    "TIMESTAMP WITH TIME ZONE": ("TO_CHAR({0}, '" + STAMP + ".FF9 TZR')", 70),
    "TIMESTAMP WITH LOCAL TIME ZONE": ("TO_CHAR(SYS_EXTRACT_UTC({0}), '" + STAMP + ".FF9')", 30),
    "INTERVAL YEAR TO MONTH": ("TO_CHAR({0})", 30),
    "INTERVAL DAY TO SECOND": ("TO_CHAR({0})", 40),
}
#: These are hashed whole: their bytes are the value.
WHOLE = ("VARCHAR2", "CHAR", "NVARCHAR2", "NCHAR", "RAW")
LOBS = ("CLOB", "NCLOB", "BLOB")


class Table:
    """One table to compare: its columns with types, its key, and how many rows it is said to have."""

    def __init__(self, owner: str, name: str, num_rows: t.Optional[int]) -> None:
        self.owner = owner
        self.name = name
        self.num_rows = num_rows or 0
        self.columns: t.List[t.Dict[str, t.Any]] = []
        self.key: t.List[str] = []

    @property
    def title(self) -> str:
        return "{0}.{1}".format(self.owner, self.name)

    @property
    def quoted(self) -> str:
        return "{0}.{1}".format(identifier(self.owner), identifier(self.name))

    def comparable(self) -> t.List[t.Dict[str, t.Any]]:
        return [column for column in self.columns if kind(column) in TEXTS or kind(column) in WHOLE + LOBS]

    def left_out(self) -> t.List[str]:
        """Columns of types that cannot be hashed in SQL."""
        known = self.comparable()
        return ["{0}.{1} ({2})".format(self.title, column["column_name"], column["data_type"]) for column in self.columns if column not in known]


def kind(column: t.Dict[str, t.Any]) -> str:
    """Data type without its precision: TIMESTAMP(6) WITH TIME ZONE gives TIMESTAMP WITH TIME ZONE."""
    name, digit = "", 0
    for letter in column["data_type"]:
        digit += (letter == "(") - (letter == ")")
        if not digit and letter != ")":
            name += letter
    return name if column["data_type_owner"] is None else "object"


def tables(session: t.Any) -> t.Dict[str, Table]:
    """Every table of the applications that has rows of its own."""
    found = {}
    for row in session.query(TABLES, me=session.user):
        table = Table(row["owner"], row["table_name"], row["num_rows"])
        found[table.title] = table
    for row in session.query(COLUMNS, me=session.user):
        known = found.get("{owner}.{table_name}".format(**row))
        if known is not None and row["virtual_column"] == "NO":
            known.columns.append(row)
    for row in session.query(KEYS, me=session.user):
        known = found.get("{owner}.{table_name}".format(**row))
        if known is not None:
            known.key.append(row["column_name"])
    return found


def _column_text(column: t.Dict[str, t.Any]) -> t.Tuple[str, int]:
    name, form = identifier(column["column_name"]), kind(column)
    if form in LOBS:
        # A hash of an empty LOB is not the same in every release, so emptiness is written as itself.
        text = "CASE WHEN DBMS_LOB.GETLENGTH({0}) = 0 THEN 'E' ELSE RAWTOHEX(DBMS_CRYPTO.HASH({0}, {1})) END".format(name, CRYPTO)
        length = 40
    elif form in WHOLE:
        if form in ("NVARCHAR2", "NCHAR") or column["data_length"] > 400:
            text, length = _hex(name), 40
        elif form == "RAW":
            text, length = "RAWTOHEX({0})".format(name), column["data_length"] * 2
        else:
            text, length = name, column["data_length"]
    else:
        text, length = TEXTS[form][0].format(name), TEXTS[form][1]
    # The end of a value is marked by a character that no text of a number or date holds; a column is told from NULL by its first.
    return "NVL2({0}, '+' || {1}, '-') || CHR(31)".format(name, text) if form not in LOBS else \
        "CASE WHEN {0} IS NULL THEN '-' ELSE '+' || {1} END || CHR(31)".format(name, text), length + 2


def _hex(text: str) -> str:
    return "RAWTOHEX(STANDARD_HASH({0}, '{1}'))".format(text, ALGORITHM)


def row_hash(table: Table) -> str:
    """The hash of a row as an expression: 40 hexadecimal digits."""
    pieces: t.List[t.List[str]] = [[]]
    room = PIECE
    for column in table.comparable():
        text, length = _column_text(column)
        if length > room:
            pieces.append([])
            room = PIECE
        pieces[-1].append(text)
        room -= length
    texts = [" || ".join(piece) or "'-'" for piece in pieces]
    return _hex(texts[0] if len(texts) == 1 else " || ".join(_hex(text) for text in texts))


def _number(first: int) -> str:
    """60 bits of a hash as a number: 15 of its hexadecimal digits, so that sums of any table stay within 38 digits."""
    return "TO_NUMBER(SUBSTR(hash, {0}, 15), 'XXXXXXXXXXXXXXX')".format(first)


def _sums() -> str:
    """Count and both sums as a JSON array, in which no number is too long."""
    return "'[' || COUNT(*) || ',\"' || NVL(TO_CHAR(SUM({0}), 'TM9'), '0') || '\",\"' || NVL(TO_CHAR(SUM({1}), 'TM9'), '0') || '\"]'".format(
        _number(1), _number(16))


def _rows(table: Table, where: str, as_of_scn: t.Optional[int]) -> str:
    """Not merged, the hash is computed once for both sums."""
    source = table.quoted + ("" if as_of_scn is None else " AS OF SCN {0}".format(as_of_scn))
    return " FROM (SELECT /*+ NO_MERGE */ {0} hash FROM {1}{2})".format(row_hash(table), source, " WHERE " + where if where else "")


def asking(table: Table, where: str) -> Statement:
    """The same as ``summing`` where nothing can be written: a query for the column ``sums``."""
    return Statement("SELECT {0} sums{1}".format(_sums(), _rows(table, where, None)))


def summing(table: Table, where: str, as_of_scn: t.Optional[int], migration_id: str, run: int, item: str, again: bool) -> Statement:
    """Count the rows of a table, or of a part, and sum their hashes, into the journal, in one statement that outlives its client.

    :arg again: there is a result, and it is to be replaced.
    """
    sums, rows = _sums(), _rows(table, where, as_of_scn)
    if again:
        return Statement("UPDATE {0} SET written = SYSTIMESTAMP, value = (SELECT {1}{2}) WHERE migration_id = {3} AND run = {4} AND item = {5}".format(
            JOURNAL_TABLE, sums, rows, literal(migration_id), run, literal(item)))
    return Statement("INSERT INTO {0} (migration_id, run, item, value) SELECT {1}, {2}, {3}, {4}{5}".format(
        JOURNAL_TABLE, literal(migration_id), run, literal(item), sums, rows))


def keys_and_hashes(table: Table, where: str, as_of_scn: t.Optional[int], limit: int) -> str:
    """Key and hash of each row, to name those that differ."""
    source = table.quoted + ("" if as_of_scn is None else " AS OF SCN {0}".format(as_of_scn))
    key = " || ', ' || ".join("TO_CHAR({0})".format(identifier(name)) for name in table.key)
    return "SELECT * FROM (SELECT {key} key, {hash} hash FROM {source}{where} ORDER BY 1) WHERE ROWNUM <= {limit}".format(
        key=key, hash=row_hash(table), source=source, where=" WHERE " + where if where else "", limit=limit)


def bounds(session: t.Any, table: Table) -> t.List[str]:
    """Conditions that cut a large table into ranges of its numeric key; together they cover every row."""
    column = next((column for column in table.columns if table.key and column["column_name"] == table.key[0]), None)
    if table.num_rows <= RANGE_ROWS or column is None or column["data_type"] != "NUMBER":
        return [""]
    name = identifier(table.key[0])
    limits = session.one("SELECT MIN({0}) low, MAX({0}) high FROM {1}".format(name, table.quoted))
    if limits["low"] is None:
        return [""]
    number = int(table.num_rows // RANGE_ROWS) + 1
    cuts = sorted({int(limits["low"] + (limits["high"] - limits["low"]) * step / number) for step in range(1, number)})
    if not cuts:
        return [""]
    return (["{0} < {1}".format(name, cuts[0])] + ["{0} >= {1} AND {0} < {2}".format(name, low, high) for low, high in zip(cuts, cuts[1:])]
            + ["{0} >= {1}".format(name, cuts[-1])])
