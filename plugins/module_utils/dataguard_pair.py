# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A primary and its standby, both asked: how far one is behind the other, and everything that stands in the way of changing their roles.

What is not known is never taken for zero, nor is a zero that was computed long ago (documented for V$DATAGUARD_STATS: a value that does not
change says that the standby receives nothing).
"""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import archive_destination, dataguard
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import HINTS, DbferryError, Refused, codes
from ansible_collections.dbferry.oracle.plugins.module_utils.findings import Finding, finding
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State

__metaclass__ = type

#: Resource of the other database.
PEER_DATABASE = "PEER_DATABASE"

#: What is shown of a database whose role changes.
SHOWN = ("db_unique_name", "database_role", "open_mode", "switchover_status", "unreachable")

STATISTICS = "SELECT LOWER(name) name, value, time_computed, datum_time FROM v$dataguard_stats"
GAPS = "SELECT thread# thread, low_sequence# low, high_sequence# high FROM v$archive_gap ORDER BY thread#, low_sequence#"
#: Files that recovery cannot bring further. UNNAMED is what a file is called that could not be made.
FILES = "SELECT file# file_number, name, status FROM v$datafile WHERE status NOT IN ('ONLINE', 'SYSTEM') OR name LIKE '%UNNAMED%'"
STANDBY_LOGS = "SELECT COUNT(*) logs FROM v$standby_log"

#: How V$DATAGUARD_STATS writes times: seen in transcripts of 11.2 to 19c.
STATISTICS_TIME = "%m/%d/%Y %H:%M:%S"
CLOCK = "%Y-%m-%d %H:%M:%S"
UTC = CLOCK + ".%f"

#: V$ARCHIVE_DEST.TARGET of destinations on the database's own server: at a primary and at a standby.
LOCAL = ("PRIMARY", "LOCAL")
#: V$DATABASE.SWITCHOVER_STATUS of a primary that may become a standby. SWITCHOVER TO ends sessions itself (documented).
WILLING = ("TO STANDBY", "SESSIONS ACTIVE")
#: What the others mean, and what to do (Database Reference, V$DATABASE).
UNWILLING = {
    "NOT ALLOWED": ("it knows no standby that is enabled and valid", "Look at its destination (module redo_transport)."),
    "FAILED DESTINATION": ("a destination has an error", "The error of the destination says what to do."),
    "RESOLVABLE GAP": ("the standby lacks logs, which can be fetched", "Wait until they are there (module dataguard_info)."),
    "UNRESOLVABLE GAP": ("the standby lacks logs that are nowhere", "Roll it forward from the primary (module rman_recover, from service)."),
    "LOG SWITCH GAP": ("the standby lacks redo of the last log switch", "Wait a moment, or switch the log (module log_switch)."),
    "RECOVERY NEEDED": ("the standby has redo to apply first", "Wait until it is applied."),
}


# -- one side


def side(session: t.Any) -> Attributes:
    """Everything that one database of a pair can tell of it."""
    found = dict(dataguard.facts(session), planned=session.planned)
    processes = session.query(dataguard.PROCESSES)
    found.update(processes=processes, destinations=[dict(row, remedy=dataguard.remedy(row["error"])) for row in session.query(dataguard.DESTINATIONS)],
                 standby_logs=session.one(STANDBY_LOGS)["logs"], files=session.query(FILES), release=session.release)
    if found["database_role"] != dataguard.PRIMARY:
        modes = [row["recovery_mode"] for row in session.query(dataguard.RECOVERY_MODE)]
        found.update(apply=dataguard.apply_of(processes, modes), gaps=session.query(GAPS),
                     lags=lags(session.query(STATISTICS), found["clock"]))
    return found


def sides(session: t.Any) -> State:
    """Both databases of a pair. One that cannot be reached has ``unreachable`` and no role."""
    state: State = {dataguard.DATABASE: side(session)}
    if session.peer is not None:
        try:
            state[PEER_DATABASE] = side(session.peer)
        except DbferryError as error:
            state[PEER_DATABASE] = {"unreachable": error.message, "code": error.code, "database_role": None, "open_mode": None}
    return state


def shown(state: State) -> State:
    """The little of both databases that is worth showing; the rest is in ``_side``."""
    return {name: dict({word: found[word] for word in SHOWN if word in found}, _side=found) for name, found in state.items() if found is not None}


def target_name(own: Attributes) -> str:
    """DB_UNIQUE_NAME as a statement has it, without quotes."""
    if not archive_destination.NAME.fullmatch(own["db_unique_name"]):
        raise Refused("{0!r} is not a DB_UNIQUE_NAME that a statement can have.".format(own["db_unique_name"]), code="DBF-0522",
                      hint="It has letters, digits, _, $ and #.")
    return str(own["db_unique_name"])


def in_role(state: State, *roles: str) -> t.Optional[Attributes]:
    """The one database in such a role; None when there is none or more than one."""
    found = [attributes for attributes in state.values() if attributes is not None and attributes["database_role"] in roles]
    return found[0] if len(found) == 1 else None


# -- lag


def _time(text: t.Optional[str], form: str) -> t.Optional[datetime.datetime]:
    try:
        return datetime.datetime.strptime(text or "", form)
    except ValueError:
        return None


def lags(rows: t.Sequence[Attributes], clock: str) -> t.Dict[str, Attributes]:
    """``transport lag``, ``apply lag`` and ``apply finish time``: ``seconds`` (None: unknown) and ``age``, the seconds since the standby last heard
    what they are computed from (None: never)."""
    now = _time(clock, CLOCK)
    found: t.Dict[str, Attributes] = {name: {"seconds": None, "age": None} for name in ("transport lag", "apply lag", "apply finish time")}
    for row in rows:
        if row["name"] in found:
            # The time that is left to apply has no datum of the primary's.
            heard = _time(row["time_computed" if row["name"] == "apply finish time" else "datum_time"], STATISTICS_TIME)
            found[row["name"]] = {"seconds": dataguard.seconds(row["value"]),
                                  "age": max(0, int((now - heard).total_seconds())) if now and heard else None}
    return found


def known(lag: Attributes, max_age: int) -> bool:
    """Whether a lag says anything about now."""
    return lag["seconds"] is not None and lag["age"] is not None and lag["age"] <= max_age


def in_step(primary: t.Optional[Attributes], standby: t.Optional[Attributes], max_lag: int, max_age: int) -> bool:
    """Whether a standby is known to be at most that far behind, with nothing missing, and to go on.

    :arg primary: where it was asked too, it must be sending: what the standby heard a moment ago may have been the last.
    """
    if standby is None or "lags" not in standby or primary is not None and of_destination(primary, standby):
        return False
    both = [standby["lags"][name] for name in ("transport lag", "apply lag")]
    return bool(standby["apply"]["on"] and not standby["gaps"] and all(known(lag, max_age) and lag["seconds"] <= max_lag for lag in both))


def clock_skew(state: State) -> t.Optional[float]:
    """Seconds by which the clock of the other database is ahead of this one's, as far as two questions in a row can tell."""
    clocks = [_time((state.get(name) or {}).get("utc"), UTC) for name in (dataguard.DATABASE, PEER_DATABASE)]
    return None if None in clocks else round((t.cast(t.Any, clocks[1]) - t.cast(t.Any, clocks[0])).total_seconds(), 1)


# -- what stands in the way


def readiness(state: State, limits: Attributes) -> t.List[Finding]:
    """Every reason against a switchover, all of them at once.

    :arg limits: ``max_lag`` and ``max_age`` of a lag, ``max_clock_skew``, in seconds.
    """
    planned = [attributes["planned"] for attributes in state.values() if attributes is not None and attributes.get("planned")]
    if planned:
        return [finding("warning", "planned", "Unknown until {0} is done.".format(planned[0]), "Run the phases, or look at the pair that is there.")]
    primary, standby = in_role(state, dataguard.PRIMARY), in_role(state, dataguard.PHYSICAL_STANDBY)
    found: t.List[Finding] = []
    for attributes in state.values():
        if attributes is not None and attributes.get("unreachable"):
            found.append(finding("error", "reach", "The other database cannot be asked: " + attributes["unreachable"], "It must be up on both sides."))
    if primary is None:
        found.append(finding("error", "primary", "There is not one primary among the two: {0}.".format(_roles(state)), "Name both databases of the pair."))
    if standby is None:
        found.append(finding("error", "standby", "There is not one physical standby among the two: {0}.".format(_roles(state)),
                             "A snapshot standby is converted back first (module snapshot_standby)."))
    if standby is not None:
        found += _of_standby(standby, limits)
    if primary is not None:
        found += _of_primary(primary, standby)
    for attributes in (standby, primary):
        found += _of_archiver(attributes) if attributes is not None else []
    if primary is not None and standby is not None:
        found += _of_both(primary, standby, clock_skew(state), limits)
    return found


def hopeless(found: t.Sequence[Finding]) -> t.List[Finding]:
    """Errors that do not pass by themselves."""
    return [one for one in found if one["severity"] == "error" and one.get("lasting")]


def unproven(state: State, first: State) -> bool:
    """Whether a destination has an error that would last, and redo transport has not tried again since the first look: it may be mended already."""
    return any(dataguard.lasting(row["error"]) and row["failed"] is not None and row["failed"] <= (first[name] or {}).get("clock", "")
               for name, attributes in state.items() for row in (attributes or {}).get("destinations") or [])


def prove(state: State) -> None:
    """Redo transport has tried again: what failed then will fail."""
    for attributes in state.values():
        for row in (attributes or {}).get("destinations") or []:
            row["proven"] = True


def _roles(state: State) -> str:
    return ", ".join("{0} is {1}".format(attributes.get("db_unique_name") or "the other one", attributes["database_role"] or "not reached")
                     for attributes in state.values() if attributes is not None)


def _of_standby(standby: Attributes, limits: Attributes) -> t.List[Finding]:
    found, apply = [], standby["apply"]
    if not apply["on"]:
        # The broker starts it again by itself.
        found.append(finding("error", "apply", "The standby applies no redo (ORA-16470).", "Start it (module redo_apply).",
                             lasting=standby["dataguard_broker"] != "ENABLED"))
    elif apply["status"] == "WAIT_FOR_GAP":
        found.append(finding("error", "gap", "Redo Apply waits for logs that are missing.", "Let the standby fetch them (FAL_SERVER, module redo_transport)."))
    elif apply["real_time"] is False:
        found.append(finding("warning", "real_time", "Redo is applied log by log, so the switchover has a whole log to wait for.",
                             "Have it applied in real time (module redo_apply)."))
    if standby["gaps"]:
        found.append(finding("error", "gap", "The standby lacks archived logs (ORA-16467).", "Let it fetch them (FAL_SERVER, module redo_transport), or "
                             "roll it forward from the primary (module rman_recover).",
                             ["thread {thread}: {low} to {high}".format(**gap) for gap in standby["gaps"]]))
    for name in ("transport lag", "apply lag"):
        lag = standby["lags"][name]
        if lag["seconds"] is None:
            found.append(finding("error", "lag", "The {0} is not known.".format(name), "The standby knows it once it receives redo. A new "
                                 "destination is used from the next log switch on (modules redo_transport, log_switch)."))
        elif not known(lag, limits["max_age"]):
            found.append(finding("error", "lag", "The {0} of {1:g} s was computed from what the standby heard {2} s ago, and says nothing of now.".format(
                name, lag["seconds"], "an unknown number of" if lag["age"] is None else lag["age"]), "Look at the destination at the primary."))
        elif lag["seconds"] > limits["max_lag"]:
            found.append(finding("error", "lag", "The {0} is {1:g} s, more than {2} s.".format(name, lag["seconds"], limits["max_lag"]),
                                 "Wait, or allow it with max_lag."))
    if standby["files"]:
        found.append(finding("error", "files", "Files of the standby are not recovered.", "Restore them, or create those that could not be made.",
                             ["{name} ({status})".format(**row) for row in standby["files"]], lasting=True))
    if not standby["standby_logs"]:
        found.append(finding("warning", "standby_logs", "The standby has no standby redo logs, so it receives redo log by log.", "Module standby_redo_log."))
    return found


def _of_primary(primary: Attributes, standby: t.Optional[Attributes]) -> t.List[Finding]:
    found = []
    if not dataguard.is_writable(primary):
        found.append(finding("error", "open", "The primary is {0} (ORA-16465).".format(primary["open_mode"]), "Open it."))
    if primary["switchover_status"] not in WILLING:
        why, what = UNWILLING.get(primary["switchover_status"], ("V$DATABASE does not say more", "Look into its alert log."))
        found.append(finding("error", "switchover_status", "The primary's SWITCHOVER_STATUS is {0}: {1}.".format(primary["switchover_status"], why), what))
    if standby is not None:
        found += of_destination(primary, standby)
    if not primary["standby_logs"]:
        found.append(finding("warning", "standby_logs", "The primary has no standby redo logs, which it needs once it is the standby.",
                             "Module standby_redo_log."))
    if not str(primary["force_logging"]).startswith("YES"):
        found.append(finding("warning", "force_logging", "The primary does not log everything: what was loaded without logging is not at the standby.",
                             "Module force_logging, before the standby is made."))
    return found


def of_destination(primary: Attributes, standby: Attributes) -> t.List[Finding]:
    """What is wrong with the destination by which the primary sends."""
    mine = [row for row in primary["destinations"] if archive_destination.among(row["db_unique_name"] or "", [standby["db_unique_name"]])]
    if not mine:
        return [finding("error", "destination", "The primary has no destination for {0}.".format(standby["db_unique_name"]), "Module redo_transport.",
                        lasting=True)]
    found = []
    for row in mine:
        if row["status"] != "VALID":
            lasts = row["status"] in ("DEFERRED", "DISABLED") or bool(row.get("proven") and dataguard.lasting(row["error"]))
            found.append(finding("error", "destination", "LOG_ARCHIVE_DEST_{0} of the primary is {1}{2}".format(
                row["dest_id"], row["status"], ": {0}.".format(row["error"]) if row["error"] else "."),
                row["remedy"] or "Enable it (module redo_transport).", lasting=lasts))
        elif row["gap_status"] not in (None, "NO GAP", "LOG SWITCH GAP"):
            found.append(finding("error", "gap", "LOG_ARCHIVE_DEST_{0} of the primary has {1}.".format(row["dest_id"], row["gap_status"]),
                                 UNWILLING.get(row["gap_status"], ("", "Let the standby fetch what is missing."))[1],
                                 lasting=row["gap_status"] == "UNRESOLVABLE GAP"))
    return found


def _of_archiver(database: Attributes) -> t.List[Finding]:
    """Whether a database archives its own redo. A standby goes on applying for as long as it has standby redo logs; as the primary it would stop."""
    return [finding("error", "archiver", "{0} cannot archive to LOG_ARCHIVE_DEST_{1}: {2}.".format(
        database["db_unique_name"], row["dest_id"], str(row["error"]).rstrip(".")),
        next((HINTS[code] for code in codes(str(row["error"])) if code in HINTS), dataguard.UNKNOWN_REMEDY))
        for row in database["destinations"] if row["status"] == "ERROR" and row["target"] in LOCAL]


def _of_both(primary: Attributes, standby: Attributes, skew: t.Optional[float], limits: Attributes) -> t.List[Finding]:
    found = []
    if primary["dbid"] != standby["dbid"]:
        found.append(finding("error", "dbid", "{0} is no standby of {1}: their DBIDs are {2} and {3}.".format(
            standby["db_unique_name"], primary["db_unique_name"], standby["dbid"], primary["dbid"]), "Name the right databases.", lasting=True))
    if primary["db_unique_name"].upper() == standby["db_unique_name"].upper():
        found.append(finding("error", "db_unique_name", "Both have the DB_UNIQUE_NAME {0}.".format(primary["db_unique_name"]), "The standby needs its own.",
                             lasting=True))
    back = [row for row in standby["destinations"] if archive_destination.among(row["db_unique_name"] or "", [primary["db_unique_name"]])]
    # The broker makes one when the roles change.
    if not back and standby["dataguard_broker"] != "ENABLED":
        found.append(finding("warning", "destination", "The standby has no destination for {0}: once it is the primary it sends no redo back.".format(
            primary["db_unique_name"]), "Module redo_transport for the standby, unless there shall be no way back."))
    if skew is not None and abs(skew) > limits["max_clock_skew"]:
        found.append(finding("warning", "clock", "The clocks of the two servers are {0:g} s apart, so times and lags mislead.".format(abs(skew)),
                             "Have both follow the same time server."))
    return found
