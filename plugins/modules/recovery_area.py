#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: recovery_area
short_description: Manage the fast recovery area, where archived logs go
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Sets DB_RECOVERY_FILE_DEST_SIZE and DB_RECOVERY_FILE_DEST, in this order, because Oracle takes no destination without a size (ORA-19802).
  - Reports how full the area is. A full one stops the archiver, and with it every transaction (ORA-19809, ORA-00257).
  - A destination that is not there Oracle refuses itself (ORA-01261). On RAC it must be shared by all instances.
  - With O(migration_id) the journal keeps what was before, and O(state=as_before) puts it back.
  - Needs the privilege ALTER SYSTEM, in the root of a container database.
options:
  destination:
    description: Directory or disk group (V(+FRA)). Unset leaves it as it is.
    type: str
  size:
    description: How much of it may be used, in bytes or with a unit (V(50G)). Unset leaves it as it is.
    type: str
  state:
    description:
      - V(present) sets what is given.
      - V(absent) stops using an area; what is in it stays. Oracle refuses that while Flashback Database or a guaranteed restore point needs it.
      - V(as_before) puts back what the journal of this migration and run says was before.
    type: str
    default: present
    choices: [present, absent, as_before]
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Room for the archived logs of a migration
  dbferry.oracle.recovery_area:
    destination: +FRA
    size: 50G
    migration_id: SALES
  register: area

- name: Say how full it is
  ansible.builtin.debug:
    msg: "{{ area.percent_used }} % are used"
"""

RETURN = r"""
before:
  description: The area before.
  returned: success
  type: dict
after:
  description: The area afterwards. Sizes are in bytes.
  returned: success
  type: dict
  sample: {"RECOVERY_AREA": {"destination": "+FRA", "size": 53687091200, "used": 1073741824, "reclaimable": 0, "files": 12}}
percent_used:
  description: Share of the size that is used and cannot be reclaimed. Null without an area.
  returned: success
  type: float
  sample: 2.0
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
  sample: ['ALTER SYSTEM SET db_recovery_file_dest_size = 50G SCOPE = BOTH']
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import parameters
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

AREA = "SELECT name, space_limit, space_used, space_reclaimable, number_of_files FROM v$recovery_file_dest"

SIZE = "db_recovery_file_dest_size"
DESTINATION = "db_recovery_file_dest"


def observe(session: t.Any, want: Want) -> State:
    state = parameters.observe(session, [SIZE, DESTINATION])
    row = session.one(AREA)
    state["RECOVERY_AREA"] = None if row is None or not row["name"] else {
        "destination": row["name"], "size": row["space_limit"], "used": row["space_used"], "reclaimable": row["space_reclaimable"],
        "files": row["number_of_files"]}
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    size, destination = (parameters.Change(state, name, remember=bool(want["migration_id"])) for name in (SIZE, DESTINATION))
    if want["state"] == "absent":
        # The size of an area that is not used does no harm, and the next one needs it.
        return _with_area(destination.set_to(""), None)
    if want["state"] == "as_before":
        return _with_area(_ordered(size.back(), destination.back()), {})
    wanted = None if want["size"] is None else parameters.size(want["size"])
    if want["size"] is not None and not (wanted and wanted > 0):
        raise Refused("{0!r} is not the size of a recovery area.".format(want["size"][:50]), code="DBF-0271", hint="Give bytes, or a unit: 50G.")
    used = t.cast(Attributes, state["RECOVERY_AREA"] or {"used": 0, "reclaimable": 0})
    if wanted is not None and wanted < used["used"] - used["reclaimable"]:
        raise Refused("The recovery area holds {0} bytes that cannot be reclaimed, more than the {1} it would be given.".format(
            used["used"] - used["reclaimable"], wanted), code="DBF-0272", hint="The archiver would stop at once. Back up and delete first, or give it more.")
    effects = {key: value for key, value in (("destination", want["destination"]), ("size", wanted)) if value is not None}
    return _with_area((size.set_to(want["size"]) if want["size"] is not None else [])
                      + (destination.set_to(want["destination"]) if want["destination"] is not None else []), effects)


def _ordered(size: t.List[Step], destination: t.List[Step]) -> t.List[Step]:
    """An area that goes must go before its size does."""
    gone = any(str(step.statement).startswith("ALTER SYSTEM SET {0} = ''".format(DESTINATION)) for step in destination)
    return destination + size if gone else size + destination


def _with_area(steps: t.List[Step], effects: t.Optional[Attributes]) -> t.List[Step]:
    for step in steps[-1:]:
        step.effects["RECOVERY_AREA"] = effects
    return steps


def report(state: State, want: Want) -> Attributes:
    area = state["RECOVERY_AREA"]
    if area is None or not area.get("size") or area.get("used") is None:
        return {"percent_used": None}
    return {"percent_used": round(100.0 * (area["used"] - area["reclaimable"]) / area["size"], 1)}


MODULE = Module(
    argument_spec={
        "destination": {"type": "str"},
        "size": {"type": "str"},
        "state": {"type": "str", "default": "present", "choices": ["present", "absent", "as_before"]},
    },
    observe=observe, plan=plan, report=report,
    required_if=[("state", "present", ("destination", "size"), True), ("state", "as_before", ("migration_id",))],
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
