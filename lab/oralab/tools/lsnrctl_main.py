# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``lsnrctl``: asks the listener of this ORACLE_HOME for its status and services, and starts, stops and reloads it.

What it prints is from transcripts; TNS-01101 and NL-00853 are documented, exit codes are assumed (1 after a TNS- error). A listener that is started shows what
instances have registered at once, where a real one waits for them. Only the host's own listener exists: another name is one of which nothing
stands in listener.ora.
"""
from __future__ import annotations

import datetime
import glob
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from oralab.net import names
from oralab.tools import control
from oralab.tools.lsnrctl_server import Handler, Report

_COMMANDS = ("status", "services", "reload", "start", "stop", "version", "help", "exit", "quit")
_NO_LISTENER = """TNS-12541: TNS:no listener
 TNS-12560: TNS:protocol adapter error
  TNS-00511: No listener
   Linux Error: 111: Connection refused"""
_DONE = "The command completed successfully"
_WORDS = {"READY": "ready", "BLOCKED": "blocked", "RESTRICTED": "restricted"}


class _Failure(Exception):
    """What is printed."""


class Home:
    """The listener of an ORACLE_HOME."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.path = environment.get("ORACLE_HOME", "")
        self.admin = names.admin_directory(self.path, environment)

    @property
    def directories(self) -> Iterator[str]:
        """Databases of this home; the process of any of them is the listener's too."""
        for file in sorted(glob.glob(os.path.join(glob.escape(self.path), "dbs", "*.lab"))):
            with open(file, encoding="utf-8") as at:
                yield at.read().strip()

    def address(self, name: str) -> tuple[str, int]:
        """Where a listener is to listen; without an entry LISTENER has its default place (documented)."""
        found = names.listener_address(self.admin, name)
        if found is None and name.upper() != "LISTENER":
            raise _Failure(f"TNS-01101: Could not find service name {name}")
        return found or ("", names.DEFAULT_PORT)

    def ask(self, verb: str) -> Report | None:
        """What the listener says; None when no process of this home runs."""
        for directory in self.directories:
            try:
                with control.connect(directory, control.Hello("listener")) as conversation:
                    conversation.send(verb)
                    report: Report = conversation.recv()
                    return report
            except (OSError, EOFError):
                continue
        return None

    def revive(self) -> None:
        """Start the process of a home whose processes are all gone; its instance stays down."""
        from oralab.hosts import restart
        for directory in self.directories:
            restart(directory, to="DOWN")
            return


def _description(address: tuple[str, int], form: str = "TCP") -> str:
    return f"(DESCRIPTION=(ADDRESS=(PROTOCOL={form})(HOST={address[0]})(PORT={address[1]})))"


def _release(report: Report | None) -> str:
    return "12.1.0.2.0" if report is not None and report.version[0] == 12 else "19.0.0.0.0"


def banner(report: Report | None) -> str:
    year = 2014 if _release(report).startswith("12") else 2019
    return (f"\nLSNRCTL for Linux: Version {_release(report)} - Production on {_clock(datetime.datetime.now())}\n\n"
            f"Copyright (c) 1991, {year}, Oracle.  All rights reserved.\n")


def _clock(time: datetime.datetime) -> str:
    return f"{time:%d-%b-%Y %H:%M:%S}".upper()



def _status(home: Home, report: Report) -> list[str]:
    started = report.started or datetime.datetime.now()
    up = int((datetime.datetime.now() - started).total_seconds())
    days, hours, minutes, seconds = up // 86400, up // 3600 % 24, up // 60 % 60, up % 60
    base = os.path.join(os.path.dirname(home.path), "diag", "tnslsnr", os.uname().nodename, report.name.lower(), "alert", "log.xml")
    facts = (("Alias", report.name), ("Version", f"TNSLSNR for Linux: Version {_release(report)} - Production"),
             ("Start Date", _clock(started)), ("Uptime", f"{days} days {hours} hr. {minutes} min. {seconds} sec"),
             ("Trace Level", "off"), ("Security", "ON: Local OS Authentication"), ("SNMP", "OFF"),
             ("Listener Parameter File", os.path.join(home.admin, "listener.ora")), ("Listener Log File", base))
    return ["STATUS of the LISTENER", "-" * 24, *(f"{name:<26}{value}" for name, value in facts),
            "Listening Endpoints Summary...", f"  {_description((report.host, report.port), 'tcp')}"]


def _services(handlers: Iterable[Handler], *, in_full: bool) -> list[str]:
    by_service: dict[str, list[Handler]] = {}
    for handler in handlers:
        by_service.setdefault(handler.service, []).append(handler)
    if not by_service:
        return ["The listener supports no services"]
    lines = ["Services Summary..."]
    for service, found in by_service.items():
        lines.append(f'Service "{service}" has {len(found)} instance(s).')
        for one in found:
            lines.append(f'  Instance "{one.instance}", status {one.status}, has 1 handler(s) for this service...')
            if in_full:
                state = f" state:{_WORDS[one.status]}" if one.status in _WORDS else ""
                lines += ["    Handler(s):", f'      "DEDICATED" established:{one.established} refused:0{state}', "         LOCAL SERVER"]
    return lines


def _told(home: Home, verb: str, name: str) -> list[str]:
    """Do one command; what is printed after the banner. Raises _Failure."""
    address = home.address(name)
    report = home.ask("status")
    if report is not None and address[0] == "":
        address = (report.host, address[1])
    there = report is not None and report.listening and report.name.upper() == name.upper() and (report.port, report.host) == (address[1], address[0])
    connecting = f"Connecting to {_description(address)}"
    if verb == "start":
        return _started(home, name, address, connecting, there)
    if not there or report is None:
        raise _Failure(f"{connecting}\n{_NO_LISTENER}")
    if verb in ("reload", "stop"):
        home.ask(verb)
        return [connecting, _DONE]
    lines = [connecting]
    if verb == "version":
        return [*lines, f"TNSLSNR for Linux: Version {_release(report)} - Production", _DONE]
    if verb == "status":
        lines += _status(home, report)
    return [*lines, *_services(report.handlers, in_full=verb == "services"), _DONE]


def _started(home: Home, name: str, address: tuple[str, int], connecting: str, there: bool) -> list[str]:
    if there:
        raise _Failure(f"TNS-01106: Listener using listener name {name} has already been started")
    if home.ask("status") is None:
        home.revive()
    report = home.ask("start")
    if report is None or (report.host, report.port) != address or report.name.upper() != name.upper():
        raise _Failure("TNS-12560: TNS:protocol adapter error (lab: not simulated: a listener beside the host's own, or at another address)")
    starting = [f"Starting {os.path.join(home.path, 'bin', 'tnslsnr')}: please wait...", ""]
    if report.failed:
        raise _Failure("\n".join([*starting, "TNS-12542: TNS:address already in use", " TNS-12560: TNS:protocol adapter error",
                                  "  TNS-00512: Address already in use", "   Linux Error: 98: Address already in use", "",
                                  "Listener failed to start. See the error message(s) above..."]))
    return [*starting, f"TNSLSNR for Linux: Version {_release(report)} - Production",
            f"System parameter file is {os.path.join(home.admin, 'listener.ora')}", f"Listening on: {_description(address, 'tcp')}", "",
            connecting, *_status(home, report), *_services(report.handlers, in_full=False), _DONE]


def command(home: Home, words: Sequence[str]) -> int:
    """One command; its exit code."""
    verb = words[0].lower()
    if verb not in _COMMANDS:
        print(f'NL-00853: undefined command "{words[0]}".  Try "help"')
        return 1
    if verb == "help":
        print("The following operations are available\nAn asterisk (*) denotes a modifier or extended command:\n\n" + "\n".join(_COMMANDS))
        return 0
    try:
        print("\n".join(_told(home, verb, words[1] if len(words) > 1 else "LISTENER")))
    except _Failure as failure:
        print(failure)
        return 1
    return 0


def main() -> int:
    home = Home(os.environ)
    print(banner(home.ask("status")))
    if sys.argv[1:]:
        return command(home, sys.argv[1:])
    print('Welcome to LSNRCTL, type "help" for information.\n')
    code = 0
    for line in sys.stdin:
        words = line.split()
        if words and words[0].lower() in ("exit", "quit"):
            break
        if words:
            print("LSNRCTL> ", end="")
            code = command(home, words)
    return code


if __name__ == "__main__":
    sys.exit(main())
