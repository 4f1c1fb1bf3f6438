#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: schema_compare
short_description: Prove that two databases hold the same
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Compares tablespaces, users, quotas, profiles, privileges, objects, columns, indexes, constraints, code, sequences, jobs, links, sizes and what is
    invalid, and then the rows of every table by count and two sums over their hashes. Runs at the target, with the source as peer.
  - Hashes are computed inside each database, several tables at once. What is computed is kept in the journal, so a call that was killed or whose
    time was up is continued by the next; loop on RV(finished).
  - A source that is open read only keeps no journal; it is asked, and the target keeps the answers. One that became a standby of the target, and to
    which no redo is applied, is compared with the target as of the SCN at which it stands still, while applications work at the target; segments
    of the target may have grown since.
  - Rows that differ are named by their primary key. What could not be compared is listed in RV(not_compared), never passed over.
  - Needs SELECT ANY TABLE and, for LOBs, EXECUTE on DBMS_CRYPTO on both sides.
options:
  tablespaces:
    description: The tablespaces that were moved; all of the source when unset.
    type: list
    elements: str
  rows:
    description:
      - V(window) compares all rows now. V(after_open) writes down the SCN of the target now, and a later call with O(as_of_recorded_scn) compares all
        rows as they were then. V(sampled) compares the same part of the rows of each table with a primary key on both sides. V(none) compares no rows.
    type: str
    default: window
    choices: [window, after_open, sampled, none]
  as_of_recorded_scn:
    description: With O(rows=after_open), compare now, with the target as of the SCN that was written down.
    type: bool
    default: false
  sample_percent:
    description: Share of rows for O(rows=sampled).
    type: int
    default: 5
  parallelism:
    description: Statements that run at once.
    type: int
    default: 4
  show_keys:
    description: How many differing keys to name for each table.
    type: int
    default: 20
  fail:
    description: Fail when something differs.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Compare every object and every row
  dbferry.oracle.schema_compare:
    tablespaces: [APP_DATA, APP_INDEX]
    peer_entry: dbsrc
    migration_id: SALES
  register: verified
  until: verified.finished
  retries: 1000
  delay: 1
"""

RETURN = r"""
finished:
  description: Whether everything is compared. Always true in check mode.
  returned: success
  type: bool
verdict:
  description: V(equal), V(different), or V(unknown until) a phase when the plan has not made the objects yet.
  returned: success
  type: str
progress:
  description: Tables whose rows are compared, and all of them.
  returned: success
  type: dict
  sample: {"done": 12, "of": 40, "percent": 30.0}
tables:
  description: The verification table.
  returned: success
  type: list
  elements: dict
  sample: [{"table": "SALES.ORDERS", "source_rows": 60000, "target_rows": 60000, "equal": true, "keys": []}]
differences:
  description: What differs in the dictionaries.
  returned: success
  type: list
  elements: dict
not_compared:
  description: Tables, columns and other things that were not compared, with the reason.
  returned: success
  type: list
  elements: str
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import hashlib
import json
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import compare_catalog, compare_rows
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import identifier, literal, plugged_item
from ansible_collections.dbferry.oracle.plugins.module_utils.planned import COPY
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

SCN = "SELECT current_scn FROM v$database"
FROZEN = """
SELECT t.tablespace_name || ' ' || MIN(d.checkpoint_change#) part FROM dba_tablespaces t
  JOIN dba_data_files f ON f.tablespace_name = t.tablespace_name JOIN v$datafile d ON d.file# = f.file_id
 WHERE t.status = 'READ ONLY' GROUP BY t.tablespace_name ORDER BY t.tablespace_name
"""
SCN_ITEM = "SCN to compare the target as of"
#: What the verdict in the journal says of a table.
SHOWN = ("table", "source_rows", "target_rows", "equal")
DATABASE = "SELECT dbid, open_mode, current_scn FROM v$database"


def _sides(session: t.Any) -> Attributes:
    """``read_only``: the source keeps nothing, so it is asked and the target's journal keeps the answers. ``replica_scn``: it is a standby of the
    target that stands still at this SCN, as of which the target can be asked; a journal that it shows is the target's own.

    :raises Refused: DBF-0172 when redo is being applied to it, so that its rows change while they are read.
    """
    source, target = session.peer.one(DATABASE), session.one(DATABASE)
    if source["open_mode"] == "READ ONLY WITH APPLY":
        raise Refused("The source is a standby to which redo is being applied: its rows change while they are compared.", code="DBF-0172",
                      hint="Stop apply there first (redo_apply with state=stopped).")
    read_only = source["open_mode"] == "READ ONLY"
    return {"read_only": read_only, "replica_scn": source["current_scn"] if read_only and source["dbid"] == target["dbid"] and not session.planned else None}


def _anchor(session: t.Any, want: Want, sides: Attributes) -> str:
    """What the sums are valid for: the SCNs at which the source is frozen, the files that are plugged in, and how rows are chosen."""
    parts = [row["part"] for row in session.peer.query(FROZEN) if row["part"].rsplit(" ", 1)[0] in (want["tablespaces"] or [])]
    files = [session.journal.get(plugged_item(name)) for name in want["tablespaces"] or []]
    if sides["replica_scn"]:
        parts.append("SCN {0}".format(sides["replica_scn"]))
    return "{0} at {1} in {2}".format(want["rows"], ", ".join(parts) or "no fixed SCN", files)


def _item(title: str, where: str, anchor: str) -> str:
    """Journal item of the sums of a part. Ranges and anchors can be longer than an item, and sums count only for just these."""
    return "rows of {0}, {1}".format(title, hashlib.sha256("{0}\n{1}".format(where, anchor).encode("utf-8")).hexdigest()[:20])


def observe(session: t.Any, want: Want) -> State:
    expected = session.planned if COPY in session.assumed else next(
        (entry.get("phase") for name, entry in session.assumed.items() if name.startswith("TABLESPACE ")), None)
    state: State = {"COMPARISON": {"expected": expected, "scn": session.journal.get(SCN_ITEM), "differences": [], "not_compared": [],
                                   "_recorded": session.journal.get(compare_rows.VERDICT_ITEM)}}
    comparison = t.cast(Attributes, state["COMPARISON"])
    sides = _sides(session)
    if expected is None:
        baseline = session.peer.journal.get(compare_catalog.BASELINE_ITEM) or {}
        tolerated = baseline.get("invalid") or compare_catalog.invalid(session.peer)
        in_use = sides["replica_scn"] is not None
        comparison["differences"] = compare_catalog.compare(session.peer, session, want["tablespaces"], tolerated, in_use)
        comparison["tolerated"] = tolerated
    if want["rows"] == "after_open" and not want["as_of_recorded_scn"]:
        comparison["target_scn"] = session.one(SCN)["current_scn"]
        comparison["not_compared"].append("Rows: left for after the target is open (as of SCN {0})".format(comparison["scn"] or comparison["target_scn"]))
        return state
    if want["rows"] == "none":
        comparison["not_compared"].append("Rows: rows=none")
        return state
    anchor, here = _anchor(session, want, sides), session.journal.items()
    there = here if sides["read_only"] else session.peer.journal.items()
    as_of = sides["replica_scn"] or (comparison["scn"] if want["as_of_recorded_scn"] else None)
    for title, table in compare_rows.tables(session.peer).items():
        comparison["not_compared"] += table.left_out()
        if not table.comparable():
            continue
        parts = []
        for where in _conditions(session, table, want, comparison):
            item = _item(title, where, anchor)
            parts.append({"where": where, "item": item, "source": there.get(_source_item(item, sides)), "target": here.get(item)})
        if not parts:
            continue
        different = [part for part in parts if part["source"] and part["target"] and part["source"] != part["target"]]
        # A difference of an earlier call may have been mended since; one that this call has just found stands.
        issued = "\n".join(session.statements) if different else ""
        stale = [part["item"] for part in different if literal(part["item"]) not in issued]
        found = {"parts": parts, "_steps": _steps(table, parts, stale, want, sides, as_of), "keys": []}
        if different and table.key:
            found["keys"] = _differing_keys(session, table, different, want, as_of)
        state["ROWS " + title] = found
    return state


def _conditions(session: t.Any, table: t.Any, want: Want, comparison: t.Dict[str, t.Any]) -> t.List[str]:
    if want["rows"] != "sampled":
        return compare_rows.bounds(session.peer, table)
    if not table.key:
        comparison["not_compared"].append("{0}: sampled by primary key, and it has none".format(table.title))
        return []
    return ["ORA_HASH({0}, 99) < {1}".format(identifier(table.key[0]), want["sample_percent"])]


def _source_item(item: str, sides: Attributes) -> str:
    """Where the source's sums are written down: in its own journal, or beside the target's when it keeps none."""
    return item + " at the source" if sides["read_only"] else item


def _steps(table: t.Any, parts: t.List[t.Dict[str, t.Any]], stale: t.List[str], want: Want, sides: Attributes, as_of: t.Optional[int]) -> t.List[Step]:
    """What is still to be computed."""
    missing = []
    for part in parts:
        item, again = part["item"], part["item"] in stale
        if part["source"] is None or again:
            if sides["read_only"]:
                missing.append(Step(compare_rows.asking(table, part["where"]), at_peer=True, answer=_answer(_source_item(item, sides))))
            else:
                missing.append(Step(compare_rows.summing(table, part["where"], None, want["migration_id"], want["migration_run"], item,
                                                         again=part["source"] is not None), at_peer=True))
        if part["target"] is None or again:
            missing.append(Step(compare_rows.summing(table, part["where"], as_of, want["migration_id"], want["migration_run"], item,
                                                     again=part["target"] is not None)))
    return missing


def _answer(item: str) -> t.Callable[[t.List[Attributes]], Attributes]:
    return lambda rows: {item: json.loads(rows[0]["sums"])}


def _differing_keys(session: t.Any, table: t.Any, parts: t.List[t.Dict[str, t.Any]], want: Want, as_of: t.Optional[int]) -> t.List[str]:
    """Keys of rows that are on one side only or hash differently, as many as are to be shown."""
    keys: t.List[str] = []
    for part in parts:
        here = {row["key"]: row["hash"] for row in session.peer.query(compare_rows.keys_and_hashes(table, part["where"], None, compare_rows.RANGE_ROWS))}
        there = {row["key"]: row["hash"] for row in session.query(compare_rows.keys_and_hashes(
            table, part["where"], as_of, compare_rows.RANGE_ROWS))}
        for key in sorted(set(here) | set(there)):
            if here.get(key) != there.get(key):
                keys.append("{0} ({1})".format(key, "missing at the target" if key not in there else "only at the target" if key not in here else "different"))
            if len(keys) >= want["show_keys"]:
                return keys
    return keys


def _tables(state: State) -> t.List[Attributes]:
    """What is known of each table; ``equal`` is null until both sides have told."""
    tables = []
    for name, found in sorted(state.items()):
        if not name.startswith("ROWS ") or not found:
            continue
        parts = found["parts"]
        done = all(part["source"] and part["target"] for part in parts)
        tables.append({"table": name.split(" ", 1)[1], "source_rows": _total(parts, "source"), "target_rows": _total(parts, "target"),
                       "equal": all(part["source"] == part["target"] for part in parts) if done else None, "keys": found["keys"]})
    return tables


def _verdict(state: State) -> str:
    comparison = t.cast(Attributes, state["COMPARISON"])
    unequal = any(row["equal"] is False for row in _tables(state))
    return "different" if unequal or comparison["differences"] else "equal"


def plan(state: State, want: Want) -> t.List[Step]:
    comparison = t.cast(Attributes, state["COMPARISON"])
    if want["rows"] == "after_open" and not want["as_of_recorded_scn"] and comparison["scn"] is None:
        return [Step(None, record={SCN_ITEM: comparison["target_scn"]}, effects={"COMPARISON": {"scn": comparison["target_scn"]}})]
    steps = [step for name, found in sorted(state.items()) if name.startswith("ROWS ") for step in t.cast(Attributes, found)["_steps"]]
    tables = _tables(state)
    if steps or not tables:
        return steps
    verdict = {"verdict": _verdict(state), "tables": [{name: row[name] for name in SHOWN} for row in tables]}
    return [] if comparison["_recorded"] == verdict else [Step(None, record={compare_rows.VERDICT_ITEM: verdict})]


def _total(parts: t.List[t.Dict[str, t.Any]], side: str) -> t.Optional[int]:
    return None if any(part[side] is None for part in parts) else sum(part[side][0] for part in parts)


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    comparison = t.cast(Attributes, state["COMPARISON"])
    tables = _tables(state)
    complete = all(row["equal"] is not None for row in tables)
    unequal = [row for row in tables if row["equal"] is False]
    verdict = "unknown until {0}".format(comparison["expected"]) if comparison["expected"] else _verdict(state)
    result = {
        "verdict": verdict, "tables": tables, "differences": comparison["differences"], "not_compared": comparison["not_compared"],
        "progress": {"done": len([row for row in tables if row["equal"] is not None]), "of": len(tables),
                     "percent": round(100.0 * len([row for row in tables if row["equal"] is not None]) / max(1, len(tables)), 1)},
    }
    if want["fail"] and complete and verdict == "different":
        raise DbferryError(
            "Source and target differ: {0}".format("; ".join(
                ["{0} has {1} rows at the source and {2} at the target{3}".format(
                    row["table"], row["source_rows"], row["target_rows"], ", keys " + ", ".join(row["keys"]) if row["keys"] else "") for row in unequal[:10]]
                + ["{section} {object}: {source} at the source, {target} at the target".format(**one) for one in comparison["differences"][:20]])),
            code="DBF-0171", hint="Nothing is lost: the source is as it was. Look at each difference; the fallback playbook leads back.",
            details=result)
    return result


MODULE = Module(
    argument_spec=dict(
        PEER,
        tablespaces={"type": "list", "elements": "str"},
        rows={"type": "str", "default": "window", "choices": ["window", "after_open", "sampled", "none"]},
        as_of_recorded_scn={"type": "bool", "default": False},
        sample_percent={"type": "int", "default": 5},
        parallelism={"type": "int", "default": 4},
        show_keys={"no_log": False, "type": "int", "default": 20},
        fail={"type": "bool", "default": True},
    ),
    observe=observe, plan=plan, report=report, concurrency=lambda want: want["parallelism"],
    required_one_of=[("peer", "peer_entry")],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
