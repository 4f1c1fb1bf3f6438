# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Canaries: passwords that are looked for everywhere while the workflow runs and after it."""
from __future__ import annotations

import html
import json
import pathlib
import shlex
import threading
import typing as t
import urllib.parse

import yaml
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Statement
from lab_under_test import Lab
from workflow import XTTS, assert_all_equal

#: With everything in it that some way of writing escapes.
MIGRATION, ADMINISTRATOR, WRONG = "Mig'r&<at>%41 $(n)\\c4nary", "Adm'&<in>%41 `s`\\c4nary", "Wro'&<ng>%41\\c4nary"


def forms(secret: str) -> t.Set[bytes]:
    """The secret as it is, and as JSON, URLs, HTML, shells, SQL and Python write it; and the part that none of them changes."""
    written = {secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3], urllib.parse.quote(secret), html.escape(secret), shlex.quote(secret),
               secret.replace("'", "''"), repr(secret)[1:-1], "c4nary"}
    return {form.encode() for form in written}


class Watcher(threading.Thread):
    """Reads the command lines of all processes, again and again."""

    def __init__(self, wanted: t.Set[bytes]) -> None:
        super().__init__(daemon=True)
        self.wanted, self.found, self.looks, self.ended = wanted, set(), 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.02):
            self.looks += 1
            for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    line = path.read_bytes()
                except OSError:
                    continue
                self.found.update(line for form in self.wanted if form in line)


def leaks(lab: Lab, wanted: t.Set[bytes], meant: t.Set[str]) -> t.List[str]:
    """Files below the lab that hold a secret, but for those where it belongs."""
    return [str(path) for path in sorted(lab.directory.rglob("*"))
            if path.is_file() and path.name not in meant and "oradata" not in path.parts and any(form in path.read_bytes() for form in wanted)]


def set_password(lab: Lab, name: str, user: str, password: str) -> None:
    session = lab.session(name, user="SYS", password=lab.endpoint(name)["users"]["SYS"], mode="sysdba")
    session.execute(Statement(f'ALTER USER {user} IDENTIFIED BY "{password}"'))
    session.close()


def test_no_secret_is_anywhere_but_where_it_belongs(fresh_lab: Lab) -> None:
    lab = fresh_lab
    for name in ("dbsrc", "dbtrg"):
        set_password(lab, name, "dbferry", MIGRATION)
        set_password(lab, name, "sys", ADMINISTRATOR)
    variables = lab.directory / "vault.json"
    variables.touch(mode=0o600)
    variables.write_text(json.dumps({"dbferry_password": MIGRATION, "dbferry_admin_password": ADMINISTRATOR}))
    wrong = lab.directory / "wrong.json"
    wrong.touch(mode=0o600)
    wrong.write_text(json.dumps({"dbferry_password": WRONG}))
    by_sqlplus = lab.directory / "by_sqlplus.yml"
    by_sqlplus.write_text(yaml.safe_dump([{"hosts": "target", "gather_facts": False, "tasks": [
        {"dbferry.oracle.ping": {"session": "sqlplus"}},
        {"dbferry.oracle.migration_user": {
            "name": "CANARY", "identified_by": "{{ dbferry_admin_password }}", "purposes": ["compare"], "user": "SYS", "mode": "sysdba",
            "password": "{{ dbferry_admin_password }}", "session": "{{ item }}"}, "loop": ["sqlplus", "driver"]}]}]))
    wanted = forms(MIGRATION) | forms(ADMINISTRATOR) | forms(WRONG)
    watcher = Watcher(wanted)
    watcher.start()
    said = []
    for arguments in ((XTTS, "--check", "--diff"), (XTTS, "--diff"), (str(by_sqlplus), "--diff")):
        done = lab.playbook(*arguments, "-vvv", "-e", f"@{variables}", stdout="default")
        said.append(done.stdout + done.stderr)
    failed = lab.playbook(XTTS, "-vvv", "-e", f"@{wrong}", stdout="default", check=False)
    assert failed.returncode and "ORA-01017" in failed.stdout
    said.append(failed.stdout + failed.stderr)
    watcher.ended.set()
    watcher.join()
    assert_all_equal(lab, XTTS)

    assert watcher.looks > 100 and not watcher.found
    for text in said:
        assert not [form for form in wanted if form in text.encode()]
    assert not leaks(lab, wanted, {"vault.json", "wrong.json"})
    # The search itself would find one.
    assert leaks(lab, wanted, {"vault.json"}) == [str(wrong)]
