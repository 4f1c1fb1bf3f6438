# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data Guard as the databases tell it: roles, Redo Apply, destinations, lag.

Everything here is asked of fixed views, which a mounted standby answers. Its session has SYSDG or SYSDBA: nobody else logs on to a database
that is not open (ORA-01033).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import dgmgrl, planned
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import Finding, finding
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

__metaclass__ = type

PRIMARY = "PRIMARY"
PHYSICAL_STANDBY = "PHYSICAL STANDBY"
SNAPSHOT_STANDBY = "SNAPSHOT STANDBY"

#: Kinds of resources in the state of modules.
DATABASE = "DATABASE"
APPLY = "REDO_APPLY"

FACTS = """
SELECT d.dbid, d.name, d.db_unique_name, d.database_role, d.open_mode, d.switchover_status, d.protection_mode, d.protection_level,
       d.dataguard_broker, d.current_scn, d.standby_became_primary_scn, d.resetlogs_change# resetlogs_scn, d.log_mode, d.force_logging,
       d.flashback_on, TO_CHAR(SYSDATE, 'YYYY-MM-DD HH24:MI:SS') clock,
       TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD HH24:MI:SS.FF3') utc
  FROM v$database d
"""
#: MRP0 is Redo Apply. The view is there in every release from 11.2 to 19c (documented; 12.2 adds another one).
PROCESSES = """
SELECT process, status, client_process, thread# thread, sequence# sequence, block# block, delay_mins delay FROM v$managed_standby ORDER BY process
"""
#: On a standby its own destinations show how it applies (known to DBAs).
RECOVERY_MODE = "SELECT DISTINCT recovery_mode FROM v$archive_dest_status WHERE recovery_mode LIKE 'MANAGED%'"

#: Columns are those of 12.1.
DESTINATIONS = """
SELECT d.dest_id, d.status, d.target, d.destination, d.db_unique_name, d.error, d.valid_now, d.valid_role, d.transmit_mode, d.reopen_secs reopen,
       TO_CHAR(d.fail_date, 'YYYY-MM-DD HH24:MI:SS') failed, s.gap_status, s.recovery_mode, s.synchronization_status, s.database_mode
  FROM v$archive_dest d JOIN v$archive_dest_status s ON s.dest_id = d.dest_id
 WHERE d.status <> 'INACTIVE' ORDER BY d.dest_id
"""

_INTERVAL = re.compile(r"([+-])?(\d+) (\d+):(\d\d):(\d\d)(?:\.(\d+))?")


def facts(session: t.Any) -> Attributes:
    """What V$DATABASE tells, of a database that is mounted at least."""
    found: Attributes = session.one(FACTS)
    return found


def redo_apply(session: t.Any) -> Attributes:
    """How a standby applies redo: ``on``, ``status`` of MRP0, ``real_time`` (None: it cannot be told) and ``delay`` in minutes."""
    return apply_of(session.query(PROCESSES), [row["recovery_mode"] for row in session.query(RECOVERY_MODE)])


def apply_of(processes: t.Sequence[Attributes], modes: t.Sequence[str]) -> Attributes:
    """Redo Apply by the rows of :data:`PROCESSES` and :data:`RECOVERY_MODE`."""
    found = next((row for row in processes if row["process"].startswith("MRP")), None)
    if found is None:
        return {"on": False, "status": None, "real_time": None, "delay": None, "thread": None, "sequence": None}
    return {"on": True, "status": found["status"], "real_time": any("REAL TIME" in mode for mode in modes) if modes else None,
            "delay": found["delay"] or 0, "thread": found["thread"], "sequence": found["sequence"]}


def seconds(interval: t.Optional[str]) -> t.Optional[float]:
    """Seconds of an interval as V$DATAGUARD_STATS has it (``+00 00:01:05``); None for what it does not know, which is not zero."""
    found = _INTERVAL.search(interval or "")
    if found is None:
        return None
    sign, days, hours, minutes, whole, fraction = found.groups()
    value = ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(whole) + float("0." + (fraction or "0"))
    return -value if sign == "-" else value


def is_open(found: Attributes) -> bool:
    """Open for reading or writing, by V$DATABASE.OPEN_MODE."""
    return str(found["open_mode"]).startswith("READ")


def is_writable(found: Attributes) -> bool:
    return bool(found["open_mode"] == "READ WRITE")


def becomes(database_role: str, open_mode: str) -> State:
    """Effects of a step after which V$DATABASE says so."""
    return {planned.FACTS: {"database_role": database_role, "open_mode": open_mode}}


# -- the broker

#: This database as a member of the broker's configuration, which any member tells (documented).
BROKER_MEMBER = "SELECT database, enabled FROM v$dg_broker_config WHERE UPPER(database) = UPPER(:name)"


def broker_member(session: t.Any, found: Attributes) -> t.Optional[str]:
    """The name that a database has in the broker's configuration; None while no broker is in charge of it."""
    if found["dataguard_broker"] != "ENABLED":
        return None
    member = session.one(BROKER_MEMBER, name=found["db_unique_name"])
    return str(member["database"]) if member and member["enabled"] == "TRUE" else None


#: The account with which the broker changes roles. Documented in the fragment ``broker``.
BROKER_OPTIONS: t.Dict[str, t.Dict[str, t.Any]] = {"sys_user": {"type": "str", "default": "SYS"}, "sys_password": {"type": "str", "no_log": True}}


def by_broker(command: str, want: Want, effects: State, effects_at_peer: t.Optional[State] = None, connect_identifier: t.Optional[str] = None) -> Step:
    """The step in which DGMGRL changes a role, restarts included.

    :arg want: has :data:`BROKER_OPTIONS`.
    :arg connect_identifier: of the member that it connects to; None: the one on whose server it runs.
    """
    logon = {"user": want["sys_user"], "password": want["sys_password"]} if want["sys_password"] else None
    if logon and connect_identifier:
        logon["connect_identifier"] = connect_identifier
    return Step(dgmgrl.Broker([command], logon), effects=effects, effects_at_peer=effects_at_peer)


def broker_findings(managed: bool, member: t.Optional[str], want: Want) -> t.List[Finding]:
    """What the broker lacks for changing a role.

    :arg managed: it is in charge of one of the pair.
    :arg member: the name that it has for the database whose role is to change.
    """
    found = []
    if managed and member is None:
        found.append(finding("error", "broker", "The broker is in charge, and this database is no enabled member of its configuration.",
                             "Add or enable it (module dataguard_broker)."))
    if managed and not want["sys_password"]:
        found.append(finding("error", "broker", "The broker is in charge, and changes roles for somebody with a password only.",
                             "Give sys_password; DGMGRL logs on to both databases with it."))
    return found


# -- the journal of a standby


def journal_of(session: t.Any, found: Attributes) -> t.Any:
    """Where the journal of a database is: a standby cannot write one, so it is that of its primary, which is the peer. None when there is none.

    :arg found: facts of the database. A standby is a copy of its primary, journal included, so items bear the name of their database.
    """
    if is_writable(found):
        return session.journal
    return session.peer.journal if session.peer is not None else None


def written_at(steps: t.Sequence[Step], at_peer: bool) -> t.List[Step]:
    """Steps whose journal items are written to the peer's journal first, where that is the place."""
    if not at_peer:
        return list(steps)
    result: t.List[Step] = []
    for step in steps:
        if step.remember:
            result.append(Step(None, remember=step.remember, at_peer=True))
            step.remember = {}
        result.append(step)
    return result


# -- Redo Apply

_MANAGED = "ALTER DATABASE RECOVER MANAGED STANDBY DATABASE "


def start_apply(real_time: bool, release: t.Sequence[int], member: t.Optional[str] = None) -> Step:
    """The step that begins to apply redo in the background. Real time is what the words mean alone since 12.1 (documented).

    :arg member: the broker's name of the standby. It starts and stops apply itself, and would undo what it was not told of.
    """
    since_12 = tuple(release) >= (12,)
    words = "" if real_time == since_12 else "USING CURRENT LOGFILE " if real_time else "USING ARCHIVED LOGFILE "
    return _change_apply(member, "APPLY-ON", words + "DISCONNECT FROM SESSION", on=True, real_time=member is not None or real_time)


def stop_apply(member: t.Optional[str] = None) -> Step:
    return _change_apply(member, "APPLY-OFF", "CANCEL", on=False, real_time=None)


def _change_apply(member: t.Optional[str], state: str, words: str, **after: t.Optional[bool]) -> Step:
    """By the broker where it is in charge, by SQL otherwise."""
    return Step(Statement(_MANAGED + words) if member is None else dgmgrl.Broker([dgmgrl.set_state(member, state)]), effects={APPLY: dict(after)})


# -- what stands in the way of redo

#: What a destination's error means for its destination, and what to do. Sources: Oracle Database Error Messages.
TRANSPORT_REMEDIES = {
    "ORA-01017": "The password files of the two databases differ. Copy that of the primary to the standby's server (module password_file).",
    "ORA-01031": "The standby has no password file, or the account of redo transport is not in it (module password_file).",
    "ORA-01033": "The standby's instance is starting or stopping.",
    "ORA-01034": "The standby's instance is down. Mount it (module instance).",
    "ORA-03113": "The connection to the standby broke. Look at its instance and at the network; redo is sent again by itself.",
    "ORA-12154": "The primary's server does not know this net service name: it is resolved there, in its tnsnames.ora (module net_service).",
    "ORA-12170": "The standby's server does not answer. Look at the network and the firewall.",
    "ORA-12505": "The standby's listener does not know this SID. Use a service name.",
    "ORA-12514": "The standby's listener does not know the service: its instance is down, or not registered there (module net_service).",
    "ORA-12528": "The standby's instance is not mounted yet, or its listener needs a static entry for it (module net_service).",
    "ORA-12541": "The standby's listener is down, or the address is wrong.",
    "ORA-12543": "The standby's server cannot be reached. Look at the network and the firewall.",
    "ORA-16009": "What is at the other end is no standby database.",
    "ORA-16047": "DB_UNIQUE_NAME of the destination is not that of the database at the other end.",
    "ORA-16053": "DB_UNIQUE_NAME of the destination is not in DG_CONFIG of LOG_ARCHIVE_CONFIG.",
    "ORA-16057": "LOG_ARCHIVE_CONFIG of the standby does not name the primary (run redo_transport for the standby too).",
    "ORA-16058": "The standby's instance is not mounted. Mount it (module instance).",
    "ORA-16086": "The standby has no standby redo log that can take the redo: add some, of the size of the online logs (module standby_redo_log).",
    "ORA-16191": "The password files of the two databases differ. Copy that of the primary to the standby's server (module password_file).",
    "ORA-16198": "The standby did not answer in time (NET_TIMEOUT). Look at the network and at the standby's disks.",
    "ORA-16401": "The standby has that log already; nothing is to be done.",
    "ORA-00257": "The standby has no room for archived logs (module recovery_area there).",
    "ORA-00270": "The standby could not make an archived log. Look at the room and the permissions of its destination.",
    "ORA-19809": "The standby's recovery area is full (module recovery_area there).",
}
#: Those of them that nothing but a hand cures: passwords, names, parameters, room.
LASTING = ("ORA-00257", "ORA-01017", "ORA-01031", "ORA-12154", "ORA-12505", "ORA-16009", "ORA-16047", "ORA-16053", "ORA-16057", "ORA-16191", "ORA-19809")
UNKNOWN_REMEDY = "Look the code up, and into the alert logs of both databases."

_CODE = re.compile(r"ORA-\d{5}")


def remedy(error: t.Optional[str]) -> t.Optional[str]:
    """What to do about the error of a destination; None without one."""
    if not error:
        return None
    return next((TRANSPORT_REMEDIES[code] for code in _CODE.findall(error) if code in TRANSPORT_REMEDIES), UNKNOWN_REMEDY)


def lasting(error: t.Optional[str]) -> bool:
    """Whether the error of a destination is one that does not pass by itself."""
    return any(code in LASTING for code in _CODE.findall(error or ""))
