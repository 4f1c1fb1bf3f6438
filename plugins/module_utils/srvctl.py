# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server Control: starts and stops what Oracle Clusterware or Oracle Restart manages, and how to read what it says."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import FAILED, OK, WARNING, Message, Outcome
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command

__metaclass__ = type

_CODED = re.compile(r"^\s*((?:PR[A-Z]{2}|CRS|ORA)-\d{4,5}) ?: ?(.*)$")
#: It was running, stopped, registered or forgotten already (transcripts; PRKO-3117 documented). With any other code beside them the command
#: failed: an unknown database has PRCD-1120 above PRCR-1001.
ALREADY = {"PRKO-3117", "PRCR-1001", "PRCC-1014", "PRCC-1016", "PRCR-1004", "PRCR-1005", "PRCR-1079", "CRS-5702"}


def stop(database: str, mode: str, instance: t.Optional[str] = None) -> Command:
    """``srvctl stop database``, or one instance of it.

    :arg mode: a mode of SHUTDOWN.
    """
    return Command(["srvctl", "stop"] + _what(database, instance) + ["-o", mode.lower()])


def start(database: str, option: str = "open", instance: t.Optional[str] = None) -> Command:
    """``srvctl start database``, or one instance of it.

    :arg option: nomount, mount, open or "read only". Single letters are what every release from 11.2 on takes (documented).
    """
    return Command(["srvctl", "start"] + _what(database, instance) + ["-o", option])


def service(verb: str, database: str, name: str, options: t.Sequence[str] = ()) -> Command:
    """``srvctl add|start|stop|remove service``.

    :arg options: of ``add``: ``-r`` (preferred instances), ``-l`` (roles), ``-pdb``.
    """
    return Command(["srvctl", verb, "service", "-d", database, "-s", name] + list(options))


def database(verb: str, name: str, options: t.Sequence[str] = ()) -> Command:
    """``srvctl add|modify|enable|disable|remove database``, with the long names of options that there are since 12.1 (documented)."""
    return Command(["srvctl", verb, "database", "-db", name] + list(options))


def instance(verb: str, name: str, sid: str, options: t.Sequence[str] = ()) -> Command:
    """``srvctl add instance``: an instance of a RAC database, with the node on which it runs (documented)."""
    return Command(["srvctl", verb, "instance", "-db", name, "-instance", sid] + list(options))


#: The language of srvctl is that of its process (it is a Java program), not NLS_LANG.
_CONFIG = """LC_ALL=C; export LC_ALL
exec "$ORACLE_HOME/bin/srvctl" config database -db "$1" -all
"""
_LINE = re.compile(r"^([A-Za-z][A-Za-z ]*):[ \t]*(.*?)\s*$", re.MULTILINE)
#: There is no such database on record.
_UNKNOWN = frozenset({"PRCD-1120", "PRCR-1001"})


def resource(name: str) -> str:
    """The resource of a state that is what :func:`registered` gives."""
    return "CLUSTERWARE_DATABASE {0}".format(name)


def registered(session: t.Any, name: str) -> t.Optional[t.Dict[str, t.Any]]:
    """What clusterware has on record of a database: the lines of ``srvctl config database``, and ``enabled``. None when there is nothing.

    :raises DbferryError: PRCD-1027 where no clusterware answers, PRCD-1229 where it belongs to another ORACLE_HOME.
    """
    rc, text = session.on_server(["/bin/sh", "-c", _CONFIG, "sh", name])
    outcome = parse(text, rc)
    if _UNKNOWN & set(outcome.errors):
        return None
    outcome.require("Asking clusterware for the database {0}".format(name), "srvctl config database -db {0} -all".format(name))
    found: t.Dict[str, t.Any] = dict(_LINE.findall(text))
    return dict(found, enabled="Database is disabled" not in text)


def services(database: t.Dict[str, t.Any]) -> t.List[str]:
    """The services of what :func:`registered` gives."""
    return [name.strip() for name in (database.get("Services") or "").split(",") if name.strip()]


def _what(database: str, instance: t.Optional[str]) -> t.List[str]:
    return ["instance", "-d", database, "-i", instance] if instance else ["database", "-d", database]


def parse(text: str, rc: t.Optional[int] = None) -> Outcome:
    """Read what it printed. Silence and an exit code of 0 are success."""
    outcome = Outcome(wrappers=frozenset({"PRCR-1079", "PRCR-1065", "PRCD-1084", "PRCC-1014", "PRCC-1016", "PRCR-1004", "PRCR-1005"}))
    found = [Message(match.group(1), match.group(2)) for match in map(_CODED.match, text.split("\n")) if match]
    already = bool(found) and {message.code for message in found} <= ALREADY
    for message in found:
        outcome.note(message, harmless=already)
    outcome.verdict = WARNING if already else FAILED if found or rc else OK
    return outcome
