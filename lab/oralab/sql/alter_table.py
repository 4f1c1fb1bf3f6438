# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ALTER TABLE."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast, clauses, columns, ddl_partition, ddl_table
from oralab.sql.lexer import Tokens

Actions = list[ast.AlterTableAction]


def alter(t: Tokens) -> ast.AlterTable:
    """After ALTER TABLE. ORA-01735 for what is no clause of it."""
    name = clauses.object_name(t)
    actions: Actions = []
    while True:
        take = _ACTIONS.get(t.word)
        if take is not None:
            t.i += 1
            take(t, actions)
        elif not _segment(t, actions):
            break
    if not actions or t.word:
        t.fail(1735)
    return ast.AlterTable(name=name, actions=tuple(actions))


def _segment(t: Tokens, actions: Actions) -> bool:
    place = t.i
    attributes = clauses.segment_attributes(t)
    if t.i == place:
        return False
    actions.append(ast.TableProperty("ATTRIBUTES", attributes=attributes))
    return True


def update_indexes(t: Tokens) -> bool:
    """UPDATE [GLOBAL] INDEXES; INVALIDATE GLOBAL INDEXES is the default."""
    if t.skip("UPDATE"):
        t.skip("GLOBAL")
        t.expect("INDEXES")
        clauses.degree(t)
        return True
    if t.skip("INVALIDATE"):
        t.expect_all("GLOBAL INDEXES")
    return False


# --- ADD ---

def _add(t: Tokens, actions: Actions) -> None:
    if t.word in ("PARTITION", "SUBPARTITION"):
        found = [ddl_partition.definition(t)]
        while t.skip(","):
            found.append(ddl_partition.definition(t))
        actions.append(ast.AddPartition(tuple(found), update_indexes(t)))
    elif t.word == "SUPPLEMENTAL":
        actions.append(ast.AlterSupplementalLog(columns.supplemental_log(t)))
    elif t.skip("OVERFLOW"):
        raise not_simulated("ADD OVERFLOW")
    elif t.word == "(":
        t.i += 1
        while True:
            _add_element(t, actions)
            if not t.skip(","):
                break
        t.close()
        _add_storage(t, actions)
    else:
        _add_element(t, actions)
        _add_storage(t, actions)


def _add_element(t: Tokens, actions: Actions) -> None:
    if t.word in columns.OUT_OF_LINE:
        actions.append(ast.AddConstraint(columns.out_of_line(t)))
        return
    if t.word == "SUPPLEMENTAL":
        actions.append(ast.AlterSupplementalLog(columns.supplemental_log(t)))
        return
    column = columns.column(t)
    last = actions[-1] if actions else None
    if isinstance(last, ast.AddColumns):
        last.columns += (column,)
    else:
        actions.append(ast.AddColumns((column,)))


def _add_storage(t: Tokens, actions: Actions) -> None:
    last = actions[-1]
    while isinstance(last, ast.AddColumns):
        if t.skip("LOB"):
            last.lobs += clauses.lob_storage(t)
        elif t.skip("VARRAY"):
            last.lobs += clauses.varray_storage(t)
        elif t.skip("XMLTYPE"):
            last.lobs += clauses.xml_storage(t)
        elif t.skip("NESTED", "TABLE"):
            last.nested_tables += (clauses.nested_table(t),)
        else:
            return


# --- MODIFY ---

def _modify(t: Tokens, actions: Actions) -> None:
    if t.word in ("CONSTRAINT", "PRIMARY", "UNIQUE"):
        choice = columns.choice(t)
        state = columns.state(t)
        actions.append(ast.ModifyConstraint(choice, state, t.skip("CASCADE")))
    elif t.skip("DEFAULT", "ATTRIBUTES"):
        actions.append(ast.TableProperty("DEFAULT ATTRIBUTES", attributes=clauses.segment_attributes(t)))
    elif t.word in ("PARTITION", "SUBPARTITION", "NESTED", "VARRAY", "OPAQUE"):
        raise not_simulated(f"MODIFY {t.word}")
    elif t.skip("LOB"):
        lob = ast.LobStorage(clauses.group_of_names(t))
        t.open()
        while not t.skip(")"):
            clauses.lob_parameter(t, lob)
        actions.append(ast.TableProperty("LOB", lob=lob))
    elif t.skip("("):
        found = [columns.column(t, typed=False)]
        while t.skip(","):
            found.append(columns.column(t, typed=False))
        t.close()
        actions.append(ast.ModifyColumns(tuple(found)))
    else:
        actions.append(ast.ModifyColumns((columns.column(t, typed=False),)))


# --- DROP, SET ---

def _drop(t: Tokens, actions: Actions) -> None:
    if t.word in ("CONSTRAINT", "PRIMARY", "UNIQUE"):
        action = ast.DropConstraint(columns.choice(t))
        action.cascade = t.skip("CASCADE")
        action.keep_index = _index_kept(t)
        actions.append(action)
    elif t.word in ("PARTITION", "PARTITIONS", "SUBPARTITION", "SUBPARTITIONS"):
        actions.append(ast.DropPartition(_partitions(t), update_indexes(t)))
    elif t.word == "SUPPLEMENTAL":
        actions.append(ast.AlterSupplementalLog(columns.supplemental_log(t), drop=True))
    elif t.skip("UNUSED") or t.ahead("COLUMNS"):
        if not t.one_of(("COLUMNS", "COLUMN")):
            t.fail(905)
        actions.append(ast.DropColumns(()))
        _checkpoint(t)
    else:
        actions.append(_drop_columns(t, False))


def _index_kept(t: Tokens) -> bool | None:
    if t.skip("KEEP", "INDEX"):
        return True
    return False if t.skip("DROP", "INDEX") else None


def _drop_columns(t: Tokens, unused: bool) -> ast.DropColumns:
    if t.skip("COLUMN"):
        found: tuple[str, ...] = (t.identifier(),)
    elif t.word == "(":
        found = clauses.group_of_names(t)
    else:
        t.fail(905)
    action = ast.DropColumns(found, unused)
    if t.skip("CASCADE"):
        t.expect("CONSTRAINTS")
        action.cascade_constraints = True
    t.skip("INVALIDATE")
    if unused:
        t.skip("ONLINE")
    _checkpoint(t)
    return action


def _checkpoint(t: Tokens) -> None:
    if t.skip("CHECKPOINT"):
        t.integer()


def _set(t: Tokens, actions: Actions) -> None:
    if t.skip("UNUSED"):
        actions.append(_drop_columns(t, True))
    elif t.skip("INTERVAL"):
        t.open()
        interval = None if t.word == ")" else clauses.source_expression(t)
        t.close()
        actions.append(ast.SetInterval(interval))
    else:
        raise not_simulated(f"ALTER TABLE SET {t.word}")


# --- RENAME, MOVE, partitions ---

def _rename(t: Tokens, actions: Actions) -> None:
    if t.skip("TO"):
        actions.append(ast.RenameTable(t.identifier(903)))
        return
    word = t.one_of(("COLUMN", "CONSTRAINT", "PARTITION", "SUBPARTITION"))
    if word in ("PARTITION", "SUBPARTITION"):
        partition = ddl_partition.chosen(t, word == "SUBPARTITION")
        t.expect("TO", 946)
        actions.append(ast.RenamePartition(partition, t.identifier(14006)))
        return
    if word is None:
        t.fail(905)
    old = t.identifier()
    t.expect("TO", 946)
    new = t.identifier()
    actions.append(ast.RenameColumn(old, new) if word == "COLUMN" else ast.RenameConstraint(old, new))


def _move(t: Tokens, actions: Actions) -> None:
    action = ast.MoveTable(ast.SegmentAttributes())
    word = t.one_of(("PARTITION", "SUBPARTITION"))
    if word:
        action.subpartition = word == "SUBPARTITION"
        action.partition = t.identifier(14006)
    while True:
        if clauses.segment(t, action.attributes):
            continue
        if t.skip("ONLINE"):
            action.online = True
        elif t.skip("LOB"):
            action.lobs += clauses.lob_storage(t)
        elif t.word in ("PARALLEL", "NOPARALLEL"):
            action.parallel = clauses.degree(t)
        elif t.word in ("UPDATE", "INVALIDATE"):
            action.update_indexes = update_indexes(t)
        else:
            break
    if action.online and not word and t.release == "12.1":
        t.fail(1735)
    actions.append(action)


def _partitions(t: Tokens) -> tuple[ast.PartitionName, ...]:
    """PARTITION[S] or SUBPARTITION[S] and names."""
    word = t.one_of(("PARTITION", "PARTITIONS", "SUBPARTITION", "SUBPARTITIONS"))
    if word is None:
        t.fail(14004)
    sub = word.startswith("SUB")
    found = [ddl_partition.chosen(t, sub)]
    while t.skip(","):
        found.append(ddl_partition.chosen(t, sub))
    return tuple(found)


def _truncate(t: Tokens, actions: Actions) -> None:
    action = ast.TruncatePartition(_partitions(t))
    if t.word in ("DROP", "REUSE"):
        action.drop_storage = t.word == "DROP"
        t.i += 1
        t.expect("STORAGE")
    action.update_indexes = update_indexes(t)
    actions.append(action)


def _split(t: Tokens, actions: Actions) -> None:
    action = ast.SplitPartition(_partitions(t)[0])
    if t.skip("AT"):
        action.at = ddl_partition.bounds(t)
    elif t.skip("VALUES"):
        t.open()
        action.values = ddl_partition.list_values(t)
        t.close()
    else:
        t.fail(14004)
    if t.skip("INTO"):
        action.into = ddl_partition.partitions(t)
    action.update_indexes = update_indexes(t)
    actions.append(action)


def _merge(t: Tokens, actions: Actions) -> None:
    action = ast.MergePartitions(_partitions(t))
    if t.skip("INTO"):
        action.into = ddl_partition.definition(t)
    action.update_indexes = update_indexes(t)
    actions.append(action)


def _exchange(t: Tokens, actions: Actions) -> None:
    partition = _partitions(t)[0]
    t.expect_all("WITH TABLE")
    action = ast.ExchangePartition(partition, clauses.object_name(t))
    if t.one_of(("INCLUDING", "EXCLUDING")):
        action.including_indexes = t.words[t.i - 1] == "INCLUDING"
        t.expect("INDEXES")
    if t.one_of(("WITH", "WITHOUT")):
        action.validation = t.words[t.i - 1] == "WITH"
        t.expect("VALIDATION")
    action.update_indexes = update_indexes(t)
    actions.append(action)


# --- properties ---

def _switch(t: Tokens, actions: Actions) -> None:
    """ENABLE and DISABLE."""
    enable = t.words[t.i - 1] == "ENABLE"
    for words in ("ROW MOVEMENT", "ALL TRIGGERS", "TABLE LOCK"):
        if t.skip(*words.split()):
            actions.append(ast.TableProperty(words, enable))
            return
    state = ast.ConstraintState(enable=enable)
    if t.one_of(("VALIDATE", "NOVALIDATE")):
        state.validate = t.words[t.i - 1] == "VALIDATE"
    if t.word not in ("CONSTRAINT", "PRIMARY", "UNIQUE"):
        t.fail(905)
    choice = columns.choice(t)
    more = columns.state(t)
    state.using_index, state.exceptions_into = more.using_index, more.exceptions_into
    cascade = t.skip("CASCADE")
    actions.append(ast.ModifyConstraint(choice, state, cascade, _index_kept(t)))


def _read(t: Tokens, actions: Actions) -> None:
    word = t.one_of(("ONLY", "WRITE"))
    if word is None:
        t.fail(905)
    actions.append(ast.TableProperty("READ ONLY", word == "ONLY"))


def _cache(t: Tokens, actions: Actions) -> None:
    actions.append(ast.TableProperty("CACHE", t.words[t.i - 1] == "CACHE"))


def _parallel(t: Tokens, actions: Actions) -> None:
    t.i -= 1
    actions.append(ast.TableProperty("PARALLEL", clauses.degree(t) or "1"))


def _result_cache(t: Tokens, actions: Actions) -> None:
    actions.append(ast.TableProperty("RESULT_CACHE", ddl_table.result_cache(t)))


def _monitoring(t: Tokens, actions: Actions) -> None:
    actions.append(ast.TableProperty("MONITORING", t.words[t.i - 1] == "MONITORING"))


def _allocate(t: Tokens, actions: Actions) -> None:
    t.expect("EXTENT", 1735)
    if t.word == "(":
        t.skip_group()
    actions.append(ast.TableProperty("ALLOCATE EXTENT"))


def _deallocate(t: Tokens, actions: Actions) -> None:
    t.expect("UNUSED", 1735)
    if t.skip("KEEP"):
        clauses.size(t)
    actions.append(ast.TableProperty("DEALLOCATE UNUSED"))


def _shrink(t: Tokens, actions: Actions) -> None:
    t.expect("SPACE", 1735)
    words = [word for word in ("COMPACT", "CASCADE") if t.skip(word)]
    actions.append(ast.TableProperty("SHRINK SPACE", " ".join(words)))


def _reject(t: Tokens, actions: Actions) -> None:
    t.expect("LIMIT", 1735)
    actions.append(ast.TableProperty("REJECT LIMIT", ddl_table.reject_limit(t)))


def _default(t: Tokens, actions: Actions) -> None:
    t.expect("DIRECTORY", 1735)
    actions.append(ast.TableProperty("DEFAULT DIRECTORY", t.identifier()))


def _location(t: Tokens, actions: Actions) -> None:
    actions.append(ast.TableProperty("LOCATION", locations=ddl_table.locations(t)))


_ACTIONS: Final[dict[str, Callable[[Tokens, Actions], None]]] = {
    "ADD": _add, "MODIFY": _modify, "DROP": _drop, "SET": _set, "RENAME": _rename, "MOVE": _move, "TRUNCATE": _truncate,
    "SPLIT": _split, "MERGE": _merge, "EXCHANGE": _exchange, "ENABLE": _switch, "DISABLE": _switch, "READ": _read,
    "CACHE": _cache, "NOCACHE": _cache, "PARALLEL": _parallel, "NOPARALLEL": _parallel, "RESULT_CACHE": _result_cache,
    "MONITORING": _monitoring, "NOMONITORING": _monitoring, "ALLOCATE": _allocate, "DEALLOCATE": _deallocate, "SHRINK": _shrink,
    "REJECT": _reject, "DEFAULT": _default, "LOCATION": _location}
