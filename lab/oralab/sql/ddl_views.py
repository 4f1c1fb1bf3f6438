# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views, materialized views and synonyms."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast_objects as ast
from oralab.sql import ast_tables, clauses, columns, ddl_table, queries
from oralab.sql.ast_queries import Query, Select
from oralab.sql.lexer import Tokens


@dataclasses.dataclass(slots=True)
class Modifiers:
    """What stands between CREATE and the kind of object."""

    or_replace: bool = False
    editionable: bool | None = None
    force: bool = False
    public: bool = False


def view(t: Tokens, how: Modifiers) -> ast.CreateView:
    """After VIEW."""
    name = clauses.object_name(t, 999)
    aliases: list[str] = []
    constraints: list[ast_tables.ConstraintDef] = []
    of_type = clauses.object_name(t) if t.skip("OF") else None
    if t.skip("("):
        _view_columns(t, aliases, constraints)
    if t.skip("WITH", "OBJECT"):
        raise not_simulated("object views WITH OBJECT IDENTIFIER")
    bequeath = None
    if t.skip("BEQUEATH"):
        bequeath = t.one_of(("CURRENT_USER", "DEFINER")) or t.fail(905)
    t.expect("AS")
    query, text = _query(t)
    node = ast.CreateView(name=name, query=query, query_text=text, columns=tuple(aliases), constraints=tuple(constraints),
                          or_replace=how.or_replace, force=how.force, editionable=how.editionable, bequeath=bequeath, of_type=of_type)
    if t.skip("WITH", "READ", "ONLY"):
        node.read_only = True
    elif t.skip("WITH", "CHECK", "OPTION"):
        node.check_option = True
    if (node.read_only or node.check_option) and t.skip("CONSTRAINT"):
        node.check_constraint = t.identifier()
    return node


def _view_columns(t: Tokens, aliases: list[str], constraints: list[ast_tables.ConstraintDef]) -> None:
    while True:
        if t.word in columns.OUT_OF_LINE:
            constraints.append(columns.out_of_line(t))
        else:
            column = columns.column(t, typed=False)
            aliases.append(column.name)
            constraints.extend(column.constraints)
        if not t.skip(","):
            break
    t.close()


def _query(t: Tokens) -> tuple[Query, str]:
    if not queries.starts_query(t):
        t.fail(928)
    place = t.i
    query = queries.query(t)
    return query, t.since(place)


def synonym(t: Tokens, how: Modifiers) -> ast.CreateSynonym:
    """After SYNONYM."""
    name = clauses.object_name(t, 995)
    t.expect("FOR")
    return ast.CreateSynonym(name=name, target=clauses.linked_name(t), public=how.public, or_replace=how.or_replace,
                             editionable=how.editionable)


# --- materialized views ---

def materialized_view(t: Tokens, how: Modifiers) -> ast.CreateMaterializedView | ast.CreateMaterializedViewLog:
    """After MATERIALIZED."""
    t.expect("VIEW")
    if t.skip("LOG"):
        return _log(t)
    name = clauses.object_name(t)
    node = ast.CreateMaterializedView(name=name, query=_EMPTY, query_text="")
    if t.word == "OF":
        raise not_simulated("materialized views OF a type")
    if t.word == "(":
        node.columns = clauses.group_of_names(t)
    while not t.skip("AS"):
        take = _OPTIONS.get(t.word)
        if clauses.segment(t, node.attributes):
            continue
        if take is None:
            t.fail(905)
        t.i += 1
        take(t, node)
    node.query, node.query_text = _query(t)
    return node


def _on(t: Tokens, node: ast.CreateMaterializedView) -> None:
    t.expect_all("PREBUILT TABLE")
    node.build = "PREBUILT"
    if t.one_of(("WITH", "WITHOUT")):
        node.reduced_precision = t.words[t.i - 1] == "WITH"
        t.expect_all("REDUCED PRECISION")


def _build(t: Tokens, node: ast.CreateMaterializedView) -> None:
    node.build = t.one_of(("IMMEDIATE", "DEFERRED")) or t.fail(905)


def _refresh(t: Tokens, node: ast.CreateMaterializedView) -> None:
    refresh(t, node.refresh)


def _never(t: Tokens, node: ast.CreateMaterializedView) -> None:
    t.expect("REFRESH")
    node.refresh.method = "NEVER"


def _for_update(t: Tokens, node: ast.CreateMaterializedView) -> None:
    t.expect("UPDATE")
    node.for_update = True


def _rewrite(t: Tokens, node: ast.CreateMaterializedView) -> None:
    node.rewrite = t.words[t.i - 1] == "ENABLE"
    if t.skip("ON", "QUERY", "COMPUTATION"):
        return
    t.expect_all("QUERY REWRITE")


def _using(t: Tokens, node: ast.CreateMaterializedView) -> None:
    node.no_index = t.skip("NO")
    t.expect("INDEX")
    if not node.no_index:
        node.using_index = clauses.segment_attributes(t)


_EMPTY: Final = Query(body=Select((), ()))
_OPTIONS: Final[dict[str, Callable[[Tokens, ast.CreateMaterializedView], None]]] = {
    "ON": _on, "BUILD": _build, "REFRESH": _refresh, "NEVER": _never, "FOR": _for_update, "ENABLE": _rewrite, "DISABLE": _rewrite,
    "USING": _using, **ddl_table.STORAGE}


def refresh(t: Tokens, node: ast.Refresh) -> None:
    """What follows REFRESH."""
    while True:
        word = t.one_of(("FAST", "COMPLETE", "FORCE"))
        if word:
            node.method = word
        elif t.skip("ON"):
            node.mode = t.one_of(("DEMAND", "COMMIT")) or t.fail(905)
        elif t.skip("START", "WITH"):
            node.start_with = clauses.source_expression(t)
        elif t.skip("NEXT"):
            node.next = clauses.source_expression(t)
        elif t.skip("WITH", "PRIMARY", "KEY"):
            node.with_ = "PRIMARY KEY"
        elif t.skip("WITH", "ROWID"):
            node.with_ = "ROWID"
        elif t.skip("USING", "TRUSTED", "CONSTRAINTS") or t.skip("USING", "ENFORCED", "CONSTRAINTS"):
            continue
        else:
            return


def _log(t: Tokens) -> ast.CreateMaterializedViewLog:
    t.expect("ON", 969)
    node = ast.CreateMaterializedViewLog(table=clauses.object_name(t))
    while clauses.segment(t, node.attributes) or t.one_of(("CACHE", "NOCACHE")) or clauses.degree(t):
        pass
    if t.skip("WITH"):
        _log_kinds(t, node)
    if t.one_of(("INCLUDING", "EXCLUDING")):
        node.new_values = t.words[t.i - 1] == "INCLUDING"
        t.expect_all("NEW VALUES")
    if t.skip("PURGE"):
        place = t.i
        t.i = t.last
        node.purge = t.since(place)
    return node


_LOG_KINDS: Final = {("PRIMARY", "KEY"): "primary_key", ("ROWID",): "rowid", ("SEQUENCE",): "sequence",
                     ("OBJECT", "ID"): "object_id", ("COMMIT", "SCN"): "commit_scn"}


def _log_kinds(t: Tokens, node: ast.CreateMaterializedViewLog) -> None:
    while True:
        kind = next((words for words in _LOG_KINDS if t.skip(*words)), None)
        if kind is not None:
            setattr(node, _LOG_KINDS[kind], True)
        elif t.word == "(":
            node.columns = clauses.group_of_names(t)
        else:
            t.fail(905)
        if not t.skip(",") and t.word != "(":
            return


def alter_materialized_view(t: Tokens) -> ast.AlterMaterializedView:
    """After ALTER MATERIALIZED."""
    t.expect("VIEW")
    if t.word == "LOG":
        raise not_simulated("ALTER MATERIALIZED VIEW LOG")
    node = ast.AlterMaterializedView(name=clauses.object_name(t), action="")
    if t.skip("REFRESH"):
        node.action, node.refresh = "REFRESH", ast.Refresh()
        refresh(t, node.refresh)
    elif t.skip("COMPILE"):
        node.action = "COMPILE"
    elif t.skip("CONSIDER", "FRESH"):
        node.action = "CONSIDER FRESH"
    elif t.one_of(("ENABLE", "DISABLE")):
        node.action, node.rewrite = "REWRITE", t.words[t.i - 1] == "ENABLE"
        t.expect_all("QUERY REWRITE")
    else:
        place = t.i
        node.action, node.attributes = "ATTRIBUTES", clauses.segment_attributes(t)
        if t.i == place:
            t.fail(2243)
    return node


def drop_materialized_view(t: Tokens) -> ast.DropMaterializedView | ast.DropMaterializedViewLog:
    """After DROP MATERIALIZED."""
    t.expect("VIEW")
    if t.skip("LOG"):
        t.expect("ON", 969)
        return ast.DropMaterializedViewLog(table=clauses.object_name(t))
    name = clauses.object_name(t)
    return ast.DropMaterializedView(name=name, preserve_table=t.skip("PRESERVE", "TABLE"))
