# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab under test, and ways to use the product on it."""
from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import applying, kernel, outcome, server_job, steps
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import full_spec
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session
from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession
from oralab.hosts import Host

ROOT = pathlib.Path(__file__).resolve().parents[2]
Endpoint = t.Dict[str, t.Any]


def on_this_host(argv: t.List[str], stdin: str, environment: t.Dict[str, str]) -> t.Tuple[int, str]:
    """A runner for the servers of the lab, which are directories here."""
    done = subprocess.run(argv, input=stdin.encode("utf-8", "surrogateescape"), env=dict(os.environ, **environment), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode("utf-8", "surrogateescape")


class ThisHost(applying.Host):
    """Commands on the servers of the lab, started and joined by what runs there."""

    def __init__(self, work: pathlib.Path, want: t.Dict[str, t.Any]) -> None:
        self.work, self.want = work, want

    def run(self, job: steps.ServerJob, join_only: bool = False) -> t.Dict[str, t.Any]:
        directory = str(self.work / job.name)
        if join_only:
            return server_job.join(directory)
        home = self.want["oracle_home"]
        return server_job.start_or_join(directory, [outcome.program(home, job.argv[0]), *job.argv[1:]], job.script.text(),
                                        outcome.environment(home, self.want["oracle_sid"]))


class Lab:
    """The lab of one worker, and ways to use the product on it."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory

    def command(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "oralab.lab", *arguments, "--directory", str(self.directory)], check=True, cwd=ROOT,
                       env=dict(os.environ, PYTHONPATH=f"{ROOT}/lab"))

    def endpoint(self, name: str) -> Endpoint:
        return json.loads((self.directory / "endpoints.json").read_text())["databases"][name]

    @property
    def staging(self) -> pathlib.Path:
        """A directory that the servers may write."""
        return pathlib.Path(self.endpoint("dbtrg")["staging"])

    @property
    def inventory(self) -> pathlib.Path:
        return self.directory / "inventory.yml"

    def login(self, name: str, **extra: t.Any) -> t.Dict[str, t.Any]:
        endpoint = self.endpoint(name)
        return dict({name: endpoint[name] for name in ("dsn", "user", "password", "oracle_home", "oracle_sid")}, **extra)

    def session(self, name: str, **extra: t.Any) -> DriverSession:
        return DriverSession(self.login(name, **extra))

    def query(self, name: str, sql: str, **binds: t.Any) -> t.List[t.Dict[str, t.Any]]:
        session = self.session(name)
        try:
            return session.query(sql, **binds)
        finally:
            session.close()

    def run(self, module: kernel.Module, name: str, arguments: t.Dict[str, t.Any], peer: t.Optional[str] = None, check_mode: bool = False,
            proxy: t.Optional[t.Callable[[t.Any], t.Any]] = None, backend: str = "driver") -> t.Dict[str, t.Any]:
        """One module call as the action plugin makes it, without Ansible around it."""
        want = {option: spec.get("default") for option, spec in full_spec(module.argument_spec).items()}
        want.update(self.login(name), migration_id="CONTRACT", migration_run=1, session=backend)
        want.update(arguments)
        if peer:
            want["peer"] = self.login(peer, session=backend)
        with open_session(want, on_this_host, module.local(want), module.reopen) as session:
            return kernel.run(module, want, proxy(session) if proxy else session, check_mode=check_mode, host=self.host(name, want))

    def host(self, name: str, want: t.Dict[str, t.Any]) -> applying.Host:
        return ThisHost(self.directory / name / "work", want)

    def playbook(self, name: str, *arguments: str, records: t.Optional[pathlib.Path] = None, check: bool = True,
                 **environment: str) -> subprocess.CompletedProcess:
        """ansible-playbook on this lab; gives what it printed."""
        done = subprocess.run(
            ["ansible-playbook", name, "-i", str(self.inventory), "-e", "migration_poll_delay=1", *arguments], cwd=ROOT,
            capture_output=True, text=True,
            env=dict(os.environ, DBFERRY_RECORDS=str(records or self.directory / "records"),
                     ANSIBLE_CALLBACKS_ENABLED="dbferry.oracle.phases",
                     ANSIBLE_STDOUT_CALLBACK=environment.pop("stdout", "dbferry.oracle.quiet"), **environment))
        if check and done.returncode:
            pytest.fail(f"ansible-playbook {name} {' '.join(arguments)} gave "
                        f"{done.returncode}:\n{done.stdout[-6000:]}\n{done.stderr[-2000:]}")
        return done


def keep_template(directory: pathlib.Path, topology: str = "xtts") -> t.Iterator[pathlib.Path]:
    """A lab that is made once and stopped, for :func:`lab_from`. It can be used at its own place alone, as files know their paths."""
    template = directory.with_name(directory.name + ".template")
    shutil.rmtree(template, ignore_errors=True)
    making = make_lab(directory, topology)
    lab = next(making)
    for name in json.loads((lab.directory / "endpoints.json").read_text())["databases"]:
        Host(str(directory / name)).stop()
    subprocess.run(["cp", "--archive", "--sparse=always", str(directory), str(template)], check=True)
    with contextlib.suppress(StopIteration):
        next(making)
    try:
        yield template
    finally:
        shutil.rmtree(template)


def lab_from(template: pathlib.Path, topology: str = "xtts") -> t.Iterator[Lab]:
    """A lab as it was when the template was made, with listeners of its own."""
    lab = Lab(template.with_suffix(""))
    shutil.rmtree(lab.directory, ignore_errors=True)
    subprocess.run(["cp", "--archive", "--sparse=always", str(template), str(lab.directory)], check=True)
    for port in lab.directory.glob("*/host.json"):
        port.unlink()
    lab.command("up", "--for", topology)
    try:
        yield lab
    finally:
        lab.command("down")


def make_lab(directory: pathlib.Path, topology: str = "xtts") -> t.Iterator[Lab]:
    shutil.rmtree(directory, ignore_errors=True)
    lab = Lab(directory)
    lab.command("up", "--for", topology)
    try:
        yield lab
    finally:
        lab.command("down")
