# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``srvctl``: starts, stops and shows databases that clusterware manages, by way of their instances' local channels.

Registered are RAC databases and those whose specification says Oracle Restart. Options have both their forms, ``-d`` and ``-db``
(documented). Messages of what is running or stopped already, and of what does not exist, are from transcripts; exit codes, which
options go together, and messages of wrong command lines are assumed. Clusterware watches nothing here: what is stopped by other means
stays stopped.
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence

from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec
from oralab.errors import OraError
from oralab.tools.sqlplus_main import LocalLink

FAILED, ALREADY = 1, 2
_OPTIONS = {"-d": "db", "-db": "db", "-i": "instance", "-instance": "instance", "-n": "node", "-node": "node",
            "-o": "option", "-startoption": "option", "-stopoption": "option"}
_START = {"open": "OPEN", "mount": "MOUNT", "nomount": "NOMOUNT", "read only": "OPEN READ ONLY", "restrict": "RESTRICT OPEN", "force": "FORCE OPEN"}
_STOP = ("normal", "transactional", "immediate", "abort")


class _Failure(Exception):
    """What is printed, and the exit code."""

    def __init__(self, *lines: str, code: int = FAILED) -> None:
        super().__init__("\n".join(lines))
        self.code = code


@dataclasses.dataclass(frozen=True, slots=True)
class Managed:
    """A registered database, from this ORACLE_HOME."""

    spec: DatabaseSpec
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.spec.db_unique_name.lower()

    @property
    def resource(self) -> str:
        return f"ora.{self.name}.db"

    @property
    def instances(self) -> tuple[str, ...]:
        return self.spec.instances or (self.spec.instance_name,)

    def link(self, instance: str) -> LocalLink:
        return LocalLink({**self.environment, "ORACLE_SID": instance}, "SYSDBA")

    def running(self, instance: str) -> bool:
        link = self.link(instance)
        try:
            return not link.idle
        finally:
            link.close(commit=False)

    def instance(self, instance: str, verb: str, how: str) -> None:
        """STARTUP or SHUTDOWN of one instance. What goes wrong is told as clusterware does."""
        link = self.link(instance)
        try:
            link.instance(verb, how)
        except OraError as error:
            word, code = ("start", "CRS-2674: Start") if verb == "STARTUP" else ("stop", "CRS-2675: Stop")
            raise _Failure(f"PRCR-10{79 if word == 'start' else 65} : Failed to {word} resource {self.resource}",
                           f'CRS-5017: The resource action "{self.resource} {word}" encountered the following error: ', error.text,
                           f"{code} of '{self.resource}' on '{self.spec.host}' failed") from None
        finally:
            link.close(commit=False)


def find(name: str, environment: Mapping[str, str]) -> Managed:
    """The registered database of this name; upper and lower case are the same (documented)."""
    directory = os.path.join(environment.get("ORACLE_HOME", ""), "dbs")
    for file in sorted(os.listdir(directory)):
        if file.endswith(".lab"):
            with open(os.path.join(directory, file), encoding="utf-8") as at:
                spec = Database.open(at.read().strip(), to="DOWN").spec
            if spec.db_unique_name.lower() == name.lower() and (spec.instances or spec.oracle_restart):
                return Managed(spec, environment)
    raise _Failure(f"PRCD-1120 : The resource for database {name} could not be found.",
                   f"PRCR-1001 : Resource ora.{name.lower()}.db does not exist")


def _chosen(database: Managed, options: Mapping[str, str]) -> tuple[str, ...]:
    """The instances that ``-i`` names."""
    if not database.spec.instances:
        raise _Failure("PRKO-2001 : Invalid command line syntax")     # an object of RAC only (documented)
    wanted = tuple(part.strip() for part in options["instance"].split(","))
    known = {one.lower(): one for one in database.instances}
    unknown = [one for one in wanted if one.lower() not in known]
    if unknown:
        raise _Failure(f"PRCD-1052 : instance {unknown[0]} of database {database.name} is not known (lab: text assumed)")
    return tuple(known[one.lower()] for one in wanted)


def start(database: Managed, instances: Sequence[str], option: str) -> None:
    how = _START.get(option.lower() or "open")
    if how is None:
        raise _Failure(f"PRKO-2002 : Invalid command line option: {option}")
    stopped = [one for one in instances if not database.running(one)]
    if not stopped:
        raise _Failure(f"PRCC-1014 : {database.name} was already running", f"PRCR-1004 : Resource {database.resource} is already running",
                       f"PRCR-1079 : Failed to start resource {database.resource}",
                       f"CRS-5702: Resource '{database.resource}' is already running on '{database.spec.host}'", code=ALREADY)
    for one in stopped:
        database.instance(one, "STARTUP", how)


def stop(database: Managed, instances: Sequence[str], option: str) -> None:
    mode = option.lower() or "immediate"
    if mode not in _STOP:
        raise _Failure(f"PRKO-2002 : Invalid command line option: {option}")
    running = [one for one in instances if database.running(one)]
    if not running:
        raise _Failure(f"PRCC-1016 : {database.name} was already stopped", code=ALREADY)
    for one in running:
        database.instance(one, "SHUTDOWN", mode.upper())


def status(database: Managed, instances: Sequence[str]) -> None:
    for one in instances:
        running = database.running(one)
        if database.spec.instances:
            print(f"Instance {one} is {'running' if running else 'not running'} on node {database.spec.host}")
        else:
            print("Database is running." if running else "Database is not running.")


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """One command line. Raises _Failure."""
    if len(arguments) < 2 or arguments[0] not in ("start", "stop", "status") or arguments[1] not in ("database", "db", "instance", "inst"):
        raise _Failure(f"PRKO-2000 : Invalid command line syntax (lab: not simulated: srvctl {' '.join(arguments[:2])})")
    verb, instance = arguments[0], arguments[1].startswith("inst")
    options: dict[str, str] = {}
    rest = list(arguments[2:])
    while rest:
        name = _OPTIONS.get(rest[0])
        if name is None or len(rest) < 2:
            raise _Failure(f"PRKO-2002 : Invalid command line option: {rest[0]}")
        options[name] = rest[1]
        rest = rest[2:]
    if "db" not in options or instance != ("instance" in options) or "node" in options or (verb == "status" and "option" in options):
        raise _Failure("PRKO-2001 : Invalid command line syntax")
    database = find(options["db"], environment)
    instances = _chosen(database, options) if instance else database.instances
    if verb == "status":
        status(database, instances)
    else:
        (start if verb == "start" else stop)(database, instances, options.get("option", ""))


def main() -> int:
    if not os.environ.get("ORACLE_HOME"):
        print("PRKH-1010 : Unable to communicate with CRS services. (lab: ORACLE_HOME is not set)")
        return FAILED
    with contextlib.suppress(BrokenPipeError):
        try:
            run(sys.argv[1:], os.environ)
        except _Failure as failure:
            print(failure)
            return failure.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
