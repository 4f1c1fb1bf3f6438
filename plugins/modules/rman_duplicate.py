#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_duplicate
short_description: Make a standby database by active duplication, by RMAN
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Makes sure that the instance has become a physical standby database of the source, by C(DUPLICATE TARGET DATABASE FOR STANDBY FROM ACTIVE DATABASE).
    What is there is asked for by SQL, as M(dbferry.oracle.rman_restore) does.
  - RMAN runs on this database's server as the Oracle owner, detached, and logs on to both databases through Oracle Net as SYSDBA, as active duplication demands
    (RMAN-05609); their password files must be the same (RMAN-05614), and the instance must be reachable while it is at NOMOUNT, through a static service
    (ORA-12528).
  - A duplication that was killed is begun again once the instance is at NOMOUNT; RMAN goes on with the files that are missing.
options:
  purpose:
    description: What the duplicate is for, in one word; it names the command on the server.
    type: str
    default: DB
  target_service:
    description: Connect string of the source, as the server of the standby reaches it.
    type: str
    required: true
  auxiliary_service:
    description: Connect string of a static service of the instance that becomes the standby, as both servers reach it.
    type: str
    required: true
  sys_user:
    description: Account of both password files with SYSDBA.
    type: str
    default: SYS
  sys_password:
    description: Its password. RMAN gets it by standard input.
    type: str
    required: true
  dorecover:
    description: Apply archived logs up to the end of the duplication (DORECOVER).
    type: bool
    default: false
  spfile:
    description: Copy the source's server parameter file too, with the changes of O(spfile_set). Not with an instance that has one already.
    type: bool
    default: false
  spfile_set:
    description: Parameters in which the standby's server parameter file differs.
    type: dict
    default: {}
  db_file_name_convert:
    description: Pairs of name parts, in one list. Without it the parameter of the same name, or OMF, decides.
    type: list
    elements: str
    default: []
  nofilenamecheck:
    description: Allow the names of the source. Only for a server of its own, whose disks are not those of the source (RMAN-05001).
    type: bool
    default: false
  parallelism:
    description: Number of channels on either side.
    type: int
    default: 1
  section_size:
    description: Files larger than this travel in sections, by several channels at a time. A number with K, M or G.
    type: str
  compressed_backupset:
    description: Compress what travels.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: A standby database, by active duplication
  dbferry.oracle.rman_duplicate:
    target_service: solaris1:1521/sales
    auxiliary_service: linux1:1521/SALES_NEW_AUX
    sys_password: "{{ vault_sys_password }}"
    dorecover: true
    parallelism: 8
    section_size: 64G
    session: sqlplus
    user: ''
    peer_entry: dbsrc
    migration_id: SALES
  register: duplicated
  until: duplicated.finished
  retries: 1000
  delay: 10
"""

RETURN = r"""
finished:
  description: Whether the standby database is there. Always true in check mode.
  returned: success
  type: bool
database:
  description: What is mounted.
  returned: success
  type: dict
progress:
  description: Datafiles and bytes that are there, of all.
  returned: success
  type: dict
before:
  description: The database and its datafiles before.
  returned: success
  type: dict
after:
  description: The database and its datafiles afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import rman, rman_job
from ansible_collections.dbferry.oracle.plugins.module_utils import rman_recovery as recovery
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER, SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want


def observe(session: t.Any, want: Want) -> State:
    return recovery.observe(session, want)


def plan(state: State, want: Want) -> t.List[Step]:
    database = t.cast(Attributes, state[recovery.RESOURCE])
    recovery.refuse_another(database, "DBF-0761")
    recovery.refuse_again(database, "DBF-0763")
    files = recovery.files(state)
    if recovery.mounted(database) and (database["status"] == "OPEN" or all(found["restored"] for found in files.values())):
        return recovery.note(database)
    if database["status"] != "STARTED":
        raise Refused("RMAN duplicates into an instance at NOMOUNT, and this one is {0}.".format(database["status"]), code="DBF-0762",
                      hint="Start it NOMOUNT (module instance with state=nomount and restart=true); RMAN goes on with the files that are missing.")
    logons = [rman.connect(role, want["sys_user"], want["sys_password"], service)
              for role, service in (("TARGET", want["target_service"]), ("AUXILIARY", want["auxiliary_service"]))]
    effects: State = dict({"DATAFILE {0}".format(number): {"restored": True} for number in files}, **recovery.mounted_copy(database, "PHYSICAL STANDBY"))
    return [rman_job.step(
        recovery.this_work(database, want), "DUPLICATE", [recovery.duplicate(want)], effects, channels=want["parallelism"],
        auxiliary_channels=want["parallelism"], privilege="", prologue=logons)]


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    database = t.cast(Attributes, state[recovery.RESOURCE])
    return {"database": {name: value for name, value in database.items() if not name.startswith("_")}, "progress": recovery.progress(state)}


MODULE = Module(
    argument_spec=dict(
        SERVER, **dict(
            PEER,
            purpose={"type": "str", "default": "DB"},
            target_service={"type": "str", "required": True},
            auxiliary_service={"type": "str", "required": True},
            sys_user={"type": "str", "default": "SYS"},
            sys_password={"type": "str", "required": True, "no_log": True},
            dorecover={"type": "bool", "default": False},
            spfile={"type": "bool", "default": False},
            spfile_set={"type": "dict", "default": {}},
            db_file_name_convert={"type": "list", "elements": "str", "default": []},
            nofilenamecheck={"type": "bool", "default": False},
            parallelism={"type": "int", "default": 1},
            section_size={"type": "str"},
            compressed_backupset={"type": "bool", "default": False},
        )),
    observe=observe, plan=plan, report=report, under_way=recovery.under_way, server=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
