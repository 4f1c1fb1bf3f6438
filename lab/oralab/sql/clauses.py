# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clauses that many DDL statements share: names, sizes, physical attributes, LOB storage."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast_tables as ast
from oralab.sql import conditions, expressions, sources
from oralab.sql.lexer import NUMBER, STRING, Tokens

UNITS: Final = {"K": 10, "M": 20, "G": 30, "T": 40, "P": 50, "E": 60}


def object_name(t: Tokens, code: int = 903) -> ast.Name:
    """``[schema.]name``."""
    place = t.i
    schema, name = None, t.identifier(code)
    if t.skip("."):
        schema, name = name, t.identifier(code)
    return ast.Name(name, schema, offset=t.starts[place])


def linked_name(t: Tokens, code: int = 903) -> ast.Name:
    """``[schema.]name[@dblink]``."""
    name = object_name(t, code)
    if t.skip("@"):
        name.dblink = sources.dblink(t)
    return name


def size(t: Tokens, code: int = 2000) -> int:
    """A size in bytes, with K, M, G, T, P or E."""
    if t.word != NUMBER:
        t.fail(code, "integer")
    number = t.integer(code, "integer")
    unit = t.one_of(UNITS)
    return number << UNITS[unit] if unit else number


def size_or_unlimited(t: Tokens, code: int = 2000) -> int:
    return -1 if t.skip("UNLIMITED") else size(t, code)


def degree(t: Tokens) -> str | None:
    """PARALLEL [n] as its degree, NOPARALLEL as 1; None when neither comes."""
    if t.skip("NOPARALLEL"):
        return "1"
    if not t.skip("PARALLEL"):
        return None
    if t.skip("("):
        t.expect("DEGREE")
        found = "DEFAULT" if t.skip("DEFAULT") else str(t.integer())
        if t.skip("INSTANCES") and not t.skip("DEFAULT"):
            t.integer()
        t.close()
        return found
    return str(t.integer()) if t.word == NUMBER else "DEFAULT"


def source_expression(t: Tokens) -> ast.SourceExpression:
    place = t.i
    node = expressions.expression(t)
    return ast.SourceExpression(node, t.since(place))


def source_condition(t: Tokens) -> ast.SourceCondition:
    place = t.i
    node = conditions.condition(t)
    return ast.SourceCondition(node, t.since(place))


def names(t: Tokens, code: int = 904) -> tuple[str, ...]:
    """Identifiers with commas between them, without parentheses."""
    found = [t.identifier(code)]
    while t.skip(","):
        found.append(t.identifier(code))
    return tuple(found)


def group_of_names(t: Tokens, code: int = 904) -> tuple[str, ...]:
    t.open()
    found = names(t, code)
    t.close()
    return found


# --- physical attributes ---

def segment(t: Tokens, node: ast.SegmentAttributes) -> bool:
    """Take one physical attribute if one comes next."""
    take = _SEGMENT.get(t.word)
    return take is not None and take(t, node)


def segment_attributes(t: Tokens) -> ast.SegmentAttributes:
    """As many as come."""
    node = ast.SegmentAttributes()
    while segment(t, node):
        pass
    return node


def _number_attribute(field: str, low: int, high: int, code: int) -> Callable[[Tokens, ast.SegmentAttributes], bool]:
    def take(t: Tokens, node: ast.SegmentAttributes) -> bool:
        t.i += 1
        value = t.integer(code)
        if not low <= value <= high:
            t.fail(code, at=t.i - 1)
        setattr(node, field, value)
        return True
    return take


def _tablespace(t: Tokens, node: ast.SegmentAttributes) -> bool:
    t.i += 1
    node.tablespace = t.identifier(2216)
    return True


def _logging(t: Tokens, node: ast.SegmentAttributes) -> bool:
    node.logging = t.word != "NOLOGGING"
    t.i += 1
    return True


def _creation(t: Tokens, node: ast.SegmentAttributes) -> bool:
    if not t.skip("SEGMENT", "CREATION"):
        return False
    word = t.one_of(("IMMEDIATE", "DEFERRED"))
    if word is None:
        t.fail(922)
    node.immediate = word == "IMMEDIATE"
    return True


def _nocompress(t: Tokens, node: ast.SegmentAttributes) -> bool:
    t.i += 1
    node.compress = "NOCOMPRESS"
    return True


def _compress(t: Tokens, node: ast.SegmentAttributes) -> bool:
    t.i += 1
    node.compress = compression(t)
    return True


def _store(t: Tokens, node: ast.SegmentAttributes) -> bool:
    t.i += 1
    t.expect_all("STORE COMPRESS", 922)
    node.compress = compression(t)
    return True


def compression(t: Tokens) -> str:
    """What follows COMPRESS."""
    if t.word == NUMBER:
        return str(t.integer())
    if t.skip("BASIC"):
        return "BASIC"
    if t.skip("ADVANCED"):
        level = t.one_of(("LOW", "HIGH"))
        return f"ADVANCED {level}" if level else "ADVANCED"
    if t.skip("FOR", "OLTP") or t.skip("FOR", "ALL", "OPERATIONS"):
        return "ADVANCED"
    if t.skip("FOR", "DIRECT_LOAD", "OPERATIONS"):
        return "BASIC"
    if t.skip("FOR"):
        kind = t.one_of(("QUERY", "ARCHIVE"))
        if kind is None:
            t.fail(922)
        return f"{kind} {t.one_of(('LOW', 'HIGH')) or ('HIGH' if kind == 'QUERY' else 'LOW')}"
    return "BASIC"


def _storage(t: Tokens, node: ast.SegmentAttributes) -> bool:
    t.i += 1
    node.storage = storage(t)
    return True


_STORAGE: Final = {"INITIAL": "initial", "NEXT": "next", "MINEXTENTS": "min_extents", "MAXEXTENTS": "max_extents",
                   "PCTINCREASE": "pct_increase", "FREELISTS": "freelists"}


def storage(t: Tokens) -> ast.StorageClause:
    """STORAGE's parentheses. ORA-02143."""
    node = ast.StorageClause()
    t.open()
    while not t.skip(")"):
        word = t.word
        t.i += 1
        if word in _STORAGE:
            setattr(node, _STORAGE[word], size_or_unlimited(t, 2143))
        elif word == "FREELIST":
            t.expect("GROUPS", 2143)
            node.freelist_groups = t.integer(2143)
        elif word == "BUFFER_POOL":
            node.buffer_pool = t.one_of(("DEFAULT", "KEEP", "RECYCLE")) or t.fail(2143)
        elif word in ("FLASH_CACHE", "CELL_FLASH_CACHE"):
            if not t.one_of(("DEFAULT", "KEEP", "NONE")):
                t.fail(2143)
        elif word == "MAXSIZE":
            size_or_unlimited(t, 2143)
        else:
            t.fail(2143, at=t.i - 1)
    return node


def _no_inmemory(t: Tokens, node: ast.SegmentAttributes) -> bool:
    return t.skip("NO", "INMEMORY")


_SEGMENT: Final[dict[str, Callable[[Tokens, ast.SegmentAttributes], bool]]] = {
    "PCTFREE": _number_attribute("pct_free", 0, 99, 2211), "PCTUSED": _number_attribute("pct_used", 0, 99, 2211),
    "INITRANS": _number_attribute("ini_trans", 1, 255, 2207), "MAXTRANS": _number_attribute("max_trans", 1, 255, 2209),
    "TABLESPACE": _tablespace, "LOGGING": _logging, "NOLOGGING": _logging, "FILESYSTEM_LIKE_LOGGING": _logging,
    "SEGMENT": _creation, "COMPRESS": _compress, "NOCOMPRESS": _nocompress, "ROW": _store, "COLUMN": _store,
    "STORAGE": _storage, "NO": _no_inmemory,
}


# --- LOBs, nested tables ---

def lob_storage(t: Tokens) -> tuple[ast.LobStorage, ...]:
    """LOB (columns) STORE AS ..., after the word LOB."""
    columns = group_of_names(t)
    t.expect_all("STORE AS", 922)
    return (_store_as(t, columns),)


def _store_as(t: Tokens, columns: tuple[str, ...]) -> ast.LobStorage:
    node = ast.LobStorage(columns)
    kind = t.one_of(("SECUREFILE", "BASICFILE"))
    node.securefile = None if kind is None else kind == "SECUREFILE"
    if t.is_name() and t.word not in ("TABLESPACE", "PARTITION"):
        node.segment_name = t.identifier()
    if node.securefile is None:
        kind = t.one_of(("SECUREFILE", "BASICFILE"))
        node.securefile = None if kind is None else kind == "SECUREFILE"
    if t.skip("("):
        while not t.skip(")"):
            lob_parameter(t, node)
    return node


def lob_parameter(t: Tokens, node: ast.LobStorage) -> None:
    """One parameter of a LOB. ORA-00922."""
    if t.skip("ENABLE", "STORAGE", "IN", "ROW"):
        node.in_row = True
    elif t.skip("DISABLE", "STORAGE", "IN", "ROW"):
        node.in_row = False
    elif t.skip("CHUNK"):
        node.chunk = size(t)
    elif t.skip("CACHE", "READS"):
        node.cache = "CACHE READS"
    elif t.word in ("CACHE", "NOCACHE"):
        node.cache = t.word
        t.i += 1
    elif t.skip("PCTVERSION"):
        node.retention = f"PCTVERSION {t.integer()}"
    elif t.skip("RETENTION"):
        node.retention = t.one_of(("MAX", "AUTO", "NONE")) or (f"MIN {t.integer()}" if t.skip("MIN") else "")
    elif t.skip("FREEPOOLS"):
        t.integer()
    elif t.word in ("COMPRESS", "NOCOMPRESS"):
        t.i += 1
        node.compress = "NOCOMPRESS" if t.words[t.i - 1] == "NOCOMPRESS" else t.one_of(("LOW", "MEDIUM", "HIGH")) or "MEDIUM"
    elif t.word in ("DEDUPLICATE", "KEEP_DUPLICATES"):
        node.deduplicate = t.word == "DEDUPLICATE"
        t.i += 1
    elif t.word in ("ENCRYPT", "DECRYPT"):
        node.encrypt = encryption(t)
    elif not segment(t, node.attributes):
        t.fail(922)


def encryption(t: Tokens) -> bool:
    """ENCRYPT with its options, or DECRYPT."""
    if t.skip("DECRYPT"):
        return False
    t.expect("ENCRYPT")
    if t.skip("USING"):
        t.string()
    if t.skip("IDENTIFIED", "BY"):
        t.i += 1
    if t.word == STRING:
        t.i += 1
    if not t.skip("NO", "SALT"):
        t.skip("SALT")
    return True


def varray_storage(t: Tokens) -> tuple[ast.LobStorage, ...]:
    """VARRAY column STORE AS LOB ..., after the word VARRAY."""
    column = t.identifier()
    t.expect_all("STORE AS", 922)
    kind = t.one_of(("SECUREFILE", "BASICFILE"))
    t.expect("LOB", 922)
    node = _store_as(t, (column,))
    node.securefile = node.securefile if kind is None else kind == "SECUREFILE"
    return (node,)


def xml_storage(t: Tokens) -> tuple[ast.LobStorage, ...]:
    """XMLTYPE [COLUMN] name STORE AS [SECUREFILE|BASICFILE] BINARY XML | CLOB, after the word XMLTYPE."""
    columns = (t.identifier(),) if t.skip("COLUMN") or t.word != "STORE" else ()
    t.expect_all("STORE AS", 922)
    kind = t.one_of(("SECUREFILE", "BASICFILE"))
    if t.skip("OBJECT", "RELATIONAL"):
        raise not_simulated("object-relational storage of XMLTYPE")
    if not (t.skip("BINARY", "XML") or t.skip("CLOB")):
        t.fail(922)
    node = _store_as(t, columns)
    node.securefile = node.securefile if kind is None else kind == "SECUREFILE"
    return (node,)


def nested_table(t: Tokens) -> ast.NestedTableStorage:
    """NESTED TABLE column STORE AS table, after these two words."""
    column = t.identifier()
    t.expect_all("STORE AS", 922)
    node = ast.NestedTableStorage(column, object_name(t).name)
    if t.word == "(":
        t.skip_group()
    if t.skip("RETURN"):
        t.skip("AS")
        if not t.one_of(("VALUE", "LOCATOR")):
            t.fail(905)
    return node
