# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LOG_ARCHIVE_DEST_n and LOG_ARCHIVE_CONFIG: what they say, and what is wrong with them (documented: Data Guard Concepts, chapter 17)."""
from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

from oralab.errors import OraError, not_simulated

NUMBERS = range(1, 32)
RECOVERY_AREA = "USE_DB_RECOVERY_FILE_DEST"
_STATES = ("ENABLE", "DEFER", "ALTERNATE", "RESET")
_NUMBERS = {"REOPEN": 300, "DELAY": 30, "MAX_FAILURE": 0, "NET_TIMEOUT": 30, "MAX_CONNECTIONS": 1, "PRIORITY": 1, "GROUP": 0,
            "QUOTA_SIZE": 0, "QUOTA_USED": 0}
"""Attributes whose value is a number, with the value of one that is only named."""
_FLAGS = {"SYNC": ("sync", True), "ASYNC": ("sync", False), "AFFIRM": ("affirm", True), "NOAFFIRM": ("affirm", False),
          "MANDATORY": ("mandatory", True), "OPTIONAL": ("mandatory", False), "LGWR": ("writer", "LGWR"), "ARCH": ("writer", "ARCH"),
          "NOREOPEN": ("reopen", 0), "NODELAY": ("delay", 0), "NOMAX_FAILURE": ("max_failure", 0), "NOREGISTER": ("register", False),
          "REGISTER": ("register", True), "VERIFY": ("verify", True), "NOVERIFY": ("verify", False), "NOALTERNATE": ("alternate", ""),
          "NODEPENDENCY": ("dependency", ""), "NODB_UNIQUE_NAME": ("db_unique_name", ""), "NONET_TIMEOUT": ("net_timeout", 0),
          "NOTEMPLATE": ("template", ""), "NOCOMPRESSION": ("compression", "DISABLE"), "NOENCRYPTION": ("encryption", "DISABLE")}
_WORDS = ("LOCATION", "SERVICE", "DB_UNIQUE_NAME", "ALTERNATE", "DEPENDENCY", "TEMPLATE", "COMPRESSION", "ENCRYPTION")
_TYPES = {"ONLINE_LOGFILE": "ONLINE_LOGFILE", "ONLINE_LOGFILES": "ONLINE_LOGFILE", "STANDBY_LOGFILE": "STANDBY_LOGFILE",
          "STANDBY_LOGFILES": "STANDBY_LOGFILE", "ALL_LOGFILES": "ALL_LOGFILES"}
_ROLES = ("PRIMARY_ROLE", "STANDBY_ROLE", "ALL_ROLES")
_TOKEN = re.compile(r"""\s*([A-Z_]+)\s*(?:=\s*("[^"]*"|\([^()]*(?:\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\)[^()]*)*\)|[^\s]+))?""",
                    re.IGNORECASE)


@dataclasses.dataclass(slots=True)
class Destination:
    """One LOG_ARCHIVE_DEST_n. ``state``: its LOG_ARCHIVE_DEST_STATE_n. ``delay`` in minutes, ``reopen`` and ``net_timeout`` in seconds."""

    number: int
    location: str = ""
    service: str = ""
    state: str = "ENABLE"
    sync: bool = False
    affirm: bool = False
    mandatory: bool = False
    writer: str = "LGWR"
    reopen: int = 300
    delay: int = 0
    max_failure: int = 0
    net_timeout: int = 30
    max_connections: int = 1
    priority: int = 1
    group: int = 0
    quota_size: int = 0
    quota_used: int = 0
    register: bool = True
    verify: bool = False
    log_type: str = "ALL_LOGFILES"
    role: str = "ALL_ROLES"
    db_unique_name: str = ""
    alternate: str = ""
    dependency: str = ""
    template: str = ""
    compression: str = "DISABLE"
    encryption: str = "DISABLE"

    def valid_for(self, standby: bool) -> bool:
        """Whether it is used in this role for the redo that the database then has: its own, or what a primary sends."""
        return (self.role == "ALL_ROLES" or (self.role == "STANDBY_ROLE") == standby) and (
            self.log_type == "ALL_LOGFILES" or (self.log_type == "STANDBY_LOGFILE") == standby)

    def valid_now(self, standby: bool) -> str:
        """VALID_NOW of V$ARCHIVE_DEST (documented values)."""
        if self.role != "ALL_ROLES" and (self.role == "STANDBY_ROLE") != standby:
            return "WRONG VALID_ROLE"
        return "YES" if self.valid_for(standby) else "WRONG VALID_TYPE"


def parse(number: int, text: str) -> Destination:
    """ORA-16024 for what is no list of attributes, ORA-16025 (assumed for both) without LOCATION or SERVICE or with both."""
    name, made = f"LOG_ARCHIVE_DEST_{number}", Destination(number)
    unreadable = OraError(16024, f"parameter {name} cannot be parsed")
    position = 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise unreadable
        position = match.end()
        _attribute(made, match[1].upper(), match[2], unreadable)
    if bool(made.location) == bool(made.service):
        raise OraError(16025, f"parameter {name} contains repeated or conflicting attributes")
    if made.service and "AFFIRM" not in text.upper():
        made.affirm = made.sync     # documented: AFFIRM is the default with SYNC
    return made


def _attribute(made: Destination, word: str, value: str | None, unreadable: OraError) -> None:
    if word == "VALID_FOR" and value:
        parts = [part.strip().upper() for part in value.strip("()").split(",")]
        if len(parts) != 2 or parts[0] not in _TYPES or parts[1] not in _ROLES:
            raise unreadable
        made.log_type, made.role = _TYPES[parts[0]], parts[1]
    elif word in _FLAGS and (value is None or word in ("SYNC", "ASYNC", "REGISTER")):
        field, setting = _FLAGS[word]
        setattr(made, field, setting)
    elif word in _NUMBERS:
        if value is not None and not value.isdigit():
            raise unreadable
        setattr(made, word.lower(), int(value) if value is not None else _NUMBERS[word])
    elif word in _WORDS and value:
        setattr(made, word.lower(), value.strip('"'))
    else:
        raise unreadable


def destinations(parameters: Mapping[str, str]) -> Iterator[Destination]:
    """Those that are set, in the order of their numbers."""
    for number in NUMBERS:
        text = parameters.get(f"log_archive_dest_{number}", "")
        if text:
            made = parse(number, text)
            made.state = (parameters.get(f"log_archive_dest_state_{number}") or "ENABLE").upper()
            yield made


@dataclasses.dataclass(slots=True)
class Configuration:
    """LOG_ARCHIVE_CONFIG. ``members``: of DG_CONFIG, lower case; None when it is not set."""

    send: bool = True
    receive: bool = True
    members: tuple[str, ...] | None = None

    def has(self, name: str) -> bool:
        return self.members is None or name.lower() in self.members


def configuration(text: str) -> Configuration:
    """ORA-16024 for what is none of its attributes."""
    made = Configuration()
    rest = text.strip()
    while rest:
        match = re.match(r"DG_CONFIG\s*=\s*\(([^()]*)\)\s*,?\s*|(NO)?(SEND|RECEIVE)\b\s*,?\s*|(NODG_CONFIG)\b\s*,?\s*", rest, re.IGNORECASE)
        if match is None:
            raise OraError(16024, "parameter LOG_ARCHIVE_CONFIG cannot be parsed")
        if match[1] is not None:
            made.members = tuple(name.strip().strip('"').lower() for name in match[1].split(",") if name.strip())
        elif match[3]:
            setattr(made, match[3].lower(), not match[2])
        else:
            made.members = None
        rest = rest[match.end():]
    return made


def check(name: str, value: str, parameters: Mapping[str, str]) -> list[str]:
    """What ALTER SYSTEM finds wrong with a new value: what ORA-02097 stands over.

    ORA-16052 without DB_UNIQUE_NAME while DG_CONFIG is set, ORA-16053 with one that DG_CONFIG does not have, ORA-16024 for what is no
    state (assumed).
    """
    try:
        if name == "log_archive_config":
            configuration(value)
        elif name.startswith("log_archive_dest_state_"):
            if value.upper() not in _STATES:
                raise OraError(16024, f"parameter {name.upper()} cannot be parsed")
        elif value:
            made = parse(int(name.rpartition("_")[2]), value)
            if made.service:
                known = configuration(parameters.get("log_archive_config", ""))
                if known.members is not None and not made.db_unique_name:
                    raise OraError(16052, "DB_UNIQUE_NAME attribute is required")
                if made.db_unique_name and not known.has(made.db_unique_name):
                    raise OraError(16053, f"DB_UNIQUE_NAME {made.db_unique_name} is not in the Data Guard Configuration")
            if made.template or made.dependency or made.alternate:
                raise not_simulated("TEMPLATE, DEPENDENCY or ALTERNATE of LOG_ARCHIVE_DEST_n")
    except OraError as error:
        if error.code == 3001:
            raise
        return error.text.split("\n")
    return []
