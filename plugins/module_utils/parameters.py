# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Initialization parameters: what the instances run with, what the spfile says, and how both are changed.

A parameter is a resource ``PARAMETER name`` with ``value`` (of the running instances; a dict by instance where they differ),
``spfile`` (None: no entry) and ``modifiable`` (ISSYS_MODIFIABLE). Hidden parameters have a row in V$SYSTEM_PARAMETER only when
the instance was started with a value for them: no row means the default (documented in practice).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step

__metaclass__ = type

HERE = """
SELECT i.instance_name, i.parallel, TO_CHAR(i.startup_time, 'YYYY-MM-DD HH24:MI:SS') started,
       SYS_CONTEXT('USERENV', 'SESSION_USER') session_user, SYS_CONTEXT('USERENV', 'CON_ID') con_id
  FROM v$instance i
"""
MEMORY = """
SELECT i.instance_name instance, p.name, p.type, p.value, p.isdefault, p.issys_modifiable modifiable, p.ispdb_modifiable pdb_modifiable
  FROM gv$system_parameter p JOIN gv$instance i ON i.inst_id = p.inst_id
"""
SPFILE = "SELECT sid, name, value FROM v$spparameter WHERE isspecified = 'TRUE' ORDER BY name, sid, ordinal"
#: Seen by SYS alone. The flags hold what ISSYS_MODIFIABLE shows (known to DBAs).
HIDDEN = """
SELECT n.ksppity type, v.ksppstvl value, v.ksppstdf isdefault,
       DECODE(BITAND(n.ksppiflg / 65536, 3), 1, 'IMMEDIATE', 2, 'DEFERRED', 3, 'IMMEDIATE', 'FALSE') modifiable
  FROM sys.x$ksppi n JOIN sys.x$ksppsv v ON v.indx = n.indx WHERE n.ksppinm = :name
"""

BOOLEAN, INTEGER, BIG_INTEGER = 1, 3, 6
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$#]{0,127}")
SIZE = re.compile(r"(-?\d+)\s*([KMGTPE]?)", re.IGNORECASE)
#: What may stand in a statement without quotes.
BARE = re.compile(r"-?\d+[KMGT]?|TRUE|FALSE", re.IGNORECASE)
#: A text in which case matters: paths, formats.
EXACT = re.compile(r"[/\\%=]")

Value = t.Union[str, int, bool, t.List[t.Any], None]


def resource(name: str) -> str:
    return "PARAMETER " + name


def before_item(name: str, of: t.Optional[str] = None) -> str:
    """Journal item: the parameter as it was before the migration changed it.

    :arg of: DB_UNIQUE_NAME of the database, where the journal may be copied to another one with everything else, as to a standby.
    """
    return "parameter before " + name + (" of " + of if of else "")


# -- values


def text(value: Value) -> str:
    """A value as V$PARAMETER shows it: lists with commas, booleans in capitals."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (list, tuple)):
        return ", ".join(text(part) for part in value)
    return "" if value is None else str(value)


def rendered(value: Value) -> str:
    """A value as ALTER SYSTEM SET has it. A list is several values, a text with commas is one."""
    if isinstance(value, (list, tuple)):
        return ", ".join(rendered(part) for part in value)
    shown = text(value)
    return shown if BARE.fullmatch(shown) else literal(shown)


def size(value: t.Union[str, int]) -> t.Optional[int]:
    """Bytes, or the number itself, of a value with a unit; None when it is none."""
    found = SIZE.fullmatch(str(value).strip())
    return int(found.group(1)) << (" KMGTPE".index(found.group(2).upper() or " ") * 10) if found else None


def same(left: Value, right: Value, kind: t.Optional[int] = None) -> bool:
    """Whether two values mean the same: sizes by bytes, booleans and words without regard to case, lists item by item.

    :arg kind: V$PARAMETER.TYPE, where it is known.
    """
    first, second = text(left).strip(), text(right).strip()
    if first == second:
        return True
    if kind in (INTEGER, BIG_INTEGER, None) and size(first) is not None:
        return size(first) == size(second)
    if EXACT.search(first) or EXACT.search(second):
        return re.split(r"\s*,\s*", first) == re.split(r"\s*,\s*", second)
    return re.split(r"\s*,\s*", first.upper()) == re.split(r"\s*,\s*", second.upper())


# -- what is


def observe(session: t.Any, names: t.Iterable[str], of: t.Optional[str] = None, journal: t.Optional[t.Dict[str, t.Any]] = None) -> State:
    """The parameters with their journal items, and ``SPFILE``. None for a parameter that the release does not have.

    :arg of: see :func:`before_item`.
    :arg journal: items of a journal that is elsewhere; by default those of the session's own.
    :raises Refused: a name cannot be that of a parameter.
    """
    journal = session.journal.items() if journal is None else journal
    wanted = [name.lower() for name in names]
    for name in wanted:
        if not NAME.fullmatch(name):
            raise Refused("{0!r} is not the name of a parameter.".format(name[:130]), code="DBF-0261",
                          hint="Names are as V$PARAMETER has them, hidden ones without quotes: _log_parallelism_max.")
    here = session.one(HERE)
    state: State = {resource(name): None for name in wanted}
    path = None
    for row in session.query(MEMORY):
        if row["name"] == "spfile":
            path = row["value"] or path
        if resource(row["name"]) in state:
            seen = state[resource(row["name"])] or _attributes(row["type"], row["modifiable"], row["pdb_modifiable"] == "TRUE")
            seen["_instances"][row["instance"]] = row["value"] or ""
            seen["default"] = row["isdefault"] == "TRUE"
            state[resource(row["name"])] = seen
    for name in wanted:
        if name.startswith("_") and state[resource(name)] is None:
            state[resource(name)] = _hidden(session, name, here)
    for row in session.query(SPFILE):
        attributes = state.get(resource(row["name"]))
        if attributes is not None:
            held = attributes["_sids"].get(row["sid"])
            attributes["_sids"][row["sid"]] = (row["value"] or "") if held is None else held + ", " + (row["value"] or "")
    for name in wanted:
        found = state[resource(name)]
        if found is not None:
            found.update(value=_common(found["_instances"]), spfile=_common(found["_sids"]), _item=before_item(name, of),
                         _before=journal.get(before_item(name, of)))
    state["SPFILE"] = {"path": path, "_parallel": here["parallel"] == "YES", "_pdb": (here["con_id"] or "0") not in ("0", "1"),
                       "_started": here["started"], "_created": journal.get("spfile created"), "_instance": here["instance_name"]}
    return state


def _attributes(kind: t.Optional[int], modifiable: str, pdb: bool) -> Attributes:
    return {"value": None, "spfile": None, "modifiable": modifiable, "default": True, "_type": kind, "_pdb": pdb, "_instances": {}, "_sids": {}}


def _hidden(session: t.Any, name: str, here: Attributes) -> t.Optional[Attributes]:
    """A hidden parameter without a row of its own. SYS alone can tell whether there is one of that name, and its value."""
    if here["session_user"] != "SYS":
        return _attributes(None, "FALSE", False)
    row = session.one(HIDDEN, name=name)
    if row is None:
        return None
    found = _attributes(row["type"], row["modifiable"], False)
    found["_instances"][here["instance_name"]] = row["value"] or ""
    return found


def _common(values: t.Dict[str, str]) -> t.Any:
    """The one value, or all of them by instance or SID, or None."""
    different = set(values.values())
    return (different.pop() if len(different) == 1 else dict(values)) if different else None


# -- what is to be done


class Change:
    """Plans changes of one parameter.

    :arg scope: memory, spfile or both; None is as far as Oracle allows it at once.
    :arg sid: ``*`` or the name of an instance.
    :arg remember: what was before goes to the journal.
    """

    def __init__(self, state: State, name: str, scope: t.Optional[str] = None, sid: str = "*", comment: t.Optional[str] = None,
                 remember: bool = False) -> None:
        self.name = name.lower()
        self.spfile = t.cast(Attributes, state["SPFILE"])
        found = state[resource(self.name)]
        if found is None:
            raise Refused("There is no parameter {0} in this release.".format(self.name), code="ORA-02065",
                          hint="V$PARAMETER lists them; a hidden one begins with an underscore.")
        if self.spfile["_pdb"] and not found["_pdb"] and not self.name.startswith("_"):
            raise Refused("{0} cannot be changed from within a pluggable database.".format(self.name), code="ORA-65040",
                          hint="Connect to the root: its service is the database's own name.")
        self.found = found
        self.sid = sid
        self.comment = comment
        self.remember = remember
        self.static = found["modifiable"] == "FALSE"
        self.given = scope

    def _scope(self) -> str:
        scope = self.given
        if scope in ("memory", "both") and self.static and not self.name.startswith("_"):
            raise Refused("{0} is static: it cannot be changed in memory.".format(self.name), code="ORA-02095",
                          hint="Use scope=spfile (or leave scope out) and restart the instance.")
        wanted = scope or ("memory" if not self.spfile["path"] and not self.static else "spfile" if self.static else "both")
        if wanted != "memory":
            self._need_spfile()
        return wanted

    def _need_spfile(self) -> None:
        if not self.spfile["path"]:
            raise Refused("{0} is to be changed in the spfile, and the instance was started without one.".format(self.name), code="ORA-32001",
                          hint="create_spfile makes one; the instance must be restarted before it is used. scope=memory changes until the next start.")

    def _targets(self) -> t.Dict[str, str]:
        """Values in memory of the instances that are meant."""
        return {instance: value for instance, value in self.found["_instances"].items() if self.sid in ("*", instance)}

    def _remembered(self) -> Attributes:
        if not self.remember or self.found["_before"] is not None:
            return {}
        return {self.found["_item"]: {"instances": self.found["_instances"], "sids": self.found["_sids"], "default": self.found["default"]}}

    def _of_sid(self, sid: str) -> str:
        return " SID = {0}".format(literal(sid)) if self.spfile["_parallel"] or sid != "*" else ""

    def _name(self) -> str:
        return '"{0}"'.format(self.name) if self.name.startswith("_") else self.name

    def _set(self, value: Value, scope: str, sid: str, remember: Attributes) -> Step:
        words = ["ALTER SYSTEM SET ", self._name(), " = ", rendered(value)]
        if self.comment:
            words.append(" COMMENT = " + literal(self.comment))
        if self.found["modifiable"] == "DEFERRED" and scope != "spfile":
            words.append(" DEFERRED")
        words.append(" SCOPE = {0}{1}".format(scope.upper(), self._of_sid(sid)))
        effects: Attributes = {}
        if scope != "spfile":
            effects["_instances"] = dict(self.found["_instances"], **{
                instance: text(value) for instance in self.found["_instances"] if sid in ("*", instance)})
            effects["value"] = _common(effects["_instances"])
        if scope != "memory":
            effects["_sids"] = dict(self.found["_sids"], **{sid: text(value)})
            effects["spfile"] = _common(effects["_sids"])
        return Step(Statement(*words), remember=remember, effects={resource(self.name): effects})

    def _reset(self, sid: str, remember: Attributes) -> Step:
        sids = {other: value for other, value in self.found["_sids"].items() if other != sid}
        return Step(Statement("ALTER SYSTEM RESET ", self._name(), " SCOPE = SPFILE", self._of_sid(sid)), remember=remember,
                    effects={resource(self.name): {"_sids": sids, "spfile": _common(sids)}})

    def _restart(self, what: str) -> Step:
        return Step(None, pending="restart: {0} {1}".format(self.name, what))

    def set_to(self, value: Value) -> t.List[Step]:
        """Steps to a value; the last one is pending when only a restart is left to do."""
        kind, scope = self.found["_type"], self._scope()
        targets = self._targets()
        in_memory = bool(targets) and all(same(held, value, kind) for held in targets.values())
        held = self.found["_sids"].get(self.sid)
        in_spfile = held is not None and same(held, value, kind)
        own = [sid for sid, other in self.found["_sids"].items() if self.sid == "*" and sid != "*" and not same(other, value, kind)]
        if own and scope != "memory":
            raise Refused("The spfile has a value of its own for {0} of instance {1}, which comes before that of all instances.".format(
                self.name, ", ".join(own)), code="DBF-0262", hint="Reset it there (state=reset with sid), or set it with that sid.")
        memory, spfile = scope != "spfile" and not in_memory, scope != "memory" and not in_spfile
        steps = []
        if memory or spfile:
            steps.append(self._set(value, "both" if memory and spfile else "memory" if memory else "spfile", self.sid, self._remembered()))
        if scope == "spfile" and not in_memory:
            steps.append(self._restart("is {0} in the spfile and {1} in memory".format(text(value), _shown(self.found))))
        return steps

    def reset(self) -> t.List[Step]:
        """Steps that remove the entry from the spfile; what runs keeps its value until the restart."""
        self._need_spfile()
        steps = [self._reset(self.sid, self._remembered())] if self.sid in self.found["_sids"] else []
        if self.found["_instances"] and not self.found["default"]:
            steps.append(self._restart("has its default in the spfile and {0} in memory".format(_shown(self.found))))
        return steps

    def back(self) -> t.List[Step]:
        """Steps to what the journal says was before; none when it says nothing."""
        before, kind, steps = self.found["_before"], self.found["_type"], []
        if before is None:
            return []
        for sid in sorted(set(before["sids"]) | set(self.found["_sids"])) if self.spfile["path"] else []:
            old, now = before["sids"].get(sid), self.found["_sids"].get(sid)
            if old is None and now is not None:
                steps.append(self._reset(sid, {}))
            elif old is not None and (now is None or not same(old, now, kind)):
                steps.append(self._set(old, "spfile", sid, {}))
        for instance, now in self.found["_instances"].items():
            old = before["instances"].get(instance)
            if old is not None and same(old, now, kind) or old is None and not before["default"]:
                continue
            if self.static:
                if old is not None or not self.found["default"]:
                    steps.append(self._restart("was {0} and is {1} in memory".format(old or "the default", now)))
            elif old is not None:
                steps.append(self._set(old, "memory", instance if self.spfile["_parallel"] else "*", {}))
        return steps


def _shown(found: Attributes) -> str:
    return "the default" if found["default"] else text(found["value"]) or "empty"
