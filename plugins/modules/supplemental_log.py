#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: supplemental_log
short_description: Supplemental logging of the database, of tables, and of log groups
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Adds what readers of redo (LogMiner, GoldenGate, OMS) need to find a row again, and takes away what it added.
  - What it adds and drops is written to the journal first. O(state=absent) drops only what this migration added, and O(state=as_before)
    undoes exactly what it did, so that a source keeps what others had asked for.
  - Logging of keys at the level of the database brings minimal logging with it. RV(before) and RV(after) show that as V(IMPLICIT).
  - Changing the level of the database waits for every transaction that is open when it begins; see O(max_transaction_age).
  - In a pluggable database the levels are those of that database alone. The root must have minimal logging first (ORA-31541), and what is
    enabled at the root cannot be taken away here.
  - RV(readers) says whether LogMiner readers would accept what is there.
options:
  database:
    description: Levels of the database.
    type: list
    elements: str
    default: []
    choices: [minimal, primary_key, unique, foreign_key, all]
  tables:
    description: Levels of tables.
    type: list
    elements: dict
    default: []
    suboptions:
      owner:
        description: The schema as the dictionary has it.
        type: str
        required: true
      name:
        description: The table. Without it every table that the schema has now is meant; one that is made later needs another run.
        type: str
      columns:
        description: Whose columns are logged. An empty list changes nothing, and RV(readers) tells of the table.
        type: list
        elements: str
        default: [primary_key, unique]
        choices: [primary_key, unique, foreign_key, all]
  log_groups:
    description: Log groups of chosen columns, as filters of rows by other columns than the keys need them.
    type: list
    elements: dict
    default: []
    suboptions:
      owner:
        description: The schema.
        type: str
        required: true
      table:
        description: The table.
        type: str
        required: true
      name:
        description: Name of the log group.
        type: str
        required: true
      columns:
        description: Columns that are logged.
        type: list
        elements: str
        default: []
      no_log:
        description: Columns whose change makes the others logged, and that are not logged themselves.
        type: list
        elements: str
        default: []
      always:
        description: Log the columns with every update of the row, whichever columns it changes.
        type: bool
        default: true
  state:
    description:
      - V(present) adds what is missing.
      - V(absent) drops what is named.
      - V(as_before) undoes everything that this migration and run did with this module. It needs no other option.
    type: str
    default: present
    choices: [present, absent, as_before]
  only_ours:
    description: With O(state=absent), refuse to drop what the journal of this migration and run does not know as added by it.
    type: bool
    default: true
  max_transaction_age:
    description:
      - Refuse to change the level of the database while a transaction has been open for more than this many seconds, and name its session,
        because the statement would wait for it. Shorter ones are waited for. V(-1) waits for all.
    type: int
    default: 60
  ddl_lock_timeout:
    description: Seconds to wait for the lock on each table (DDL_LOCK_TIMEOUT). Oracle's own default is not to wait (ORA-00054).
    type: int
    default: 10
  check_readers:
    description: Fail unless LogMiner readers would accept the logging of every table in O(tables). Nothing is changed then.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Keys of every table
  dbferry.oracle.supplemental_log:
    database: [primary_key, unique]
    migration_id: SALES

- name: Only those of one schema, and a column that rows are filtered by
  dbferry.oracle.supplemental_log:
    database: [minimal]
    tables:
      - owner: SALES
    log_groups:
      - {owner: SALES, table: ORDERS, name: ORDERS_REGION, columns: [REGION]}
    check_readers: true
    migration_id: SALES

- name: As it was
  dbferry.oracle.supplemental_log:
    state: as_before
    migration_id: SALES
"""

RETURN = r"""
before:
  description: What was logged before.
  returned: success
  type: dict
after:
  description: What is logged afterwards.
  returned: success
  type: dict
  sample: {"DATABASE": {"minimal": "IMPLICIT", "primary_key": true, "unique": true, "foreign_key": false, "all": false}}
readers:
  description: Whether LogMiner readers accept this. They look at V$DATABASE and DBA_LOG_GROUPS.
  returned: success
  type: dict
  contains:
    accepted: {description: One of the two ways below is fulfilled., type: bool}
    database_level: {description: V$DATABASE has primary key and unique key logging., type: bool}
    table_level: {description: Minimal logging is on and no table fails., type: bool}
    failing_tables: {description: "Tables of O(tables) that log neither all columns nor both kinds of keys.", type: list, elements: str}
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier, literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want, after_steps
from ansible_collections.dbferry.oracle.plugins.module_utils.supplemental_logging import (
    KEYS,
    group_resource,
    item_of,
    meant,
    observe,
    readers,
)


def plan(state: State, want: Want) -> t.List[Step]:
    steps = {"present": _add, "absent": _drop, "as_before": _undo}[want["state"]](state, want)
    for step in steps:
        if "DATABASE" in step.effects:
            _refuse_long_transactions(state, want)
        if not want["migration_id"]:
            step.remember, step.record = {}, {}
    if want["check_readers"]:
        _refuse_unreadable(after_steps(state, steps), want)
    return steps


def _refuse_missing(state: State, want: Want) -> None:
    missing = [resource.split(" ", 1)[1] for resource, _levels in meant(state, want) if state.get(resource) is None]
    if missing:
        raise Refused("There is no table {0}.".format(", ".join(missing)), code="ORA-00942",
                      hint="Names are as DBA_TABLES has them; an unquoted name is in upper case.")
    temporary = [resource.split(" ", 1)[1] for resource, _levels in meant(state, want) if t.cast(Attributes, state[resource])["_temporary"]]
    if temporary:
        raise Refused("Temporary tables have no supplemental logging: {0}.".format(", ".join(temporary)), code="DBF-0311",
                      hint="Leave them out; what they hold is in no redo that a reader could follow.")


def _database_step(database: Attributes, verb: str, levels: t.Sequence[str]) -> Step:
    """One statement for levels that stand together: the minimal one, or any of the keys."""
    keys = [KEYS[level][0] for level in levels if level in KEYS]
    clause = " ({0}) COLUMNS".format(", ".join(keys)) if keys else ""
    gained = verb == "ADD"
    effects: Attributes = {level: gained for level in levels if level in KEYS}
    held = sorted(set(database["_held"]) | set(levels) if gained else set(database["_held"]) - set(levels))
    if not database["_pluggable"]:
        effects["minimal"] = "YES" if "minimal" in held else "IMPLICIT" if held else "NO"
        effects["readers_see_keys"] = {"primary_key", "unique"} <= set(held)
    journal, writing = _noted("DATABASE", database["_journal"], verb, levels)
    database.update(effects, _held=held, _journal=journal)
    return Step(Statement("ALTER DATABASE {0} SUPPLEMENTAL LOG DATA{1}".format(verb, clause)),
                effects={"DATABASE": dict(effects, _held=held, _journal=journal)}, **writing)


def _noted(resource: str, journal: Attributes, verb: str, levels: t.Iterable[str]) -> t.Tuple[Attributes, t.Dict[str, t.Any]]:
    """The journal's item after levels were added or dropped, and what a step writes: what is begun before it, what is undone after it."""
    to, away = ("added", "dropped") if verb == "ADD" else ("dropped", "added")
    undone = set(levels) & set(journal.get(away, []))
    begun = dict(journal, **{to: sorted(set(journal.get(to, [])) | set(levels) - undone), away: sorted(journal.get(away, []))})
    done = dict(begun, **{away: sorted(set(begun[away]) - undone)})
    return done, {"remember": {} if begun == journal else {item_of(resource): begun}, "record": {} if done == begun else {item_of(resource): done}}


def _table_step(found: Attributes, resource: str, verb: str, levels: t.Sequence[str], want: Want) -> Step:
    journal, writing = _noted(resource, dict(found["_journal"], owner=found["owner"], name=found["_name"]), verb, levels)
    columns = sorted(set(found["columns"]) | set(levels) if verb == "ADD" else set(found["columns"]) - set(levels))
    found.update(columns=columns, _journal=journal)
    text = "ALTER TABLE {0}.{1} {2} SUPPLEMENTAL LOG DATA ({3}) COLUMNS".format(
        identifier(found["owner"]), identifier(found["_name"]), verb, ", ".join(KEYS[level][0] for level in KEYS if level in levels))
    return Step(_waiting(text, want), effects={resource: {"columns": columns, "_journal": journal}}, **writing)


def _waiting(text: str, want: Want) -> Statement:
    """A statement that waits for its table's lock; in one block, as the wait is an attribute of the session."""
    if not want["ddl_lock_timeout"]:
        return Statement(text)
    return Statement("BEGIN EXECUTE IMMEDIATE 'ALTER SESSION SET DDL_LOCK_TIMEOUT = {0}'; EXECUTE IMMEDIATE ".format(
        int(want["ddl_lock_timeout"])), literal(text), "; END;")


def _group_step(state: State, group: Attributes, verb: str, definition: Attributes, want: Want) -> Step:
    """Add the group as defined, or drop it and remember the definition."""
    text = "ALTER TABLE {0}.{1} {2} SUPPLEMENTAL LOG GROUP {3}".format(
        identifier(group["owner"]), identifier(group["table"]), verb, identifier(group["name"]))
    if verb == "ADD":
        columns = [identifier(name) for name in definition["columns"]] + [identifier(name) + " NO LOG" for name in definition["no_log"]]
        text += " ({0}){1}".format(", ".join(columns), " ALWAYS" if definition["always"] else "")
    resource = group_resource(group)
    journal = dict(_group_journal(state, group), definition=definition, **{name: group[name] for name in ("owner", "table", "name")})
    return Step(_waiting(text, want), effects={resource: definition if verb == "ADD" else None}, **_noted(resource, journal, verb, ["group"])[1])


def _add(state: State, want: Want) -> t.List[Step]:
    _refuse_missing(state, want)
    database = dict(t.cast(Attributes, state["DATABASE"]))
    keys = [level for level in KEYS if level in want["database"] and not database[level]]
    minimal = "minimal" in want["database"] and database["minimal"] == "NO"
    if database["_pluggable"] and database["minimal"] == "NO" and (keys or minimal):
        raise Refused("The root has no supplemental logging, so a pluggable database cannot have any.", code="ORA-31541",
                      hint="Run this module with database=[minimal] at the root's service first.")
    steps = [_database_step(database, "ADD", ["minimal"])] if minimal else []
    steps += [_database_step(database, "ADD", keys)] if keys else []
    for resource, levels in meant(state, want):
        found = dict(t.cast(Attributes, state[resource]))
        missing = sorted(set(levels) - set(found["columns"]))
        if missing:
            steps.append(_table_step(found, resource, "ADD", missing, want))
    for group in want["log_groups"]:
        definition = {name: group[name] for name in ("columns", "no_log", "always")}
        there = state[group_resource(group)]
        if there is None:
            steps.append(_group_step(state, group, "ADD", definition, want))
        elif dict(definition, columns=sorted(definition["columns"])) != dict(there, columns=sorted(there["columns"])):
            raise Refused("The log group {0} is there and is another one.".format(group_resource(group).split(" ", 1)[1]), code="DBF-0312",
                          hint="Choose another name, or drop it with state=absent.", details={"found": there})
    return steps


def _drop(state: State, want: Want) -> t.List[Step]:
    _refuse_foreign(state, want)
    database = dict(t.cast(Attributes, state["DATABASE"]))
    keys = [level for level in KEYS if level in want["database"] and level in database["_held"]]
    steps = [_database_step(database, "DROP", keys)] if keys else []
    if "minimal" in want["database"] and "minimal" in database["_held"]:
        left = [level for level in KEYS if level in database["_held"]]
        if left:
            raise Refused("Minimal logging cannot go while {0} is logged.".format(", ".join(left)), code="ORA-32589",
                          hint="Name these levels too, or leave minimal out.")
        steps.append(_database_step(database, "DROP", ["minimal"]))
    for resource, levels in meant(state, want):
        found = dict(state.get(resource) or {"columns": []})
        there = sorted(set(levels) & set(found["columns"]))
        if there:
            steps.append(_table_step(found, resource, "DROP", there, want))
    for group in want["log_groups"]:
        definition = state[group_resource(group)]
        if definition is not None:
            steps.append(_group_step(state, group, "DROP", definition, want))
    return steps


def _group_journal(state: State, group: Attributes) -> Attributes:
    items: Attributes = t.cast(Attributes, state["DATABASE"])["_groups"]
    return items.get(item_of(group_resource(group))) or {}


def _refuse_foreign(state: State, want: Want) -> None:
    """What others had before is theirs."""
    if not want["only_ours"]:
        return
    database = t.cast(Attributes, state["DATABASE"])
    foreign = ["database: " + level for level in want["database"]
               if level in database["_held"] and level not in database["_journal"].get("added", [])]
    for resource, levels in meant(state, want):
        found = state.get(resource)
        foreign += ["{0}: {1}".format(resource.split(" ", 1)[1], level) for level in levels
                    if found and level in found["columns"] and level not in found["_journal"].get("added", [])]
    foreign += [group_resource(group).split(" ", 1)[1] for group in want["log_groups"]
                if state[group_resource(group)] is not None and not _group_journal(state, group).get("added")]
    if foreign:
        raise Refused("This migration did not add this supplemental logging, so it is not dropped: {0}.".format("; ".join(foreign)),
                      code="DBF-0313", hint="Find out who needs it. only_ours=false drops it nevertheless.", details={"foreign": foreign})


def _undo(state: State, want: Want) -> t.List[Step]:
    database = dict(t.cast(Attributes, state["DATABASE"]))
    journal = database["_journal"]
    again = [level for level in journal.get("dropped", []) if level not in database["_held"]]
    gone = [level for level in journal.get("added", []) if level in database["_held"]]
    steps = []
    for verb, levels in (("ADD", again), ("DROP", gone)):
        for part in ([level for level in KEYS if level in levels], [level for level in levels if level == "minimal"]):
            # Minimal logging stays while somebody else's key logging needs it.
            if part and not (verb == "DROP" and part == ["minimal"] and set(database["_held"]) & set(KEYS)):
                steps.append(_database_step(database, verb, part))
    for resource in sorted(name for name, found in state.items() if name.startswith("TABLE ") and found):
        found = dict(t.cast(Attributes, state[resource]))
        for verb, levels in (("ADD", sorted(set(found["_journal"].get("dropped", [])) - set(found["columns"]))),
                             ("DROP", sorted(set(found["_journal"].get("added", [])) & set(found["columns"])))):
            if levels:
                steps.append(_table_step(found, resource, verb, levels, want))
    for group in database["_groups"].values():
        there = state.get(group_resource(group))
        if group.get("added") and there is not None:
            steps.append(_group_step(state, group, "DROP", there, want))
        elif group.get("dropped") and there is None:
            steps.append(_group_step(state, group, "ADD", group["definition"], want))
    return steps


def _refuse_long_transactions(state: State, want: Want) -> None:
    limit = want["max_transaction_age"]
    old = [found for found in t.cast(Attributes, state["DATABASE"])["_transactions"] if 0 <= limit < found["seconds"]]
    if old:
        raise Refused("The statement would wait for transactions that have been open for long: {0}.".format("; ".join(
            "session {sid},{serial} ({username}, {program} on {machine}) for {seconds} s".format(**found) for found in old)), code="DBF-0314",
            hint="Have them ended, or raise max_transaction_age to wait for them.", details={"transactions": old})


def _refuse_unreadable(state: State, want: Want) -> None:
    found = readers(state, want)
    if found["accepted"]:
        return
    minimal = t.cast(Attributes, state["DATABASE"])["minimal"]
    lacks = ["the database has no minimal supplemental logging"] if minimal == "NO" else []
    lacks += ["these tables log neither all columns nor primary and unique keys: {0}".format(", ".join(found["failing_tables"]))
              ] if found["failing_tables"] else []
    raise Refused("LogMiner readers would not accept this: the database does not log primary and unique keys{0}.".format(
        "".join("; " + lack for lack in lacks)), code="DBF-0315",
        hint="Add database=[primary_key, unique], or database=[minimal] and the keys of each table.", details={"readers": found})


def report(state: State, want: Want) -> Attributes:
    return {"readers": readers(state, want)}


LEVELS = ["primary_key", "unique", "foreign_key", "all"]
MODULE = Module(
    argument_spec={
        "database": {"type": "list", "elements": "str", "default": [], "choices": ["minimal", *LEVELS]},
        "tables": {"type": "list", "elements": "dict", "default": [], "options": {
            "owner": {"type": "str", "required": True}, "name": {"type": "str"},
            "columns": {"type": "list", "elements": "str", "default": ["primary_key", "unique"], "choices": LEVELS}}},
        "log_groups": {"type": "list", "elements": "dict", "default": [], "options": {
            "owner": {"type": "str", "required": True}, "table": {"type": "str", "required": True}, "name": {"type": "str", "required": True},
            "columns": {"type": "list", "elements": "str", "default": []}, "no_log": {"type": "list", "elements": "str", "default": []},
            "always": {"type": "bool", "default": True}}},
        "state": {"type": "str", "default": "present", "choices": ["present", "absent", "as_before"]},
        "only_ours": {"type": "bool", "default": True},
        "max_transaction_age": {"type": "int", "default": 60},
        "ddl_lock_timeout": {"type": "int", "default": 10},
        "check_readers": {"type": "bool", "default": False},
    },
    observe=observe, plan=plan, report=report,
    required_if=[("state", "as_before", ("migration_id",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
