#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: password_file
short_description: The password file of a database, made or copied from the other database of a pair
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Whoever logs on as SYSDBA through a listener is checked against this file, and so are databases that send each other redo, which
    takes files that are equal byte for byte (ORA-16191 otherwise). It is read at every logon, so the instance need not be started anew.
  - V(copied) sends the file of this database to the server of its peer, through a pipe, and only when the bytes differ. V(present) has
    orapwd make one where there is none. V(absent) removes it.
  - It works on the server, as the Oracle owner, and asks no database, since the file is needed before the instance that reads it is there.
  - A file in a disk group of ASM is not copied; the answer says which command does.
options:
  state:
    description: See above.
    type: str
    default: copied
    choices: [copied, present, absent]
  path:
    description:
      - The file of this database. By default what this server's ORACLE_HOME has for O(oracle_sid), which is C(dbs/orapw) and the SID, or C(dbs/orapw) alone.
    type: str
  peer_path:
    description: The file at the peer. By default C(dbs/orapw) and the SID below the ORACLE_HOME of the peer's entry.
    type: str
  sys_password:
    description: Password of SYS in a file that V(present) makes. It reaches orapwd through its standard input.
    type: str
  format:
    description: Format of a file that V(present) makes, such as C(12.2) or C(12). What the release makes unless given.
    type: str
  file_mode:
    description: Permissions of a copied file.
    type: str
    default: '0640'
  backup:
    description: Keep the file that is replaced, under its name with C(.dbf) and the identity and the run of the migration.
    type: bool
    default: false
extends_documentation_fragment:
  - dbferry.oracle.way
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The target gets the password file of the source
  dbferry.oracle.password_file:
    ssh_host: dbtrg.example.com
    peer_entry: dbtrg
    migration_id: SALES
  delegate_to: dbsrc

- name: The source has one
  dbferry.oracle.password_file:
    state: present
    sys_password: "{{ vault_sys_password }}"
    format: "12.2"
  delegate_to: dbsrc
"""

RETURN = r"""
path:
  description: The file that was looked after.
  returned: success
  type: str
  sample: /u01/app/oracle/product/19.0.0/dbhome_1/dbs/orapwSALES
before:
  description: The files before. C(checksum) is what cksum says.
  returned: success
  type: dict
  sample: {"PASSWORD_FILE /u01/app/oracle/product/19.0.0/dbhome_1/dbs/orapwSALES": {"checksum": "1859803773 6144", "mode": "0640", "same": false}}
after:
  description: The files afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import posixpath
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import orapwd, server_files
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: Since 12.2; known as soon as the instance is started.
INFO = "SELECT file_name, format, is_asm FROM v$passwordfile_info"


def default_path(oracle_home: str, oracle_sid: str) -> str:
    """Where an instance looks first (documented for Unix)."""
    return posixpath.join(oracle_home, "dbs", "orapw" + oracle_sid)


def _candidates(want: Want) -> t.List[str]:
    if want["path"]:
        return [want["path"]]
    return [default_path(want["oracle_home"], want["oracle_sid"] or ""), posixpath.join(want["oracle_home"], "dbs", "orapw")]


def _peer_path(want: Want) -> t.Optional[str]:
    peer = want["peer"] or {}
    if want["peer_path"] or not (peer.get("oracle_home") and peer.get("oracle_sid")):
        return t.cast(t.Optional[str], want["peer_path"])
    return default_path(peer["oracle_home"], peer["oracle_sid"])


def _in_asm(session: t.Any) -> t.Optional[str]:
    """The file's name when it lies in a disk group. An instance that is down or older does not tell."""
    try:
        found = session.one(INFO)
    except DbferryError:
        return None
    return found["file_name"] if found is not None and found["is_asm"] == "TRUE" else None


def observe(session: t.Any, want: Want) -> State:
    names = [name for name in _candidates(want) if _safe(name)]
    files = server_files.look(session, names) if names else []
    path, own = next(((name, file) for name, file in zip(names, files) if file), (_candidates(want)[0], None))
    state: State = {"OWN": {"_path": path, "_asm": None}, "PASSWORD_FILE " + path: own}
    if want["state"] == "copied":
        if own is None:
            t.cast(Attributes, state["OWN"])["_asm"] = _in_asm(session)
        there = _peer_path(want)
        if there and _safe(there) and _safe(path) and not (there == path and want["transport"] == "local"):
            state["PEER_FILE " + there] = server_files.compare(session, want, [(path, there)])[0]
    return state


def _safe(path: str) -> bool:
    return path.startswith("/") and path.isprintable() and not path.endswith("/")


def _ending(want: Want) -> str:
    return "dbf_{0}_r{1}".format((want["migration_id"] or "copy").lower(), want["migration_run"]) if want["backup"] else ""


def plan(state: State, want: Want) -> t.List[Step]:
    path = t.cast(Attributes, state["OWN"])["_path"]
    resource, there = "PASSWORD_FILE " + path, _peer_path(want)
    own = state[resource]
    findings = [("DBF-0601", "{0!r} is no path of a password file.".format(name[:80]), "Give an absolute path.")
                for name in [path] + ([there] if there and want["state"] == "copied" else []) if not _safe(name)]
    if own is not None and not own["checksum"]:
        findings.append(("DBF-0602", "{0} is there and cannot be read as a file.".format(path), "Run the task as the Oracle owner."))
    if want["state"] == "absent":
        refuse(findings)
        return [] if own is None else [Step(server_files.remove(path), effects={resource: None})]
    if want["state"] == "present":
        if own is None and not want["sys_password"]:
            findings.append(("DBF-0603", "There is no password file, and sys_password is not given.", "Give it."))
        refuse(findings)
        return [] if own is not None else [Step(orapwd.create(path, want["sys_password"], want["format"]), effects={resource: {"mode": "0640"}})]
    return _copied(state, want, findings, path, there)


def _copied(state: State, want: Want, findings: t.List[t.Tuple[str, str, str]], path: str, there: t.Optional[str]) -> t.List[Step]:
    asm = t.cast(Attributes, state["OWN"])["_asm"]
    if asm:
        findings.append(("DBF-0604", "The password file is {0}, in a disk group.".format(asm),
                         "Run asmcmd pwcopy {0} and a path, as the owner of ASM, and give that path.".format(asm)))
    elif state["PASSWORD_FILE " + path] is None:
        findings.append(("DBF-0605", "There is no password file {0}.".format(path), "Give its path, or make one (state=present)."))
    if there is None:
        findings.append(("DBF-0606", "Nothing says where the peer's password file is.",
                         "Set dbferry_oracle_home and dbferry_oracle_sid of the peer's entry, or give peer_path."))
    elif there == path and want["transport"] == "local":
        findings.append(("DBF-0606", "{0} would be copied onto itself.".format(path), "Give peer_path, or transport=ssh."))
    refuse(findings)
    found = state["PEER_FILE {0}".format(there)]
    if found and found.get("same") and found["mode"] == _mode(want):
        return []
    return [Step(server_files.copy(want, path, t.cast(str, there), _mode(want), _ending(want)),
                 effects={"PEER_FILE {0}".format(there): {"same": True, "mode": _mode(want)}})]


def _mode(want: Want) -> str:
    return "0" + str(want["file_mode"]).lstrip("0o")


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    kind = "PEER_FILE " if want["state"] == "copied" else "PASSWORD_FILE "
    return {"path": next(name.split(" ", 1)[1] for name in state if name.startswith(kind))}


MODULE = Module(
    argument_spec=dict(
        PEER, **dict(
            server_files.WAY,
            state={"type": "str", "default": "copied", "choices": ["copied", "present", "absent"]},
            path={"type": "str"},
            peer_path={"type": "str"},
            sys_password={"type": "str", "no_log": True},
            format={"type": "str"},
            file_mode={"type": "str", "default": "0640"},
            backup={"type": "bool", "default": False},
        )),
    observe=observe, plan=plan, report=report, local=lambda want: True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
