#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: server_job
short_description: Start or join a named Oracle command on a database server
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Runs a program of an ORACLE_HOME on the database server, detached under a name, so that it outlives the connection and the
    control node. A second call with the same name joins the running command instead of starting it twice.
  - Needs Python 3.8 and its standard library on the server, nothing else. The other modules of this collection use it for what
    SQL cannot do.
options:
  name:
    description:
      - Name of the job; letters, digits, underscores.
    type: str
    required: true
  argv:
    description:
      - The program, relative to C(bin) of O(oracle_home), and its arguments. Never put a secret here.
      - C(file_copy) is a program of the collection's own, run by the Python that runs this module.
    type: list
    elements: str
    required: true
  script:
    description:
      - What the program reads from its standard input.
    type: str
    default: ''
  join_only:
    description:
      - Look for a command of this name and start nothing. Whether the program, O(work_directory) and O(space) are as they must be is looked
        at all the same.
    type: bool
    default: false
  space:
    description:
      - Directories and the bytes that must be free there. If one has less, is not there or may not be written, nothing is started. A command that
        runs already has taken its room.
    type: dict
    default: {}
  oracle_home:
    description:
      - The ORACLE_HOME of the program. Taken from C(dbferry_oracle_home) of the inventory entry when unset.
    type: path
  oracle_sid:
    description:
      - ORACLE_SID in the program's environment. Taken from C(dbferry_oracle_sid) of the inventory entry when unset.
    type: str
  tns_admin:
    description:
      - TNS_ADMIN in the program's environment. Taken from C(dbferry_tns_admin) of the inventory entry when unset.
    type: str
  work_directory:
    description:
      - Where the directories of jobs are kept. Taken from C(dbferry_work_directory) of the inventory entry when unset.
      - A path that begins with V(~) is below the home directory of the user that the command runs as.
    type: path
    default: ~/.dbferry
attributes:
  check_mode:
    description: Can run in check mode and says whether the command would be started.
    support: full
  diff_mode:
    description: Shows what would change.
    support: none
"""

EXAMPLES = r"""
- name: See what RMAN has configured
  dbferry.oracle.server_job:
    name: SHOW_ALL
    argv: [rman, target, /]
    script: SHOW ALL;
"""

RETURN = r"""
known:
  description: Whether there is, or was until this call told its end, a command of this name.
  returned: always
  type: bool
started:
  description: Whether this call started the command.
  returned: always
  type: bool
finished:
  description: Whether the command has ended.
  returned: always
  type: bool
rc:
  description: Its exit code.
  returned: when it has ended and was not killed
  type: int
output:
  description: What it has printed so far.
  returned: always
  type: str
age:
  description: Seconds since it printed something or ended.
  returned: always
  type: float
"""

import inspect
import os
import re
import sys
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import file_copy_streams, outcome, server_job

#: Programs of ours, run by the Python that runs this module: by the name that stands first in argv.
OWN = {"file_copy": file_copy_streams}

ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "argv": {"type": "list", "elements": "str", "required": True},
    "script": {"type": "str", "default": "", "no_log": True},
    "join_only": {"type": "bool", "default": False},
    "space": {"type": "dict", "default": {}},
    "oracle_home": {"type": "path"},
    "oracle_sid": {"type": "str"},
    "tns_admin": {"type": "str"},
    "work_directory": {"type": "path", "default": "~/.dbferry"},
}


def command_of(argv: t.List[str], oracle_home: str) -> t.List[str]:
    """What is run: a program of ORACLE_HOME, or one of ours, which finds its own text as its argument."""
    if argv[0] in OWN:
        return [sys.executable, "-c", "import sys; exec(sys.argv[1])", inspect.getsource(OWN[argv[0]])] + argv[1:]
    return [outcome.program(oracle_home, argv[0])] + argv[1:]


def _findings(want: t.Dict[str, t.Any], program: str, known: bool) -> t.Iterator[t.Tuple[str, str]]:
    """Everything that stands in the way, each with its code."""
    user = os.environ.get("USER") or os.getuid()
    if not os.access(program, os.X_OK):
        yield "DBF-0007", "{0} is not there or may not be executed by {1}. Correct oracle_home, or become the Oracle owner.".format(program, user)
    if not server_job.writable(want["work_directory"]):
        yield "DBF-0008", "{0} may not be written by {1}. Set work_directory to a directory that the Oracle owner may write.".format(
            want["work_directory"], user)
    # What runs already has taken its room.
    for text in [] if known else server_job.lacking(want["space"]):
        yield "DBF-0011", text + "."


def main() -> None:
    # Only here: whoever imports the module for its documentation and tests does not run it.
    from ansible.module_utils.basic import AnsibleModule

    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
    )
    want = module.params
    if not re.fullmatch(r"[A-Za-z0-9_]{1,100}", want["name"]):
        module.fail_json(msg="name may hold letters, digits and underscores, 100 at most: {0!r}".format(want["name"]), code="DBF-0006")
    if not want["oracle_home"]:
        module.fail_json(msg="{0} is to run on the database server, and oracle_home is not known. Set dbferry_oracle_home (and "
                             "dbferry_oracle_sid) for this inventory entry.".format(want["argv"][0]), code="DBF-0009")
    command = command_of(want["argv"], want["oracle_home"])
    directory = os.path.join(want["work_directory"], want["name"])
    findings = list(_findings(want, command[0], known=server_job.status(directory)["known"]))
    if findings:
        module.fail_json(msg=" ".join(text for dummy, text in findings) + " Nothing was started.", code=findings[0][0])
    try:
        if module.check_mode:
            found = dict(server_job.status(directory), started=False)
        elif want["join_only"]:
            found = server_job.join(directory)
        else:
            found = server_job.start_or_join(
                directory, command, want["script"], outcome.environment(want["oracle_home"], want["oracle_sid"], want["tns_admin"]))
    except OSError as error:
        module.fail_json(msg="The directory of the job cannot be used: {0}. Set work_directory to one that the Oracle owner may write.".format(
            error), code="DBF-0008")
    would_start = module.check_mode and not found["known"] and not want["join_only"]
    if found["rc"] is None:
        del found["rc"]  # Ansible takes a result for a failure when there is an rc other than 0
    module.exit_json(changed=found["started"] or would_start, **found)


if __name__ == "__main__":
    main()
