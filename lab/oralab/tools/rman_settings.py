# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one RMAN session has set and what is configured for all: devices, automatic channels, encryption, autobackups; SHOW and CONFIGURE."""
from __future__ import annotations

import os
import re
from typing import Any

from oralab.errors import OraError
from oralab.storage import pieces
from oralab.tools import rman_commands as commands
from oralab.tools.rman_channels import failed
from oralab.tools.rman_grammar_records import SETTINGS
from oralab.tools.rman_media import DISK, Media
from oralab.tools.rman_records import Records
from oralab.tools.rman_sbt import Sbt

_DEFAULTS = {
    "RETENTION POLICY": "TO REDUNDANCY 1", "BACKUP OPTIMIZATION": "OFF", "DEFAULT DEVICE TYPE": "TO DISK", "CONTROLFILE AUTOBACKUP": "OFF",
    "CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE": "DISK TO '%F'", "DEVICE TYPE": "DISK PARALLELISM 1 BACKUP TYPE TO BACKUPSET",
    "DATAFILE BACKUP COPIES FOR DEVICE TYPE": "DISK TO 1", "ARCHIVELOG BACKUP COPIES FOR DEVICE TYPE": "DISK TO 1", "MAXSETSIZE": "TO UNLIMITED",
    "ENCRYPTION FOR DATABASE": "OFF", "ENCRYPTION ALGORITHM": "'AES128'",
    "COMPRESSION ALGORITHM": "'BASIC' AS OF RELEASE 'DEFAULT' OPTIMIZE FOR LOAD TRUE", "RMAN OUTPUT": "TO KEEP FOR 7 DAYS",
    "ARCHIVELOG DELETION POLICY": "TO NONE",
}
"""Persistent settings of 19c with their defaults, in the order of SHOW ALL (documented)."""
COMPRESSIONS = ("BASIC", "LOW", "MEDIUM", "HIGH", "NONE")
ENCRYPTIONS = ("AES128", "AES192", "AES256")


class SessionSettings:
    """The settings of one RMAN session."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.database = server.database
        self.records = Records(server.database)
        self._set: dict[str, commands.SetBackup] = {}
        self._formats: dict[str, str] = {}

    # --- what is configured ---

    def configured(self, name: str, key: str = "") -> str | None:
        """The value without its key; the default where there is none."""
        return _beginning(self.records.configuration(), name, key) or _beginning(
            {name: [_DEFAULTS[name]]} if name in _DEFAULTS else {}, name, key)

    def parallelism(self, device: str) -> int:
        found = re.search(r"PARALLELISM\s+(\d+)", self.configured("DEVICE TYPE", _quoted(device)) or "", re.IGNORECASE)
        return int(found[1]) if found else 1

    def device(self) -> str:
        """The default device."""
        return "SBT_TAPE" if "SBT" in (self.configured("DEFAULT DEVICE TYPE") or "").upper() else "DISK"

    def channel(self, device: str) -> tuple[str, str]:
        """FORMAT and PARMS of automatic channels."""
        text = self.configured("CHANNEL", f"DEVICE TYPE {_quoted(device)}") or ""
        found = [re.search(rf"""\b{word}\s+(['"])(.*?)\1""", text, re.IGNORECASE) for word in ("FORMAT", "PARMS")]
        return (found[0][2] if found[0] else ""), (found[1][2] if found[1] else "")

    def autobackup(self) -> bool:
        return (self.configured("CONTROLFILE AUTOBACKUP") or "").upper() == "ON"

    def autobackup_format(self, device: str) -> str:
        found = re.search(r"'([^']*)'", self.configured("CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE", _quoted(device)) or "")
        return self._formats.get(device) or (found[1] if found else "%F")

    def snapshot_name(self) -> str:
        """Of the snapshot control file; by default in ORACLE_HOME (documented for Unix)."""
        found = re.search(r"'([^']*)'", self.configured("SNAPSHOT CONTROLFILE NAME") or "")
        return found[1] if found else self._default_snapshot()

    def _default_snapshot(self) -> str:
        return os.path.join(self.database.spec.oracle_home, "dbs", f"snapcf_{self.database.spec.instance_name}.f")

    # --- SET ---

    def set(self, command: commands.SetBackup) -> None:
        now, value = self.database.now(), command.values[0] if command.values else ""
        if command.name == "COMPRESSION ALGORITHM" and value not in COMPRESSIONS:
            raise failed("set", now, f"RMAN-06933: compression algorithm '{value}' is not supported")
        if command.name == "ENCRYPTION ALGORITHM" and value not in ENCRYPTIONS:
            raise failed("set", now, f"RMAN-06770: encryption algorithm '{value}' is not supported")
        if command.name == "CONTROLFILE AUTOBACKUP FORMAT":
            self._formats[value] = command.values[1]
        self._set[command.name] = command
        words = command.name.split()
        self.server.emit([f"executing command: SET {' '.join(words) if len(words) > 2 else words[0].lower()}"])

    def passwords(self) -> tuple[bytes, ...]:
        """Those of SET DECRYPTION, and that of SET ENCRYPTION, which opens what this session made (assumed)."""
        given = [*(self._set["DECRYPTION"].values if "DECRYPTION" in self._set else ())]
        return tuple(text.encode() for text in given)

    def encryption(self) -> tuple[pieces.Encryption | None, bytes]:
        """How a piece is encrypted, and its key. ORA-19914 over 28365 when the keystore is needed and closed (documented)."""
        given = self._set.get("ENCRYPTION")
        state = given.values[0] if given else (self.configured("ENCRYPTION FOR DATABASE") or "OFF").upper()
        if state != "ON":
            return None, b""
        algorithm = self._set["ENCRYPTION ALGORITHM"].values[0] if "ENCRYPTION ALGORITHM" in self._set else (
            self.configured("ENCRYPTION ALGORITHM") or "").strip("'")
        password = given.password.encode() if given and given.password is not None else b""
        keystore = b"" if given and given.only else next(iter(self.server.keystore()), b"")
        if not keystore and not (given and given.only and password):
            raise OraError(19914, "unable to encrypt backup", stack=["ORA-28365: wallet is not open"])
        return pieces.encrypt(algorithm, keystore, password)

    # --- SHOW and CONFIGURE ---

    def show(self, command: commands.Show) -> None:
        every = self.records.configuration()
        wanted = [name for name in SETTINGS if command.what in ("ALL", "") or command.what in (name, name.removesuffix(" FOR DEVICE TYPE"))
                  or name == "CHANNEL" and command.what.startswith("CHANNEL")]
        if not wanted:
            raise failed("show", self.database.now(), f"ORA-03001: unimplemented feature (lab: not simulated: SHOW {command.what})")
        self.server.introduce()
        lines = [f"RMAN configuration parameters for database with db_unique_name {self.database.spec.db_unique_name.upper()} are:"]
        for name in wanted:
            default = _DEFAULTS.get(name)
            values = sorted(every.get(name, []))
            lines += [f"CONFIGURE {name} {value};" for value in values]
            if name == "SNAPSHOT CONTROLFILE NAME" and not values:
                default = f"TO '{self._default_snapshot()}'"
            if default and not (values and (not SETTINGS[name] or any(value.startswith("DISK") for value in values))):
                lines.append(f"CONFIGURE {name} {default}; # default")
        self.server.emit(lines)

    def configure(self, command: commands.Configure) -> None:
        self.server.work.mounted("configure")
        self.server.introduce()
        old = _beginning(self.records.configuration(), command.name, command.key)
        begin = f"CONFIGURE {command.name} {command.key}".strip()
        value = command.value
        if command.name == "DEVICE TYPE" and value is not None:
            value = self._device(command.key, value)
        self.records.configure(command.name, command.key, f"{command.key} {value}".strip() if value is not None else None)
        lines = ["old RMAN configuration parameters:", f"{begin} {old};"] if old is not None else []
        if value is None:
            lines.append("old RMAN configuration parameters are successfully deleted" if old is not None
                         else "RMAN configuration parameters are successfully reset to default value")
        else:
            lines += ["new RMAN configuration parameters:", f"{begin} {value};", "new RMAN configuration parameters are successfully stored"]
        self.server.emit(lines)

    def _device(self, key: str, value: str) -> str:
        """PARALLELISM and BACKUP TYPE, whichever of them was given; the other stays (known to DBAs)."""
        old = self.configured("DEVICE TYPE", key) or "PARALLELISM 1 BACKUP TYPE TO BACKUPSET"
        found = [re.search(pattern, text, re.IGNORECASE) for pattern in (r"PARALLELISM \d+", r"BACKUP TYPE TO .+?(?= PARALLELISM|$)")
                 for text in (f"{value} ", old)]
        return " ".join((found[at] or found[at + 1])[0].strip().upper() for at in (0, 2))   # type: ignore[index]


def _quoted(device: str) -> str:
    return "DISK" if device == "DISK" else "'SBT_TAPE'"


def _beginning(every: dict[str, list[str]], name: str, key: str) -> str | None:
    """The value of a setting whose text begins with a key, without it."""
    for value in every.get(name, []):
        if not key:
            return value
        if value.upper().startswith(key.upper()):
            return value[len(key):].strip()
    return None


def media(device: str, parms: str, database: Any) -> Media:
    """The device that a channel is allocated for. ORA-19554 when the media manager cannot be used."""
    if device == "DISK":
        return DISK
    return Sbt(parms, database.spec.oracle_home, database.spec.instance_name)
