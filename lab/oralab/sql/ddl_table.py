# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CREATE TABLE, DROP TABLE, TRUNCATE, RENAME, COMMENT, ANALYZE and FLASHBACK TABLE."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast, clauses, columns, ddl_partition, expressions, queries
from oralab.sql.ast_database import FlashbackDatabase
from oralab.sql.ast_objects import CreateMaterializedView
from oralab.sql.lexer import NUMBER, STRING, Tokens


def create(t: Tokens) -> ast.CreateTable:
    """After CREATE [GLOBAL TEMPORARY] TABLE."""
    temporary = t.words[t.i - 2] == "TEMPORARY"
    node = ast.CreateTable(name=clauses.object_name(t), temporary=temporary)
    if t.skip("SHARING"):
        raise not_simulated("SHARING clause")
    if t.skip("OF"):
        node.of_type = clauses.object_name(t)
    listed = t.word == "("
    if listed:
        _relation(t, node)
    while _property(t, node):
        pass
    if t.skip("AS"):
        if not queries.starts_query(t):
            t.fail(928)
        node.query = queries.query(t)
    elif listed:
        _check_types(t, node)
    elif not node.of_type:
        t.fail(922 if t.word else 906)
    t.end(922)
    return node


def _check_types(t: Tokens, node: ast.CreateTable) -> None:
    for column in node.columns:
        refers = any(one.type == "FOREIGN KEY" for one in column.constraints)
        if column.type is None and column.virtual is None and not refers and not node.of_type:
            t.fail(2263, at=t.starts.index(column.offset))


def _relation(t: Tokens, node: ast.CreateTable) -> None:
    found: list[ast.ColumnDef] = []
    constraints: list[ast.ConstraintDef] = []
    t.i += 1
    while True:
        if t.word in columns.OUT_OF_LINE:
            constraints.append(columns.out_of_line(t))
        elif t.word == "SUPPLEMENTAL":
            node.supplemental += (columns.supplemental_log(t),)
        else:
            found.append(columns.column(t, typed=False))
        if not t.skip(","):
            break
    t.close()
    node.columns, node.constraints = tuple(found), tuple(constraints)


# --- table properties: a table of words ---

def _property(t: Tokens, node: ast.CreateTable) -> bool:
    if clauses.segment(t, node.attributes):
        return True
    take = _PROPERTIES.get(t.word)
    if take is None:
        return False
    t.i += 1
    take(t, node)
    return True


def _on_commit(t: Tokens, node: ast.CreateTable) -> None:
    t.expect("COMMIT", 922)
    node.on_commit = t.one_of(("DELETE", "PRESERVE")) or t.fail(905)
    t.expect("ROWS")


def _organization(t: Tokens, node: ast.CreateTable) -> None:
    if t.skip("EXTERNAL"):
        node.organization = "EXTERNAL"
        node.external = _external(t)
    elif t.skip("INDEX"):
        node.organization = "INDEX"
    else:
        t.expect("HEAP", 922)


def _external(t: Tokens) -> ast.ExternalClause:
    node = ast.ExternalClause()
    t.open()
    if t.skip("TYPE"):
        node.driver = t.identifier(922)
    while not t.skip(")"):
        if t.skip("DEFAULT", "DIRECTORY"):
            node.directory = t.identifier()
        elif t.skip("ACCESS", "PARAMETERS"):
            if t.word != "(":
                raise not_simulated("ACCESS PARAMETERS USING CLOB")
            place = t.i
            t.skip_group()
            node.parameters = t.text[t.ends[place]:t.starts[t.i - 1]].strip()
        elif t.skip("LOCATION"):
            node.locations = locations(t)
        elif t.skip("REJECT", "LIMIT"):
            node.reject_limit = reject_limit(t)
        else:
            t.fail(30649 if t.word in ("DIRECTORY", "DEFAULT") else 922)
    return node


def locations(t: Tokens) -> tuple[tuple[str | None, str], ...]:
    """``(directory:'file', 'file')``."""
    t.open()
    found: list[tuple[str | None, str]] = []
    while True:
        directory = None
        if t.word != STRING:
            directory = t.identifier()
            t.expect(":", 905)
        found.append((directory, t.string()))
        if not t.skip(","):
            t.close()
            return tuple(found)


def reject_limit(t: Tokens) -> str:
    return "UNLIMITED" if t.skip("UNLIMITED") else str(t.integer())


def _reject(t: Tokens, node: ast.CreateTable) -> None:
    t.expect("LIMIT", 922)
    if node.external is None:
        t.fail(922)
    node.external.reject_limit = reject_limit(t)


def _threshold(t: Tokens, node: ast.CreateTable) -> None:
    node.pct_threshold = t.integer()


def _including(t: Tokens, node: ast.CreateTable) -> None:
    node.including = t.identifier()


def _overflow(t: Tokens, node: ast.CreateTable) -> None:
    node.overflow = clauses.segment_attributes(t)


def _mapping(t: Tokens, node: ast.CreateTable) -> None:
    raise not_simulated("MAPPING TABLE")


def _nothing(t: Tokens, node: ast.CreateTable) -> None:
    """Words that change nothing here: NOMAPPING, MONITORING, NOROWDEPENDENCIES, ..."""


def _varray(t: Tokens, node: ast.CreateTable) -> None:
    node.lobs += clauses.varray_storage(t)


def _xml(t: Tokens, node: ast.CreateTable) -> None:
    node.lobs += clauses.xml_storage(t)


def _nested(t: Tokens, node: ast.CreateTable) -> None:
    t.expect("TABLE", 922)
    node.nested_tables += (clauses.nested_table(t),)


def _cluster(t: Tokens, node: ast.CreateTable) -> None:
    node.cluster = clauses.object_name(t)
    t.skip_group()


def _row_dependencies(t: Tokens, node: ast.CreateTable) -> None:
    node.row_dependencies = True


def _result_cache(t: Tokens, node: ast.CreateTable) -> None:
    node.result_cache = result_cache(t)


def result_cache(t: Tokens) -> str:
    """(MODE DEFAULT|FORCE), after RESULT_CACHE."""
    t.open()
    t.expect("MODE", 922)
    mode = t.one_of(("DEFAULT", "FORCE", "MANUAL"))
    if mode is None:
        t.fail(922)
    t.close()
    return mode


def _enable(t: Tokens, node: ast.CreateTable) -> None:
    enable = t.words[t.i - 1] == "ENABLE"
    if t.skip("ROW", "MOVEMENT"):
        node.row_movement = enable
        return
    raise not_simulated("ENABLE and DISABLE of constraints after the columns of CREATE TABLE")


def _read(t: Tokens, node: ast.CreateTable) -> None:
    word = t.one_of(("ONLY", "WRITE"))
    if word is None or t.release == "12.1":
        t.fail(922)
    node.read_only = word == "ONLY"


def _flashback(t: Tokens, node: ast.CreateTable) -> None:
    t.expect("ARCHIVE", 922)
    node.flashback_archive = t.identifier() if t.is_name() else ""


def _lob(t: Tokens, node: ast.CreateTable | CreateMaterializedView) -> None:
    node.lobs += clauses.lob_storage(t)


def _partition(t: Tokens, node: ast.CreateTable | CreateMaterializedView) -> None:
    t.i -= 1
    node.partition_by = ddl_partition.partition_by(t)


def _cache(t: Tokens, node: ast.CreateTable | CreateMaterializedView) -> None:
    node.cache = t.words[t.i - 1] == "CACHE"


def _parallel(t: Tokens, node: ast.CreateTable | CreateMaterializedView) -> None:
    t.i -= 1
    node.parallel = clauses.degree(t)


STORAGE: Final[dict[str, Callable[[Tokens, ast.CreateTable | CreateMaterializedView], None]]] = {
    "LOB": _lob, "PARTITION": _partition, "CACHE": _cache, "NOCACHE": _cache, "PARALLEL": _parallel, "NOPARALLEL": _parallel}
"""What a table and a materialized view say alike of their rows, by its first word, which has been read."""
_PROPERTIES: Final[dict[str, Callable[[Tokens, ast.CreateTable], None]]] = {
    "ON": _on_commit, "ORGANIZATION": _organization, "REJECT": _reject, "PCTTHRESHOLD": _threshold, "INCLUDING": _including,
    "OVERFLOW": _overflow, "MAPPING": _mapping, "VARRAY": _varray, "XMLTYPE": _xml, "NESTED": _nested, "CLUSTER": _cluster,
    "ROWDEPENDENCIES": _row_dependencies, "RESULT_CACHE": _result_cache, "ENABLE": _enable, "DISABLE": _enable, "READ": _read,
    "FLASHBACK": _flashback, **STORAGE,
    **dict.fromkeys(("NOMAPPING", "MONITORING", "NOMONITORING", "NOROWDEPENDENCIES"), _nothing)}


# --- statements on whole tables ---

def drop(t: Tokens) -> ast.DropTable:
    """After DROP TABLE."""
    node = ast.DropTable(name=clauses.object_name(t))
    if t.skip("CASCADE"):
        t.expect("CONSTRAINTS")
        node.cascade_constraints = True
    node.purge = t.skip("PURGE")
    return node


def truncate(t: Tokens) -> ast.Truncate:
    """After TRUNCATE."""
    word = t.one_of(("TABLE", "CLUSTER"))
    if word is None:
        t.fail(3290)
    node = ast.Truncate(name=clauses.object_name(t), cluster=word == "CLUSTER")
    if t.one_of(("PRESERVE", "PURGE")):
        node.preserve_mview_log = t.words[t.i - 1] == "PRESERVE"
        t.expect_all("MATERIALIZED VIEW LOG", 3291)
    if t.word in ("DROP", "REUSE"):
        node.storage = t.word
        t.i += 1
        if node.storage == "DROP" and t.skip("ALL"):
            node.storage = "DROP ALL"
        t.expect("STORAGE", 3291)
    node.cascade = t.skip("CASCADE")
    t.end(3291)
    return node


def rename(t: Tokens) -> ast.Rename:
    """After RENAME."""
    old = t.identifier(903)
    if t.word == ".":
        t.fail(1765)
    t.expect("TO", 946)
    return ast.Rename(old=old, new=t.identifier(903))


_COMMENTED: Final = (("TABLE",), ("COLUMN",), ("MATERIALIZED", "VIEW"), ("INDEXTYPE",), ("OPERATOR",), ("EDITION",))


def comment(t: Tokens) -> ast.Comment:
    """After COMMENT."""
    t.expect("ON", 969)
    words = next((words for words in _COMMENTED if t.skip(*words)), None)
    if words is None:
        t.fail(905)
    on = " ".join(words)
    name, column = clauses.object_name(t), None
    if on == "COLUMN":
        if t.skip("."):
            column = t.identifier()
        else:
            name, column = ast.Name(name.schema or "", None, offset=name.offset), name.name
        if not name.name:
            t.fail(1748)
    t.expect("IS", 905)
    return ast.Comment(on=on, name=name, column=column, comment=t.string())


def analyze(t: Tokens) -> ast.Analyze:
    """After ANALYZE; the action is kept as its words."""
    kind = t.one_of(("TABLE", "INDEX", "CLUSTER"))
    if kind is None:
        t.fail(905)
    name = clauses.object_name(t)
    if t.word not in ("COMPUTE", "ESTIMATE", "DELETE", "VALIDATE", "LIST", "PARTITION"):
        t.fail(905)
    words = []
    while t.is_name() or t.word.isalpha() or t.word == NUMBER:
        words.append(t.values[t.i])
        t.i += 1
    return ast.Analyze(object_type=kind, name=name, action=" ".join(words))


def flashback_table(t: Tokens) -> ast.FlashbackTable:
    """After FLASHBACK TABLE."""
    names = [clauses.object_name(t)]
    while t.skip(","):
        names.append(clauses.object_name(t))
    t.expect("TO", 946)
    node = ast.FlashbackTable(tables=tuple(names))
    if t.skip("BEFORE", "DROP"):
        node.before_drop = True
        if t.skip("RENAME"):
            t.expect("TO", 946)
            node.rename_to = t.identifier(903)
        return node
    past(t, node)
    if t.word in ("ENABLE", "DISABLE"):
        node.enable_triggers = t.word == "ENABLE"
        t.i += 1
        t.expect("TRIGGERS")
    return node


def past(t: Tokens, node: ast.FlashbackTable | FlashbackDatabase) -> None:
    """SCN, TIMESTAMP or RESTORE POINT: where a flashback goes to."""
    if t.skip("SCN"):
        node.scn = expressions.expression(t)
    elif t.skip("TIMESTAMP"):
        node.timestamp = expressions.expression(t)
    elif t.skip("RESTORE", "POINT"):
        node.restore_point = t.identifier()
    else:
        t.fail(905)
