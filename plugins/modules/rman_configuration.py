#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: rman_configuration
short_description: Manage the persistent configuration of RMAN
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Sets what C(SHOW ALL) of RMAN shows. What is configured is asked for by SQL (V$RMAN_CONFIGURATION), RMAN runs on the database server only when
    something is different.
  - What was configured before is kept in the journal, and O(state=as_before) puts exactly that back.
  - In a CDB, run it in the root. In a RAC database the snapshot control file must be where all instances reach it (ORA-00245).
options:
  backup_optimization:
    description: Files that have not changed since an equal backup are left out.
    type: bool
  default_device_type:
    description: Device of backups that name none.
    type: str
    choices: [disk, sbt]
  controlfile_autobackup:
    description: Control file and server parameter file are backed up after every backup and every change of the database's structure.
    type: bool
  device_type:
    description: The device that O(controlfile_autobackup_format), O(parallelism) and O(backup_type) are for.
    type: str
    choices: [disk, sbt]
    default: disk
  controlfile_autobackup_format:
    description: Format of names of such backups; it holds C(%F).
    type: str
  parallelism:
    description: Number of automatic channels.
    type: int
  backup_type:
    description: Type of backups that name none.
    type: str
    choices: [backupset, compressed_backupset, copy]
  sbt_library:
    description: Path of the media manager's library, for automatic channels of the device sbt.
    type: str
  sbt_parms:
    description: Parameters for that library, such as C(OPC_PFILE) of the Database Cloud Backup Module.
    type: dict
  retention_policy:
    description: C(REDUNDANCY n), C(RECOVERY WINDOW OF n DAYS) or C(NONE).
    type: str
  archivelog_deletion_policy:
    description: C(NONE), C(APPLIED ON [ALL] STANDBY), C(SHIPPED TO [ALL] STANDBY), C(BACKED UP n TIMES TO DISK), or two of them in this order.
    type: str
  snapshot_controlfile_name:
    description: Path of the snapshot control file.
    type: str
  compression_algorithm:
    description: Algorithm of compressed backups. All but V(basic) need the Advanced Compression option.
    type: str
    choices: [basic, low, medium, high]
  encryption_for_database:
    description: Backups are encrypted with the keystore unless a command says otherwise.
    type: bool
  encryption_algorithm:
    description: Algorithm of encrypted backups.
    type: str
    choices: [aes128, aes192, aes256]
  state:
    description: What is given is configured, or what this migration changed is put back.
    type: str
    choices: [present, as_before]
    default: present
extends_documentation_fragment:
  - dbferry.oracle.server
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: What a migration needs of the source
  dbferry.oracle.rman_configuration:
    controlfile_autobackup: true
    snapshot_controlfile_name: +RECO/SALES/snapcf_sales.f
    archivelog_deletion_policy: APPLIED ON ALL STANDBY
    migration_id: SALES

- name: As it was
  dbferry.oracle.rman_configuration:
    state: as_before
    migration_id: SALES
"""

RETURN = r"""
before:
  description: The settings before.
  returned: success
  type: dict
after:
  description: The settings afterwards.
  returned: success
  type: dict
  sample: {"RMAN_CONFIGURATION CONTROLFILE AUTOBACKUP": {"value": "ON", "default": false}}
finished:
  description: Whether RMAN is done.
  returned: success
  type: bool
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import rman, rman_job
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import SERVER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: What differs from the defaults. How a setting is divided into name and value differs from one to the next; together they are its text.
CONFIGURATION = "SELECT name, value FROM v$rman_configuration ORDER BY conf#"
KIND = "RMAN_CONFIGURATION "

_POLICY = r"(?:(?:APPLIED ON|SHIPPED TO) (?:ALL )?STANDBY|BACKED UP [1-9]\d* TIMES TO (?:DISK|SBT))"


def _text(pattern: str, option: str) -> t.Callable[[Want], str]:
    """A value that is given as RMAN has it."""
    def value(want: Want) -> str:
        text = " ".join(want[option].upper().split())
        if not re.fullmatch(pattern, text):
            raise Refused("{0!r} is no {1}.".format(want[option][:100], option), code="DBF-0591",
                          hint="The documentation of the module shows the forms that there are.")
        return "TO " + text
    return value


def _switch(option: str) -> t.Callable[[Want], str]:
    return lambda want: "ON" if want[option] else "OFF"


def _device(name: str) -> str:
    return {"disk": "DISK", "sbt": "'SBT_TAPE'"}[name]


def _parallel(want: Want) -> str:
    kind = {"compressed_backupset": "COMPRESSED BACKUPSET"}.get(want["backup_type"] or "", (want["backup_type"] or "backupset").upper())
    return "PARALLELISM {0} BACKUP TYPE TO {1}".format(rman.count(1 if want["parallelism"] is None else want["parallelism"], "PARALLELISM"), kind)


def _channel(want: Want) -> str:
    return rman.device("sbt", want["sbt_library"], want["sbt_parms"])[len("DEVICE TYPE SBT "):]


class Setting(t.NamedTuple):
    """A setting: the options that decide it, its name in CONFIGURE (``{0}``: the device), its default, and its value."""

    options: t.Tuple[str, ...]
    name: str
    default: t.Optional[str]
    value: t.Callable[[Want], str]


#: Settings with their defaults (documented).
SETTINGS = (
    Setting(("retention_policy",), "RETENTION POLICY", "TO REDUNDANCY 1",
            _text(r"REDUNDANCY [1-9]\d*|RECOVERY WINDOW OF [1-9]\d* DAYS|NONE", "retention_policy")),
    Setting(("backup_optimization",), "BACKUP OPTIMIZATION", "OFF", _switch("backup_optimization")),
    Setting(("default_device_type",), "DEFAULT DEVICE TYPE", "TO DISK", lambda want: "TO " + _device(want["default_device_type"])),
    Setting(("controlfile_autobackup",), "CONTROLFILE AUTOBACKUP", None, _switch("controlfile_autobackup")),
    Setting(("controlfile_autobackup_format",), "CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE {0}", "TO '%F'",
            lambda want: "TO " + rman.quoted(want["controlfile_autobackup_format"], "Format")),
    Setting(("parallelism", "backup_type"), "DEVICE TYPE {0}", "PARALLELISM 1 BACKUP TYPE TO BACKUPSET", _parallel),
    Setting(("sbt_library", "sbt_parms"), "CHANNEL DEVICE TYPE 'SBT_TAPE'", None, _channel),
    Setting(("encryption_for_database",), "ENCRYPTION FOR DATABASE", "OFF", _switch("encryption_for_database")),
    Setting(("encryption_algorithm",), "ENCRYPTION ALGORITHM", "'AES128'", lambda want: "'{0}'".format(want["encryption_algorithm"].upper())),
    Setting(("compression_algorithm",), "COMPRESSION ALGORITHM", "'BASIC' AS OF RELEASE 'DEFAULT' OPTIMIZE FOR LOAD TRUE",
            lambda want: "'{0}' AS OF RELEASE 'DEFAULT' OPTIMIZE FOR LOAD TRUE".format(want["compression_algorithm"].upper())),
    Setting(("archivelog_deletion_policy",), "ARCHIVELOG DELETION POLICY", "TO NONE",
            _text("NONE|{0}(?: {0})?".format(_POLICY), "archivelog_deletion_policy")),
    Setting(("snapshot_controlfile_name",), "SNAPSHOT CONTROLFILE NAME", None,
            lambda want: "TO " + rman.quoted(want["snapshot_controlfile_name"], "File name")),
)


def normal(text: str) -> str:
    """A setting so that equal ones are equal texts: RMAN keeps blanks as they were typed, and puts device types in quotes."""
    parts = re.split(r"""('[^']*'|"[^"]*")""", text)
    outside = [re.sub(r"\s+", " ", part.upper()) if number % 2 == 0 else part for number, part in enumerate(parts)]
    return re.sub(r" +", " ", re.sub(r"(DEVICE TYPE|TO) '(DISK|SBT_TAPE)'", r"\1 \2", "".join(outside))).strip()


def _names(want: Want) -> t.Dict[str, Setting]:
    """The settings that are asked for, by name."""
    return {setting.name.format(_device(want["device_type"])): setting for setting in SETTINGS
            if any(want[option] is not None for option in setting.options)}


def item(name: str) -> str:
    """Journal item: the text of the setting before the migration changed it, None for the default."""
    return "rman configuration " + name


def _value(texts: t.Sequence[str], name: str) -> t.Optional[str]:
    """The value of a setting, None when it is the default. A name may be the beginning of another one's."""
    others = [normal(setting.name.format(device)) for setting in SETTINGS for device in ("DISK", "'SBT_TAPE'")]
    longer = [other + " " for other in others if other.startswith(normal(name) + " ")]
    found = [text[len(normal(name)) + 1:] for text in texts
             if text.startswith(normal(name) + " ") and not any(text.startswith(other) for other in longer)]
    return found[0] if found else None


def observe(session: t.Any, want: Want) -> State:
    texts = [normal("{0} {1}".format(row["name"], row["value"])) for row in session.query(CONFIGURATION)]
    kept = {name[len(item("")):]: value for name, value in session.journal.items().items() if name.startswith(item(""))}
    names = list(_names(want)) if want["state"] == "present" else sorted(kept)
    defaults = {setting.name.format(device): setting.default for setting in SETTINGS for device in ("DISK", "'SBT_TAPE'")}
    state: State = {}
    for name in names:
        value = _value(texts, name)
        state[KIND + name] = {"value": value if value is not None else defaults.get(name), "default": value is None,
                              "_kept": name in kept, "_before": kept.get(name)}
    return state


def plan(state: State, want: Want) -> t.List[Step]:
    commands: t.List[rman.Command] = []
    effects: State = {}
    remember: Attributes = {}
    wanted = _names(want) if want["state"] == "present" else {}
    for resource, found in state.items():
        name, found = resource[len(KIND):], t.cast(Attributes, found)
        value = wanted[name].value(want) if name in wanted else found["_before"]
        if value is None and found["default"] or value is not None and found["value"] is not None and normal(value) == normal(found["value"]):
            continue
        commands.append("CONFIGURE {0} {1};".format(name, "CLEAR" if value is None else value))
        effects[resource] = {"value": value, "default": value is None}
        if name in wanted and not found["_kept"]:
            remember[item(name)] = None if found["default"] else found["value"]
    if not commands:
        return []
    return [rman_job.step(dict(want, purpose="CONFIGURATION"), "CONFIGURE", commands, effects,
                          remember=remember, block=False)]


MODULE = Module(
    argument_spec=dict(
        SERVER,
        backup_optimization={"type": "bool"},
        default_device_type={"type": "str", "choices": ["disk", "sbt"]},
        controlfile_autobackup={"type": "bool"},
        device_type={"type": "str", "default": "disk", "choices": ["disk", "sbt"]},
        controlfile_autobackup_format={"type": "str"},
        parallelism={"type": "int"},
        backup_type={"type": "str", "choices": ["backupset", "compressed_backupset", "copy"]},
        sbt_library={"type": "str"},
        sbt_parms={"type": "dict"},
        retention_policy={"type": "str"},
        archivelog_deletion_policy={"type": "str"},
        snapshot_controlfile_name={"type": "str"},
        compression_algorithm={"type": "str", "choices": [name.lower() for name in rman.COMPRESSIONS]},
        encryption_for_database={"type": "bool"},
        encryption_algorithm={"type": "str", "choices": [name.lower() for name in rman.ENCRYPTIONS]},
        state={"type": "str", "default": "present", "choices": ["present", "as_before"]},
    ),
    observe=observe, plan=plan, server=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()
