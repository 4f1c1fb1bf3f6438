# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: simulated database hosts for rehearsals, the demonstration and tests.

``python -m oralab.lab up --for xtts`` makes and starts what a workflow needs, fills the source with the sample application and
writes ``endpoints.json`` (for programs) and ``inventory.yml`` (for Ansible). ``down`` leaves nothing behind.
"""
from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from oralab import api, instance, servers
from oralab.appliance import RecoveryAppliance
from oralab.catalog.database import Database
from oralab.catalog.spec import DatabaseSpec, Patch
from oralab.errors import OraError
from oralab.hosts import Host
from oralab.object_store import ObjectStore
from oralab.storage.asm import DiskGroup
from oralab.tools import java_main, ra
from oralab.tools.sbt_library import Credentials
from oralab.tools.sqlplus import SqlPlus
from oralab.tools.sqlplus_link import SessionLink

SOURCE, TARGET, STANDBY, CONTAINER = "source", "target", "standby", "container"
"""Groups of the inventory. An entry of the last one is the root of a container database."""
_FILES = ("endpoints.json", "inventory.yml")


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """A database of a topology: what it is created as and the scripts that fill it, in order.

    ``passwords_of``: a member made before, with whose passwords this one is made. ``tns_admin``: its server has the files of Oracle Net elsewhere
    than in ORACLE_HOME.
    """

    name: str
    group: str
    spec: DatabaseSpec
    scripts: tuple[str, ...]
    passwords_of: str = ""
    tns_admin: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Topology:
    """``object_store``: there is object storage besides, with the zip that brings its media manager (see ``object_store``). ``appliance``: there is a
    Recovery Appliance, and every server has the library of its backup module and a wallet with the account (see ``appliance``).
    """

    members: tuple[Member, ...]
    variables: Mapping[str, Any]
    """Inventory variables of the target's entry; ``{staging}``, ``{datafiles}``, ``{recovery_area}``, ``{source_datafiles}`` and ``{admin}`` stand for
    paths, ``{keystore_password}`` for the password of the source's keystore, ``{credential_alias}`` for what names the appliance's account in wallets. A
    standby's entry has those of its own files."""
    object_store: bool = False
    appliance: bool = False


def topologies() -> dict[str, Topology]:
    """What ``--for`` may name."""
    application = ("application_users.sql", "application_tables.sql", "application_rows.sql", "application_code.sql")
    source = DatabaseSpec("DBSRC", platform_id=2, platform="Solaris[tm] OE (64-bit)", sid="dbsrc", log_mode="ARCHIVELOG",
                          further_services=("shop",))
    target = DatabaseSpec("DBTRG", platform_id=13, platform="Linux x86 64-bit", sid="dbtrg", log_mode="ARCHIVELOG")
    variables = {"xtts_tablespaces": ["APP_DATA", "APP_INDEX", "APP_LOB"], "xtts_staging_path": "{staging}",
                 "xtts_datafile_path": "{datafiles}", "xtts_services": ["shop"]}

    def pair(source: DatabaseSpec, target: DatabaseSpec) -> tuple[Member, Member]:
        return (Member("dbsrc", SOURCE, source, ("migration_user.sql", *application)),
                Member("dbtrg", TARGET, target, ("migration_user.sql", "application_target.sql")))

    # Sources whose redo nobody has read yet: no archiving, no recovery area, no supplemental logging; one has two threads.
    bare = {"db_recovery_file_dest": "", "db_recovery_file_dest_size": "0"}
    one = DatabaseSpec("DBOLD", sid="dbold", parameters=bare)
    rac = DatabaseSpec("DBRAC", instances=("dbrac1", "dbrac2"), parameters=bare)

    # A source as it is before anybody thought of moving it, with the workload's schema beside the application's, and the placeholder that
    # becomes it: of the same DB_NAME, with the passwords of the accounts that will be restored into it, and nothing in it (ZDM's guide).
    physical = dataclasses.replace(source, platform_id=target.platform_id, platform=target.platform)
    placeholder = dataclasses.replace(target, name=physical.name, unique_name=target.name)

    physical_pair = (Member("dbsrc", SOURCE, physical, ("migration_user.sql", *application, "workload_user.sql")),
                     Member("dbtrg", TARGET, placeholder, (), passwords_of="dbsrc"))
    # The same with a placeholder for a standby of the target.
    third = Member("dbstb", STANDBY, dataclasses.replace(placeholder, unique_name="DBSTB", sid="dbstb"), (), passwords_of="dbsrc")

    # The same, where the new home is patched further and has a newer time zone file.
    base = Patch(29517242, 22862832, "Database Release Update : 19.3.0.0.190416 (29517242)", "19.3.0.0.0")
    update = Patch(36912597, 25871884, "Database Release Update : 19.25.0.0.241015 (36912597)", "19.25.0.0.0", build="241010184253")
    older = dataclasses.replace(physical, patches=(base,))
    newer = dataclasses.replace(placeholder, version="19.25.0.0.0", patches=(update,), home_timezone_file=44)
    newer_home = (dataclasses.replace(physical_pair[0], spec=older), dataclasses.replace(physical_pair[1], spec=newer))

    # The same with every tablespace of the application encrypted: the keystore is below WALLET_ROOT and opens by itself. On both servers TNS_ADMIN is
    # not in ORACLE_HOME.
    below_wallet_root = {"wallet_root": "{admin}/wallet", "tde_configuration": "KEYSTORE_CONFIGURATION=FILE"}
    encrypted = dataclasses.replace(physical, parameters={**below_wallet_root, "encrypt_new_tablespaces": "ALWAYS"})
    encrypted_pair = (
        dataclasses.replace(physical_pair[0], spec=encrypted, scripts=("keystore.sql", *physical_pair[0].scripts), tns_admin=True),
        dataclasses.replace(physical_pair[1], tns_admin=True))
    # The same with that keystore, and nothing encrypted.
    in_clear = (dataclasses.replace(encrypted_pair[0], spec=dataclasses.replace(physical, parameters=below_wallet_root)), encrypted_pair[1])

    # The same on a server with Oracle Restart, which manages the placeholder.
    managed = (physical_pair[0], dataclasses.replace(physical_pair[1], spec=dataclasses.replace(placeholder, oracle_restart=True)))

    # The same on a node of a cluster, which does not know the placeholder.
    clustered = (physical_pair[0], dataclasses.replace(physical_pair[1], spec=dataclasses.replace(placeholder, clusterware="cluster")))

    # The same from a disk group of one server to one of the other.
    in_disk_groups = (dataclasses.replace(physical_pair[0], spec=_in_disk_group(physical, "DATA01")),
                      dataclasses.replace(physical_pair[1], spec=_in_disk_group(placeholder, "DATA02")))

    # The container database on the target's server that the migrated database is plugged into.
    container = DatabaseSpec("DBCDB", sid="dbcdb", pdb="OTHER", log_mode="ARCHIVELOG")
    with_keystore = dataclasses.replace(container, parameters=below_wallet_root)

    # Every server of a lab sees the files of the others. The workload goes on until its sessions are ended.
    whole = {"physical_datafile_path": "{datafiles}", "physical_source_redo_path": "{source_datafiles}", "physical_services": ["shop"],
             "physical_copy_transport": "local", "physical_drop_placeholder": True, "physical_session_shutdown": True}

    keys = {"physical_keystore_location": "{admin}/wallet/tde", "physical_keystore_configuration": "wallet_root",
            "physical_keystore_password": "{keystore_password}"}
    plugged = {"physical_noncdb_to_pdb": True, "physical_cdb": "dbcdb", "physical_pdb_name": "SALESPDB"}

    return {"xtts": Topology(pair(source, target), variables),
            "physical": Topology(physical_pair, whole),
            "physical_oss": Topology(physical_pair, whole, object_store=True),
            "physical_zdlra": Topology(physical_pair, {**whole, "physical_zdlra_credential_alias": "{credential_alias}"}, appliance=True),
            "physical_newer": Topology(newer_home, whole),
            "physical_clusterware": Topology(managed, {**whole, "physical_manager": "srvctl"}),
            "physical_rac": Topology(clustered, {**whole, "physical_manager": "srvctl", "physical_instances": [
                {"instance": target.instance_name, "node": "node1"}, {"instance": "dbtrg2", "node": "node2"}]}),
            "physical_standby": Topology((*physical_pair, third), {**whole, "physical_standby": third.name}),
            "physical_asm": Topology(in_disk_groups, {**whole, "physical_datafile_path": "+DATA02", "physical_source_redo_path": "+DATA01"}),
            "physical_tde": Topology(encrypted_pair, {**whole, **keys}),
            "physical_as_encrypted": Topology(in_clear, {**whole, **keys, "physical_as_encrypted": True}),
            "physical_cdb": Topology((*physical_pair, Member("dbcdb", CONTAINER, container, (), passwords_of="dbsrc")), {**whole, **plugged}),
            "physical_tde_cdb": Topology((*encrypted_pair, Member("dbcdb", CONTAINER, with_keystore, ("keystore.sql",), passwords_of="dbsrc")),
                                         {**whole, **keys, **plugged, "physical_cdb_keystore_password": "{keystore_password}"}),
            "prepare": Topology(tuple(Member(spec.name.lower(), SOURCE, spec, ("migration_user.sql", "prepare_user.sql")) for spec in (one, rac)), {}),
            # Both sides in disk groups, the files converted at the source and copied into the target's.
            "asm": Topology(pair(_in_disk_group(source, "DATA01"), _in_disk_group(target, "DATA02")),
                            {**variables, "xtts_conversion": "rman_source", "xtts_datafile_path": "+DATA02"})}


def _in_disk_group(spec: DatabaseSpec, name: str) -> DatabaseSpec:
    """The same database with its files in a disk group of its server."""
    return dataclasses.replace(spec, disk_groups=(DiskGroup(name),), parameters={**spec.parameters, "db_create_file_dest": f"+{name}"})


def _datafiles(host: Host, spec: DatabaseSpec) -> str:
    """Where the datafiles of a database are."""
    return f"+{spec.disk_groups[0].name}/{spec.db_unique_name}/DATAFILE" if spec.disk_groups else host.data


def _accounts(scripts: Iterable[str]) -> list[str]:
    """The accounts whose passwords the scripts ask for."""
    texts = (_text(script) for script in scripts)
    return list(dict.fromkeys(name for text in texts for name in re.findall(r"&(\w+)_PASSWORD", text)))


def _text(script: str) -> str:
    return resources.files("oralab").joinpath("samples", script).read_text(encoding="utf-8")


def _names() -> list[str]:
    """Databases of every topology, each once."""
    return list(dict.fromkeys(member.name for topology in topologies().values() for member in topology.members))


class Lab:
    """The lab of one directory. ``kind``: what servers it gets, unless it has some (see ``servers``)."""

    def __init__(self, directory: str, kind: str | None = None) -> None:
        self.directory = os.path.abspath(directory)
        self.servers = servers.of(self.directory, kind)

    @property
    def staging(self) -> str:
        return os.path.join(self.directory, "staging")

    @property
    def object_store(self) -> ObjectStore:
        return ObjectStore(os.path.join(self.directory, "object_store"), self.servers.shared_address())

    @property
    def appliance(self) -> RecoveryAppliance:
        return RecoveryAppliance(os.path.join(self.directory, "appliance"), self.servers.shared_address())

    def wallet(self, name: str) -> str:
        """The directory of a server's wallet with the account of the appliance."""
        return os.path.join(self.host(name).admin, "ra_wallet")

    def host(self, name: str) -> Host:
        """The files of a database's server."""
        return Host(os.path.join(self.directory, name))

    def _started(self, name: str) -> Host:
        """The same with its place on the server, for making and starting it there."""
        return dataclasses.replace(self.host(name), address=self.servers.address(name), first_port=self.servers.port(name),
                                   prefix=self.servers.prefix(name))

    def up(self, topology: Topology) -> bool:
        """Make what is missing and start what is down; whether anything had to be done."""
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        os.makedirs(self.staging, mode=0o700, exist_ok=True)
        endpoints = self._endpoints()
        done = self.servers.start([member.name for member in topology.members])
        if topology.object_store and not self.object_store.runs():
            endpoints["object_store"] = self.object_store.start()
            java_main.write_zip(os.path.join(self.staging, "opc_installer.zip"))
            done = True
        if topology.appliance and not self.appliance.runs():
            endpoints["appliance"] = self.appliance.start()
            done = True
        self.servers.give(self.staging)
        for member in topology.members:
            host = self._started(member.name)
            if member.name not in endpoints["databases"]:
                if host.exists():
                    host.stop()
                shutil.rmtree(host.directory, ignore_errors=True)
                endpoints["databases"][member.name] = self._create(host, member, endpoints["databases"])
                host.start()
                self._write(endpoints, topology)
                done = True
            elif instance.status(host.data) is None:
                found, port = endpoints["databases"][member.name], host.start()
                found.update(port=port, dsn=f"{found['host']}:{port}/{found['service']}")
                done = True
            if topology.appliance:
                self._equip(member.name, endpoints["appliance"])
        self._write(endpoints, topology)
        return done

    def _equip(self, name: str, appliance: Mapping[str, Any]) -> None:
        """Give a server what its database backs up to the appliance with."""
        ra.LIBRARY.write(os.path.join(self.host(name).home, "lib", ra.LIBRARY.name))
        ra.write_wallet(self.wallet(name), {appliance["alias"]: Credentials(appliance["user"], appliance["password"])})
        self.servers.give(self.host(name).admin)

    def down(self) -> bool:
        """Stop every process and remove every file of the lab, and of nobody else; whether there was one."""
        self.object_store.stop()
        self.appliance.stop()
        ours = [name for name in (*_FILES, "staging", "object_store", "appliance", *_names()) if os.path.exists(os.path.join(self.directory, name))]
        for name in ours:
            if self.host(name).exists():
                self.host(name).stop()
            path = os.path.join(self.directory, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        self.servers.stop()
        with contextlib.suppress(OSError):
            os.rmdir(self.directory)
        return bool(ours)

    def status(self) -> dict[str, str]:
        """State of every database's instance."""
        found = {}
        for name in self._endpoints()["databases"]:
            running = instance.status(self.host(name).data)
            found[name] = str(running["state"]) if running else "no process"
        return found

    # --- making a database ---

    def _create(self, host: Host, member: Member, others: Mapping[str, Any]) -> dict[str, Any]:
        users = {name: secrets.token_hex(8) for name in ("SYS", "SYSTEM", *_accounts(member.scripts))}
        if member.passwords_of:
            users = dict(others[member.passwords_of]["users"])
        parameters = {name: _filled(value, {"admin": host.admin}) for name, value in member.spec.parameters.items()}
        spec = dataclasses.replace(member.spec, parameters=parameters, passwords={name: users[name] for name in ("SYS", "SYSTEM")})
        database = host.create(spec, tns_admin=member.tns_admin)
        variables = {"DATAFILES": _datafiles(host, spec), "STAGING": self.staging, "ADMIN": host.admin,
                     **{f"{name}_PASSWORD": value for name, value in users.items()}}
        for script in member.scripts:
            load(database, script, variables)
        database.shutdown("IMMEDIATE")
        open(host.log, "ab").close()
        self.servers.give(host.directory)
        address, port = host.address, host.start()
        service = spec.container_service if member.group == CONTAINER else spec.default_service
        return {"dsn": f"{address}:{port}/{service}", "user": "SYSTEM", "password": users["SYSTEM"], "service": service,
                "users": users, "db_unique_name": spec.db_unique_name, "oracle_home": host.home, "oracle_sid": spec.instance_name,
                "platform": spec.platform, "platform_id": spec.platform_id, "version": spec.version, "datafiles": _datafiles(host, spec),
                "recovery_area": host.recovery, "staging": self.staging, "host": address, "port": port, "group": member.group}

    # --- files ---

    def _endpoints(self) -> dict[str, Any]:
        try:
            with open(os.path.join(self.directory, "endpoints.json"), encoding="utf-8") as file:
                found: dict[str, Any] = json.load(file)
                return found
        except FileNotFoundError:
            return {"databases": {}, "goldengate": {}}

    def _write(self, endpoints: Mapping[str, Any], topology: Topology) -> None:
        texts = (json.dumps(endpoints, indent=2) + "\n", inventory(endpoints, topology, self))
        for name, text in zip(_FILES, texts):
            path = os.path.join(self.directory, name)
            with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(path + ".new", path)


def load(database: Database, script: str, variables: Mapping[str, str]) -> None:
    """Run a script of the samples as SYS. Raises RuntimeError with what was printed when anything in it failed."""
    out = io.StringIO()

    def connect(logon: str) -> SessionLink:
        """The scripts connect as SYS, or as ``"user"/password`` of this same database."""
        user = logon.split("/")[0].strip('" ').upper()
        if not user:
            return SessionLink(database.logon(api.Logon("SYS", "SYS$USERS", "SYSDBA", os_authenticated=True, program="sqlplus")))
        return SessionLink(database.logon(api.Logon(user, "SYS$USERS", program="sqlplus")))

    plus = SqlPlus(out, connect, silent=True)
    plus.variables.update(variables)
    if plus.connect("/ as sysdba"):
        plus.run(io.StringIO("WHENEVER SQLERROR EXIT FAILURE ROLLBACK\n" + _text(script)))
    if plus.errors:
        raise RuntimeError(f"{script}: {plus.errors[0].text}\n{out.getvalue()[-2000:]}")


def inventory(endpoints: Mapping[str, Any], topology: Topology, lab: Lab) -> str:
    """The Ansible inventory: groups source, target and standby, one entry a database. Every value is written as JSON, which is YAML."""
    lines = ["---"]
    groups: dict[str, list[str]] = {}
    sources = [found for found in endpoints["databases"].values() if found["group"] == SOURCE]
    for member in topology.members:
        found = endpoints["databases"].get(member.name)
        if found is None:
            continue
        values = {
            **lab.servers.variables(member.name), "dbferry_dsn": found["dsn"], "dbferry_user": "DBFERRY", "dbferry_password": found["users"]["DBFERRY"],
            "dbferry_admin_user": "SYS", "dbferry_admin_password": found["users"]["SYS"],
            "dbferry_oracle_home": found["oracle_home"], "dbferry_oracle_sid": found["oracle_sid"], "dbferry_db_unique_name": found["db_unique_name"],
            **{f"dbferry_{name.lower()}": value for name, value in lab.host(member.name).variables.items()},
        }
        if topology.appliance:
            values["physical_zdlra_wallet_location"] = lab.wallet(member.name)
        if member.group != SOURCE:
            paths = {"staging": lab.staging, "datafiles": found["datafiles"], "recovery_area": found["recovery_area"],
                     "source_datafiles": sources[0]["datafiles"] if sources else "", "admin": lab.host(member.name).admin,
                     "keystore_password": sources[0]["users"].get("KEYSTORE", "") if sources else "",
                     "credential_alias": endpoints["appliance"]["alias"] if topology.appliance else ""}
            values.update({name: _filled(value, paths) for name, value in topology.variables.items()
                           if member.group == TARGET or value in ("{datafiles}", "{recovery_area}")})
        entry = [f"        {member.name}:"] + [f"          {name}: {json.dumps(value)}" for name, value in values.items()]
        groups.setdefault(member.group, []).extend(entry)
    shared = [f"    {name}: {json.dumps(value)}" for name, value in lab.servers.shared_variables().items()]
    lines += ["all:", *(["  vars:", *shared] if shared else []), "  children:"]
    for group, entries in groups.items():
        lines += [f"    {group}:", "      hosts:", *entries]
    return "\n".join(lines) + "\n"


def _filled(value: Any, paths: Mapping[str, str]) -> Any:
    return value.format(**paths) if isinstance(value, str) else value


def main(arguments: Iterable[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Start and stop simulated Oracle databases.")
    parser.add_argument("action", choices=("up", "down", "status"))
    parser.add_argument("--for", dest="topology", default="xtts", choices=sorted(topologies()), help="the workflow the lab is for")
    parser.add_argument("--directory", default=os.path.join("build", "lab"))
    parser.add_argument("--servers", choices=("ssh", *servers.KINDS), help="how Ansible reaches the servers: without ssh (local), or as far as "
                        "possible like other machines (ssh: namespaces for root, loopback otherwise)")
    options = parser.parse_args(None if arguments is None else list(arguments))
    lab = Lab(options.directory, options.servers)
    started = time.monotonic()
    if options.action == "down":
        print("The lab is down." if lab.down() else "There was no lab.")
        return 0
    if options.action == "up":
        try:
            done = lab.up(topologies()[options.topology])
        except (OraError, RuntimeError, OSError, TimeoutError, subprocess.CalledProcessError) as error:
            print(f"The lab did not start: {error}", file=sys.stderr)
            return 1
        print(f"The lab is up after {time.monotonic() - started:.0f} seconds:" if done else "The lab is already up:")
    states = lab.status()
    for name, found in lab._endpoints()["databases"].items():
        print(f"  {name}: {states[name]}, {found['platform']}, {found['dsn']}")
    if not states:
        print("There is no lab.")
    return 0 if states and all(state == "OPEN" for state in states.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
