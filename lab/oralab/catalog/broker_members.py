# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of a Data Guard broker configuration: what the broker wants of them, how they are, and what reports say.

Names and defaults of properties are those of transcripts of 12.1 and 19c. Which warning comes first when several apply is assumed.
"""
from __future__ import annotations

import dataclasses
import re
import time
from typing import TYPE_CHECKING, Any, Final

from oralab.errors import OraError
from oralab.net import names

if TYPE_CHECKING:
    from oralab.catalog.broker import Broker
    from oralab.catalog.database import Database

OF_THE_CONFIGURATION: Final = {
    "FastStartFailoverThreshold": "30", "OperationTimeout": "30", "TraceLevel": "USER", "FastStartFailoverLagLimit": "30", "CommunicationTimeout": "180",
    "ObserverReconnect": "0", "FastStartFailoverAutoReinstate": "TRUE", "FastStartFailoverPmyShutdown": "TRUE", "BystandersFollowRoleChange": "ALL",
    "ObserverOverride": "FALSE", "ExternalDestination1": "", "ExternalDestination2": "", "PrimaryLostWriteAction": "CONTINUE"}
OF_A_DATABASE: Final = {
    "DGConnectIdentifier": "", "ObserverConnectIdentifier": "", "FastStartFailoverTarget": "", "PreferredObserverHosts": "", "LogShipping": "ON",
    "RedoRoutes": "", "LogXptMode": "ASYNC", "DelayMins": "0", "Binding": "optional", "MaxFailure": "0", "ReopenSecs": "300", "NetTimeout": "30",
    "RedoCompression": "DISABLE", "PreferredApplyInstance": "", "ApplyInstanceTimeout": "0", "ApplyLagThreshold": "30",
    "TransportLagThreshold": "30", "TransportDisconnectedThreshold": "30", "ApplyParallel": "AUTO", "ApplyInstances": "0",
    "StandbyFileManagement": "", "ArchiveLagTarget": "0", "LogArchiveMaxProcesses": "0", "LogArchiveMinSucceedDest": "0",
    "DataGuardSyncLatency": "0", "LogArchiveTrace": "0", "LogArchiveFormat": "", "DbFileNameConvert": "", "LogFileNameConvert": "",
    "ArchiveLocation": "", "AlternateLocation": "", "StandbyArchiveLocation": "", "StandbyAlternateLocation": "",
    "InconsistentProperties": "(monitor)", "InconsistentLogXptProps": "(monitor)", "LogXptStatus": "(monitor)", "SendQEntries": "(monitor)",
    "RecvQEntries": "(monitor)", "HostName": "", "StaticConnectIdentifier": "", "TopWaitEvents": "(monitor)", "SidName": "(monitor)"}

TEXTS: Final = {
    16525: "The Oracle Data Guard broker is not yet available.", 16661: "the standby database needs to be reinstated",
    16664: "unable to receive the result from a member", 16766: "Redo Apply is stopped",
    16778: "redo transport error for one or more members", 16789: "standby redo logs configured incorrectly",
    16809: "multiple warnings detected for the member", 16810: "multiple errors or warnings detected for the member",
    16816: "incorrect database role", 16853: "apply lag has exceeded specified threshold", 16854: "apply lag could not be determined",
    16855: "transport lag has exceeded specified threshold", 16857: "member disconnected from redo source for longer than specified threshold"}
ERRORS: Final = frozenset({16525, 16661, 16664, 16766, 16778, 16810, 16816})


@dataclasses.dataclass(slots=True)
class Member:
    """``intended``: its state; "" is the one that its role begins with. ``found``: what was wrong at the last look (numbers of errors, with texts)."""

    name: str
    identifier: str
    role: str
    enabled: bool = False
    intended: str = ""
    properties: dict[str, str] = dataclasses.field(default_factory=dict)
    instance: str = ""
    host: str = ""
    reinstate: bool = False
    found: list[tuple[int, str]] = dataclasses.field(default_factory=list)

    @property
    def status(self) -> tuple[int, str]:
        """Number and text of what is wrong; (0, "") when nothing is."""
        if self.reinstate:
            return 16661, TEXTS[16661]
        if len(self.found) < 2:
            return self.found[0] if self.found else (0, "")
        number = 16810 if any(code in ERRORS or code < 16000 for code, _ in self.found) else 16809
        return number, TEXTS[number]

    @property
    def serious(self) -> bool:
        code = self.status[0]
        return bool(code) and (code in ERRORS or code < 16000)

    @property
    def state(self) -> str:
        return self.intended or ("TRANSPORT-ON" if self.role == "PRIMARY" else "APPLY-ON")

    def property(self, key: str) -> str:
        return self.properties.get(key, OF_A_DATABASE[key])


@dataclasses.dataclass(slots=True)
class Configuration:
    """What the broker's files hold."""

    name: str
    members: list[Member]
    mode: str = "MaxPerformance"
    enabled: bool = False
    properties: dict[str, str] = dataclasses.field(default_factory=dict)
    version: int = 1

    def find(self, name: str) -> Member | None:
        return next((member for member in self.members if member.name.lower() == name.lower()), None)

    def member(self, name: str) -> Member:
        """ORA-16596."""
        found = self.find(name)
        if found is None:
            raise OraError(16596, "member not part of the Oracle Data Guard broker configuration")
        return found

    @property
    def primary(self) -> Member:
        return next(member for member in self.members if member.role == "PRIMARY")

    def others(self, name: str) -> list[Member]:
        return [member for member in self.members if member.name.lower() != name.lower()]

    def source(self, member: Member) -> Member:
        """Who sends redo to a standby: whose RedoRoutes name it, else the primary."""
        for other in self.members:
            if other is not member and member.name.lower() in _routed(other, self.primary):
                return other
        return self.primary


def _routed(member: Member, primary: Member) -> list[str]:
    """Who gets redo from a member that comes from the present primary, by its RedoRoutes (documented: ``(LOCAL : a SYNC, b ASYNC)(other : c)``)."""
    found: list[str] = []
    for source, targets in re.findall(r"\(\s*([^:()]+?)\s*:\s*([^()]*)\)", member.properties.get("RedoRoutes", "")):
        names = {name.strip().lower() for name in source.split(",")}
        if ("local" in names and member is primary) or primary.name.lower() in names:
            found += [target.split()[0].lower() for target in targets.split(",") if target.strip()]
    return found


def spelt(key: str, known: dict[str, str]) -> str:
    """ORA-16540 (assumed) for what is no property."""
    for name in known:
        if name.lower() == key.lower():
            return name
    raise OraError(16540, "invalid argument")


def static_identifier(member: Member, oracle_home: str) -> str:
    """StaticConnectIdentifier: how an instance that is down is reached, by its static service ``<DB_UNIQUE_NAME>_DGMGRL`` (documented).

    The address is that of the member's connect identifier; Oracle takes it from LOCAL_LISTENER.
    """
    given = member.properties.get("StaticConnectIdentifier")
    if given:
        return given
    found = re.search(r"\(HOST=([^()]*)\).*?\(PORT=(\d+)\)", names.resolve(member.identifier, oracle_home).replace(" ", ""), re.IGNORECASE)
    host, port = found.groups() if found else (member.host, "1521")
    return (f"(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST={host})(PORT={port}))(CONNECT_DATA=(SERVICE_NAME={member.name}_DGMGRL)"
            f"(INSTANCE_NAME={member.instance})(SERVER=DEDICATED)))")


def wanted(configuration: Configuration, member: Member) -> dict[str, Any]:
    """What a member has to have set: arguments of ``Broker.configure``."""
    targets = []
    for other in configuration.members:
        if other is member or other.role == "PRIMARY" or not other.enabled or configuration.source(other) is not member:
            continue
        if other.property("LogShipping").upper() != "ON" or configuration.primary.state == "TRANSPORT-OFF":
            continue
        mode = other.property("LogXptMode").upper()
        targets.append((other.name, (
            f'service="{other.identifier}" {"SYNC AFFIRM" if mode == "SYNC" else "ASYNC NOAFFIRM"} delay={other.property("DelayMins")} '
            f'{other.property("Binding")} compression={other.property("RedoCompression").lower()} max_failure={other.property("MaxFailure")} '
            f'reopen={other.property("ReopenSecs")} db_unique_name="{other.name}" net_timeout={other.property("NetTimeout")} '
            f'valid_for=({"online_logfile" if member.role == "PRIMARY" else "standby_logfile"},all_roles)')))
    servers = "" if member.role == "PRIMARY" else ", ".join(other.identifier for other in configuration.others(member.name))
    apply = None if member.role != "PHYSICAL STANDBY" else member.state == "APPLY-ON"
    return {"targets": targets, "members": [one.name for one in configuration.members], "servers": servers,
            "managed": member.property("StandbyFileManagement").upper(), "apply": apply}


# --- how they are ---

def examine(broker: Broker, database: Database, configuration: Configuration) -> None:
    """Ask every enabled member, write down what is wrong, and bring back into line what was away."""
    for member in configuration.members:
        if not member.enabled:
            member.found = []
            continue
        try:
            known = broker.health() if member.name.lower() == broker.name.lower() else broker.ask(member, "health")
            if member.role != "PRIMARY" and known["role"] == member.role and broker.aligned.get(member.name) != (configuration.version, known["started"]):
                broker.align(configuration, member)
                known = broker.ask(member, "health")
            member.found = _wrong(configuration, member, known, database)
        except OraError as error:
            member.found = [(error.code, error.message)]


def _wrong(configuration: Configuration, member: Member, known: dict[str, Any], database: Database) -> list[tuple[int, str]]:
    found: list[int] = []
    if known["role"] != member.role:
        found.append(16816)
    if known["logs"] < 2:
        found.append(16789)
    if member.role == "PRIMARY":
        if any(sender.status.error for number, sender in database.dataguard.transport.senders.items() if number in database.dataguard.targets()):
            found.append(16778)
        return [(code, TEXTS[code]) for code in found]
    if member.role == "PHYSICAL STANDBY" and member.state == "APPLY-ON" and not known["recovering"]:
        found.append(16766)
    for name, late in (("transport lag", 16855), ("apply lag", 16853)):
        value, age = known["lags"].get(name, (None, None))
        if value is None:
            found += [16854] if name == "apply lag" and member.state == "APPLY-ON" else []
        elif age is not None and float(age) > int(member.property("TransportDisconnectedThreshold")) > 0 and name == "transport lag":
            found.append(16857)
        elif span(value) > int(member.property(name.split()[0].title() + "LagThreshold")) > 0:
            found.append(late)
    return [(code, TEXTS[code]) for code in found]


def span(value: str) -> int:
    """``+00 00:01:05`` in seconds."""
    days, hours, minutes, seconds = re.fullmatch(r"\+(\d+) (\d+):(\d+):(\d+)", value).groups()   # type: ignore[union-attr]
    return ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)


# --- reports ---

def shown(broker: Broker) -> tuple[Configuration, int]:
    """The configuration, and how many seconds ago it was looked at."""
    checked = broker.checked        # before what was found then: a configuration that is read first may be older than that look
    configuration = broker.configuration()
    if configuration.enabled and time.time() - checked > 60:
        configuration = broker.look() or configuration
    return configuration, int(time.time() - broker.checked) if broker.checked else 0


def database(broker: Broker, name: str) -> tuple[Member, dict[str, Any], dict[str, str]]:
    """A member, how it is just now, and its properties."""
    configuration = broker.configuration()
    member = configuration.member(name)
    known: dict[str, Any] = {}
    if member.enabled:
        try:
            known = broker.health() if member.name.lower() == broker.name.lower() else broker.ask(member, "health")
            member.found = _wrong(configuration, member, known, broker._database)
        except OraError as error:
            member.found = [(error.code, error.message)]
    properties = {**OF_A_DATABASE, **member.properties, "DGConnectIdentifier": member.identifier, "HostName": member.host,
                  "StaticConnectIdentifier": static_identifier(member, broker._database.spec.oracle_home)}
    return member, known, properties


def validated(broker: Broker, name: str) -> tuple[Configuration, Member, dict[str, dict[str, Any]], bool]:
    """The configuration, the member, how both sides of its pair are, and whether it is ready for a switchover."""
    configuration = broker.configuration()
    member = configuration.member(name)
    known: dict[str, dict[str, Any]] = {}
    for one in dict.fromkeys((configuration.primary.name, member.name)):
        other = configuration.member(one)
        try:
            known[one] = broker.health() if one.lower() == broker.name.lower() else broker.ask(other, "health")
        except OraError:
            known[one] = {}
    mine = known[member.name]
    ready = bool(mine) and bool(known[configuration.primary.name]) and member.enabled
    if member.role != "PRIMARY":
        known_lag = mine.get("lags", {}).get("transport lag", (None,))[0] is not None
        ready = ready and mine["role"] == "PHYSICAL STANDBY" and mine["recovering"] and not mine["gaps"] and known_lag
    return configuration, member, known, ready
