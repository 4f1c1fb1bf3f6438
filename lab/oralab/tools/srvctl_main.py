# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``srvctl``: registers, starts, stops and shows databases that clusterware manages, by way of their instances' local channels.

Registered are RAC databases and those whose specification says Oracle Restart, and what is added. Options have both their forms, ``-d`` and ``-db``,
those of ``add`` and ``modify database`` the long one alone (documented). Messages of what is running or stopped already, and of what does not exist, are
from transcripts; exit codes, which options go together, and messages of wrong command lines are assumed. Clusterware watches nothing here: what is stopped
by other means stays stopped. One server stands for all nodes of a cluster; an instance that clusterware starts there for the first time gets what its tools
find the database by, as the agent writes an init.ora that names the server parameter file (known to DBAs).
"""
from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from oralab.errors import OraError
from oralab.tools import control, srvctl_databases, srvctl_services
from oralab.tools.sqlplus_main import LocalLink

FAILED, ALREADY = 1, 2
_FLAGS = {"-a": "all", "-all": "all", "-f": "force", "-force": "force", "-y": "noprompt", "-noprompt": "noprompt"}
_OPTIONS = {**{f"-{name}": name for name in (*srvctl_databases.ATTRIBUTES, "dbtype", "node")},
            "-s": "service", "-service": "service", "-r": "preferred", "-preferred": "preferred", "-l": "role", "-role": "role", "-pdb": "pdb",
            "-d": "db", "-db": "db", "-i": "instance", "-instance": "instance",
            "-o": "option"}
_REGISTERED = frozenset({"db", *srvctl_databases.ATTRIBUTES})
_OF_DATABASE, _OF_SERVICE = ("database", "db", "instance", "inst"), frozenset({"db", "service"})
_COMMANDS: dict[tuple[str, str], frozenset[str]] = {
    **{(verb, kind): frozenset({"db", "instance", "option", f"{verb}option"}) for verb in ("start", "stop") for kind in _OF_DATABASE},
    ("add", "instance"): frozenset({"db", "instance", "node"}),
    ("add", "database"): _REGISTERED | {"dbtype", "node"}, ("modify", "database"): _REGISTERED, ("config", "database"): frozenset({"db", "all"}),
    **{(verb, "database"): frozenset({"db"}) for verb in ("enable", "disable")}, ("remove", "database"): frozenset({"db", "force", "noprompt"}),
    **{("status", kind): frozenset({"db", "instance"}) for kind in _OF_DATABASE},
    **{(verb, "service"): _OF_SERVICE for verb in ("start", "stop", "status", "remove")},
    ("add", "service"): _OF_SERVICE | {"preferred", "role", "pdb"}}
"""Which options a command takes."""
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

    registration: srvctl_databases.Registration
    host: str
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.registration.name.lower()

    @property
    def resource(self) -> str:
        return self.registration.resource

    @property
    def services(self) -> srvctl_services.Registry:
        return srvctl_services.Registry(self.environment["ORACLE_HOME"], self.name)

    @property
    def instances(self) -> tuple[str, ...]:
        return self.registration.sids

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
        self._known_to_tools(instance)
        link = self.link(instance)
        try:
            link.instance(verb, how)
        except OraError as error:
            word, code = ("start", "CRS-2674: Start") if verb == "STARTUP" else ("stop", "CRS-2675: Stop")
            raise _Failure(f"PRCR-10{79 if word == 'start' else 65} : Failed to {word} resource {self.resource}",
                           f'CRS-5017: The resource action "{self.resource} {word}" encountered the following error: ', error.text,
                           f"{code} of '{self.resource}' on '{self.node(instance)}' failed") from None
        finally:
            link.close(commit=False)

    def node(self, instance: str) -> str:
        return dict(zip(self.registration.instances, self.registration.nodes)).get(instance) or self.registration.node or self.host

    def _known_to_tools(self, instance: str) -> None:
        """Where the database is that an instance belongs to, which those of its other instances tell."""
        if control.database_directory({**self.environment, "ORACLE_SID": instance}) is None:
            known = next(filter(None, (control.database_directory({**self.environment, "ORACLE_SID": one}) for one in self.instances)), None)
            if known is None:
                raise _Failure(f"PRCD-1027 : Failed to retrieve database {self.name}",
                               f"(lab: not simulated: a database without an instance of this home, {instance})")
            control.name_database(self.environment["ORACLE_HOME"], instance, known)


def find(name: str, environment: Mapping[str, str]) -> Managed:
    """The registered database of this name; upper and lower case are the same (documented)."""
    registry = _registry(environment, name)
    found = registry.all().get(name.lower())
    if found is None:
        raise _unknown(name)
    return Managed(found, registry.host, environment)


def _unknown(name: str) -> _Failure:
    return _Failure(f"PRCD-1120 : The resource for database {name} could not be found.",
                    f"PRCR-1001 : Resource ora.{name.lower()}.db does not exist")


def _registry(environment: Mapping[str, str], name: str) -> srvctl_databases.Registry:
    """The registry of the server; without clusterware nobody answers (known to DBAs)."""
    registry = srvctl_databases.Registry(environment.get("ORACLE_HOME", ""))
    if not registry.installed:
        raise _Failure(f"PRCD-1027 : Failed to retrieve database {name}", f"PRCR-1070 : Failed to check if resource ora.{name.lower()}.db is registered",
                       "CRS-0184 : Cannot communicate with the CRS daemon.")
    return registry


def _chosen(database: Managed, options: Mapping[str, str]) -> tuple[str, ...]:
    """The instances that ``-i`` names."""
    if not database.registration.rac:
        raise _Failure("PRKO-2001 : Invalid command line syntax")     # an object of RAC only (documented)
    wanted = tuple(part.strip() for part in options["instance"].split(","))
    known = {one.lower(): one for one in database.instances}
    unknown = [one for one in wanted if one.lower() not in known]
    if unknown:
        raise _Failure(f"PRCD-1052 : instance {unknown[0]} of database {database.name} is not known (lab: text assumed)")
    return tuple(known[one.lower()] for one in wanted)


def start(database: Managed, instances: Sequence[str], option: str) -> None:
    how = _START.get(option.lower() or database.registration.start_option.lower())
    if how is None:
        raise _Failure(f"PRKO-2002 : Invalid command line option: {option}")
    if not instances:
        raise _Failure(f"PRCR-1079 : Failed to start resource {database.resource} (lab: not simulated: a RAC database without instances)")
    stopped = [one for one in instances if not database.running(one)]
    if not stopped:
        raise _running_already(database, database.name, database.resource)
    if not database.registration.enabled:
        raise _Failure(f"PRCR-1079 : Failed to start resource {database.resource}", f"CRS-2501: Resource '{database.resource}' is disabled")
    for one in stopped:
        database.instance(one, "STARTUP", how)
    if "OPEN" in how:
        _start_services(database)


def _running_already(database: Managed, name: str, resource: str) -> _Failure:
    return _Failure(f"PRCC-1014 : {name} was already running", f"PRCR-1004 : Resource {resource} is already running",
                    f"PRCR-1079 : Failed to start resource {resource}",
                    f"CRS-5702: Resource '{resource}' is already running on '{database.node(database.instances[0])}'", code=ALREADY)


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
        if database.registration.rac:
            print(f"Instance {one} is {'running' if running else 'not running'} on node {database.node(one)}")
        else:
            print("Database is running." if running else "Database is not running.")


# --- what is on record ---

def _add(options: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """``srvctl add database``."""
    name = options["db"]
    registry = _registry(environment, name)
    databases = registry.all()
    if name.lower() in databases:
        raise _Failure(f"PRCD-1000 : Database {name} already exists", code=ALREADY)
    rac = registry.is_cluster and options.get("dbtype", "SINGLE" if "node" in options else "RAC").upper() == "RAC"
    if "oraclehome" not in options:
        raise _Failure("PRKO-2001 : Invalid command line syntax")
    if not registry.is_cluster and {"node", "dbtype"} & set(options):
        raise _Failure(f"PRKO-2002 : Invalid command line option: -{'node' if 'node' in options else 'dbtype'}")
    if options.get("dbtype", "SINGLE").upper() not in ("SINGLE", "RAC") or rac and {"node", "instance"} & set(options):
        raise _Failure("PRKO-2001 : Invalid command line syntax (lab: not simulated: such a type of database with such options)")
    if registry.is_cluster and not rac and "node" not in options:
        raise _Failure("PRKO-2140 : Option '-node' must be supplied when adding single instance database")
    if not os.path.exists(os.path.join(options["oraclehome"], "bin", "srvctl")):
        raise _Failure(f"PRCD-1025 : Failed to create database {name}",
                       f"PRCT-1402 : Attempt to retrieve version of SRVCTL from Oracle Home {options['oraclehome']}/bin failed.")
    new = srvctl_databases.Registration(name, options["oraclehome"], database=name, node=options.get("node", ""), rac=rac)
    registry.keep({**databases, name.lower(): _modified(new, options)})


def _add_instance(database: Managed, options: Mapping[str, str]) -> None:
    """``srvctl add instance``."""
    one = database.registration
    if "node" not in options or not one.rac:
        raise _Failure("PRKO-2001 : Invalid command line syntax")
    if options["instance"].lower() in [sid.lower() for sid in one.instances]:
        raise _Failure(f"PRKO-2001 : Invalid command line syntax (lab: not simulated: adding an instance again, {options['instance']})")
    registry = _registry(database.environment, one.name)
    registry.keep({**registry.all(), database.name: one.added(options["instance"], options["node"])})


def _modified(registration: srvctl_databases.Registration, options: Mapping[str, str]) -> srvctl_databases.Registration:
    """The registration with what a command line says. Wrong values are PRKO-2002."""
    allowed = {"role": srvctl_services.ROLES, "policy": srvctl_databases.POLICIES, "startoption": [word.upper() for word in _START],
               "stopoption": [word.upper() for word in _STOP]}
    for name, words in allowed.items():
        if name in options and options[name].upper() not in words:
            raise _Failure(f"PRKO-2002 : Invalid command line option: {options[name]}")
    shown = {"role": str.upper, "policy": str.upper, "startoption": str.lower, "stopoption": str.lower}
    changed: dict[str, Any] = {attribute: shown.get(name, str)(options[name])
                               for name, attribute in srvctl_databases.ATTRIBUTES.items() if name in options}
    return dataclasses.replace(registration, **changed)


def _change(verb: str, options: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """``modify``, ``enable``, ``disable``, ``remove`` and ``config database``."""
    database = find(options["db"], environment)
    registry, one = _registry(environment, options["db"]), database.registration
    others = {name: other for name, other in registry.all().items() if name != database.name}
    if verb == "config":
        print("\n".join(one.lines(database.services.all(), database.host, cluster=registry.is_cluster, everything="all" in options)))
    elif verb == "modify":
        registry.keep({**others, database.name: _modified(one, options)})
    elif verb == "remove":
        _removable(database, options)
        registry.keep(others)
    elif one.enabled == (verb == "enable"):
        number, word = (10, "enabled") if one.enabled else (11, "disabled")
        raise _Failure(f"PRCC-10{number} : {database.name} was already {word}", f"PRCR-100{number - 8} : Resource {database.resource} is already {word}",
                       code=ALREADY)
    else:
        registry.keep({**others, database.name: dataclasses.replace(one, enabled=verb == "enable")})


def _removable(database: Managed, options: Mapping[str, str]) -> None:
    if "noprompt" not in options:
        raise _Failure("PRKO-2000 : Invalid command line syntax (lab: not simulated: the question of srvctl remove, without -noprompt)")
    if "force" in options:
        database.services.keep({})
        return
    if any(database.running(one) for one in database.instances):
        raise _Failure(f"PRKO-3141 : Database {database.name} could not be removed because it was running")
    if database.services.all():
        raise _Failure(f"PRCR-1028 : Failed to remove resource {database.resource}", f"PRCR-1072 : Failed to unregister resource {database.resource}",
                       f"CRS-0222: Resource '{database.resource}' has dependency error.")


# --- services ---

def _ask(database: Managed, text: str, pdb: str = "") -> list[list[str]]:
    """Rows of a query, or nothing of a block, in the first instance that runs. ORA errors are clusterware's failures."""
    for one in database.instances:
        link = database.link(one)
        try:
            if link.idle:
                continue
            for statement in (*([f'ALTER SESSION SET CONTAINER = "{pdb}"'] if pdb else []), text):
                answer = link.execute(statement)
                if answer.error is not None:
                    raise _Failure(f"PRCR-1079 : Failed to act on resource {database.resource}", answer.error.text)
            return [[str(cell) for cell in row] for row in answer.rows]
        finally:
            link.close(commit=True)
    raise _Failure(f"PRCR-1079 : Failed to act on resource {database.resource}",
                   f"CRS-2800: Cannot start resource '{database.resource}' as it is already in the INTERMEDIATE state")


def _active(database: Managed) -> set[str]:
    """Services that are started: none in a database that is down."""
    if not any(database.running(one) for one in database.instances):
        return set()
    return {row[0].lower() for row in _ask(database, "SELECT name FROM v$active_services")}


def _start_services(database: Managed) -> None:
    """Those that start with the database where its role is one of theirs."""
    role, active = _ask(database, "SELECT database_role FROM v$database")[0][0], _active(database)
    for name, one in database.services.all().items():
        if one.fits(role) and name not in active:
            _begin(database, one)


def _begin(database: Managed, one: srvctl_services.Service) -> None:
    known = {row[0].lower() for row in _ask(database, "SELECT name FROM dba_services", one.pdb)}
    _ask(database, srvctl_services.start_block(one, one.name.lower() in known), one.pdb)


def _service(database: Managed, verb: str, options: Mapping[str, str]) -> None:
    """``srvctl VERB service``."""
    services, name = database.services.all(), options.get("service", "")
    if verb == "add":
        _add_service(database, services, options)
        return
    if verb != "remove" and not name:
        chosen = list(services.values())
    elif name.lower() not in services:
        raise _Failure(f"PRCR-1001 : Resource ora.{database.name}.{name.lower()}.svc does not exist")
    else:
        chosen = [services[name.lower()]]
    active = _active(database)
    for one in chosen:
        resource, runs = f"ora.{database.name}.{one.name.lower()}.svc", one.name.lower() in active
        if verb == "status":
            print(f"Service {one.name} is {'' if runs else 'not '}running" + (f" on instance(s) {','.join(one.preferred)}" if runs and one.preferred else ""))
        elif verb == "remove":
            if runs:
                raise _Failure(f"PRCR-1025 : Resource {resource} is still running")
            database.services.keep({key: other for key, other in services.items() if other is not one})
        elif verb == "start":
            if runs:
                raise _running_already(database, one.name, resource)
            _begin(database, one)
        elif runs:
            _ask(database, srvctl_services.stop_block(one), one.pdb)
        else:
            raise _Failure(f"PRCC-1016 : {one.name} was already stopped", f"PRCR-1005 : Resource {resource} is already stopped", code=ALREADY)


def _add_service(database: Managed, services: dict[str, srvctl_services.Service], options: Mapping[str, str]) -> None:
    if "service" not in options:
        raise _Failure("PRKO-2001 : Invalid command line syntax")
    preferred = tuple(filter(None, options.get("preferred", "").split(",")))
    if database.registration.rac and not preferred:
        raise _Failure("PRKO-3116 : Either '-serverpool', '-preferred', or '-cardinality' option must be provided.")
    roles = tuple(options.get("role", "PRIMARY").upper().split(","))
    if any(role not in srvctl_services.ROLES for role in roles):
        raise _Failure(f"PRKO-2007 : Invalid role: {options['role']} (lab: text assumed)")
    name = options["service"]
    if name.lower() in services:
        raise _Failure(f"PRKO-3117 : Service {name} already exists in database {database.name}", code=ALREADY)
    database.services.keep({**services, name.lower(): srvctl_services.Service(name, roles, preferred, options.get("pdb", ""))})


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """One command line. Raises _Failure."""
    verb, kind = (*arguments[:2], "", "")[:2]
    if (verb, kind) not in _COMMANDS:
        raise _Failure(f"PRKO-2000 : Invalid command line syntax (lab: not simulated: srvctl {' '.join(arguments[:2])})")
    allowed = _COMMANDS[verb, kind]
    options: dict[str, str] = {}
    rest = list(arguments[2:])
    while rest:
        name, length = (_FLAGS[rest[0]], 1) if _FLAGS.get(rest[0]) in allowed else (_OPTIONS.get(rest[0], ""), 2)
        if name not in allowed or len(rest) < length:
            raise _Failure(f"PRKO-2002 : Invalid command line option: {rest[0]}")
        options[name] = rest[length - 1]
        rest = rest[length:]
    if "db" not in options or kind.startswith("inst") and "instance" not in options:
        raise _Failure("PRKO-2001 : Invalid command line syntax")
    if kind == "database" and verb in ("add", "modify", "enable", "disable", "remove", "config"):
        if verb == "add":
            _add(options, environment)
        else:
            _change(verb, options, environment)
        return
    if not kind.startswith("inst") and "instance" in options:
        raise _Failure("PRKO-2001 : Invalid command line syntax")
    database = find(options["db"], environment)
    if kind == "service":
        _service(database, verb, options)
        return
    if verb == "add":
        _add_instance(database, options)
        return
    instances = _chosen(database, options) if "instance" in options else database.instances
    if verb == "status":
        status(database, instances)
    else:
        (start if verb == "start" else stop)(database, instances, options.get("option") or options.get(f"{verb}option", ""))


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
