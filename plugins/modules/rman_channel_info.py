#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_channel_info
short_description: Whether RMAN's channels to a media manager can be used on this server, by allocating one
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Looks for the library of the media manager, and for the wallet or the configuration file that its parameters name, and has RMAN allocate a channel.
  - With O(existing_tag) RMAN reads the headers of all pieces under that tag (C(RESTORE DATABASE VALIDATE HEADER)), so that a backup of which the media
    manager gives nothing any more is told.
  - Everything that stands in the way is told at once. Nothing is changed.
  - RMAN logs on as the Oracle owner with SYSBACKUP. The instance must be started.
options:
  sbt_library:
    description: Path of the media manager's library on the server.
    type: str
    required: true
  sbt_parms:
    description: Parameters for that library, such as C(RA_WALLET) of a Recovery Appliance.
    type: dict
  existing_tag:
    description: The tag of a backup of the whole database that the media manager has.
    type: str
  decryption_passwords:
    description: Passwords of encrypted backups. What the keystore decrypts needs none.
    type: list
    elements: str
    default: []
  fail:
    description: Fail when the channel cannot be used. All findings are told all the same.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes.info
"""

EXAMPLES = r"""
- name: The appliance can be reached, and has the level 0
  dbferry.oracle.rman_channel_info:
    sbt_library: /u01/app/oracle/product/19/db/lib/libra.so
    sbt_parms:
      RA_WALLET: location=file:/u01/app/oracle/admin/SALES/ra_wallet credential_alias=zdlra-scan.example.com:1521/zdlra:dedicated
    existing_tag: WEEKLY
  delegate_to: sales_source
"""

RETURN = r"""
usable:
  description: The channel was allocated, and gave what was asked of it.
  returned: success
  type: bool
findings:
  description: What stands in the way, each with its remedy.
  returned: success
  type: list
  elements: dict
  contains:
    severity: {description: Always C(error)., type: str}
    check: {description: 'What was looked at, C(file), C(channel) or C(backup).', type: str}
    message: {description: What is so., type: str}
    remedy: {description: What to do about it., type: str}
    objects: {description: What it is about., type: list, elements: str}
"""

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import rman, server_files
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import Finding, finding, refuse_errors
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Want

#: What to do about the answer of a channel, by code. Those of Oracle Net and of logging on come from the library of an appliance.
REMEDIES = {
    "ORA-01017": "The wallet has no credential under this alias (mkstore -listCredential tells which it has), or its password is not that of the account.",
    "ORA-12154": "Correct the alias, or add it to tnsnames.ora of this server.",
    "ORA-12514": "Correct the service in the alias.",
    "ORA-12541": "Correct host and port in the alias, or open the way there.",
    "ORA-28759": "Let the Oracle owner read the wallet, which has to open by itself (cwallet.sso).",
    "ORA-27211": "The library cannot be loaded: it is for another platform or release, or lacks what it is linked with.",
    "ORA-01034": "Start the instance.",
}
BY_HAND = "Try it by hand: rman target /, with this channel in a RUN block."


def _files(want: Want) -> t.Iterator[t.Tuple[str, str]]:
    """What the channel needs on the server, as far as its parameters tell: what it is, and where."""
    parms = want["sbt_parms"] or {}
    if want["sbt_library"].startswith("/"):
        yield "library", want["sbt_library"]
    wallet = re.match(r"location=(?:file:)?(/\S*)", str(parms.get("RA_WALLET", "")), re.IGNORECASE)
    if wallet:
        yield "wallet", wallet.group(1).rstrip("/") + "/cwallet.sso"
    if parms.get("OPC_PFILE"):
        yield "configuration file", str(parms["OPC_PFILE"])


def observe(session: t.Any, want: Want) -> State:
    try:
        clause = rman.device("sbt", want["sbt_library"], want["sbt_parms"])
        commands: t.List[rman.Command] = [rman.set_decryption(want["decryption_passwords"])] if want["decryption_passwords"] else []
        commands += [rman.validate_headers(want["existing_tag"])] if want["existing_tag"] else []
    except BadName as error:
        return _found([finding("error", "channel", error.message, error.hint or "")])
    files = list(_files(want))
    findings = [finding("error", "file", "The {0} {1} is not there or cannot be read.".format(what, path), "Bring it there, or correct where it is.")
                for (what, path), file in zip(files, server_files.look(session, [path for dummy, path in files])) if not (file and file["checksum"])]
    if not findings:
        findings = _tried(session, want, clause, commands)
    return _found(findings)


def _found(findings: t.List[Finding]) -> State:
    return {"CHANNEL": {"usable": not findings, "findings": findings}}


def _tried(session: t.Any, want: Want, clause: str, commands: t.Sequence[rman.Command]) -> t.List[Finding]:
    """What RMAN says of a channel, and of the backup that is read through it."""
    rc, text = session.on_server(["rman"], rman.script(commands, channels=1, device_clause=clause).text())
    outcome = rman.parse(text, rc)
    if rc == 0 and not outcome.serious:
        return []
    cause = outcome.cause
    answer = str(cause) if cause else (text.strip().splitlines() or ["it said nothing"])[-1]
    if want["existing_tag"] and "allocated channel: c1" in text:
        return [finding("error", "backup", "The backup under the tag {0} cannot be read through the channel: {1}".format(want["existing_tag"], answer),
                        "Name a backup of the whole database that this media manager has; LIST BACKUP TAG and CROSSCHECK BACKUP tell.")]
    return [finding("error", "channel", "RMAN cannot allocate a channel: {0}".format(answer), REMEDIES.get(cause.code if cause else "", BY_HAND))]


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    found = t.cast(Attributes, state["CHANNEL"])
    if want["fail"]:
        refuse_errors(found["findings"], "Channels to the media manager cannot be used on this server", "DBF-0881", dict(found))
    return dict(found)


MODULE = Module(
    argument_spec={
        "sbt_library": {"type": "str", "required": True},
        "sbt_parms": {"type": "dict"},
        "existing_tag": {"type": "str"},
        "decryption_passwords": {"type": "list", "elements": "str", "default": [], "no_log": True},
        "fail": {"type": "bool", "default": True},
    },
    observe=observe, report=report, local=lambda want: True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
