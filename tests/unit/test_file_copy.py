# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copying files from server to server: what is planned, and the program that does it."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
import socket
import subprocess
import sys
import time

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import file_copy_streams
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import _shown
from ansible_collections.dbferry.oracle.plugins.modules import file_copy
from ansible_collections.dbferry.oracle.plugins.modules.server_job import command_of
from fake_session import FakeSession

WANT = {"migration_id": "SALES", "migration_run": 1, "purpose": "SET", "directory": "STAGE", "peer_directory": None, "files": ["/stage/a.dbf", "b.dbf"],
        "anchor": "500", "streams": 4, "transport": "local", "ssh_host": None, "ssh_user": None, "ssh_port": None, "ssh_identity": None,
        "ssh_known_hosts": None, "ssh_python": "python3"}


class Directory(FakeSession):
    """A database with one directory object and what is in it."""

    def __init__(self, path, files, peer=None):
        super().__init__({file_copy.DIRECTORY: [{"path": path}] if path else []}, peer=peer)
        self.files = files

    def query(self, sql, **binds):
        if "DBMS_LOB.FILEEXISTS" not in sql:
            return super().query(sql, **binds)
        return [{"name": name, "bytes": self.files.get(name)} for name in re.findall(r"SELECT '([^']+)' name", sql)]


def pair(files, there=None, items=None, path="/stage", target="/target"):
    return Directory(path, files, Directory(target, there or {})).with_journal(items or {})


def copied(**anchors):
    return {file_copy.copied_item("SET"): {name + ".dbf": {"size": 8192, "sha256": "x", "anchor": anchor} for name, anchor in anchors.items()}}


def planned(session, **more):
    want = dict(WANT, **more)
    state = file_copy.observe(session, want)
    return file_copy.plan(state, want), file_copy.report(_shown(state), want)


BOTH = {"a.dbf": 8192, "b.dbf": 8192}


# -- the plan


def test_what_is_not_copied_is_one_command_at_the_source():
    (step,), report = planned(pair(BOTH))
    task = json.loads(step.job.script.text())
    assert step.job.argv == ["file_copy"] and task["directory"] == "/target" and task["streams"] == 4 and task["command"] is None
    assert [item["path"] for item in task["files"]] == ["/stage/a.dbf", "/stage/b.dbf"] and not any(item["ours"] for item in task["files"])
    assert report == {"files": [], "known": [], "progress": {"done": 0, "of": 2, "bytes": 0, "of_bytes": 16384, "percent": 0.0}}


def test_what_the_journal_knows_and_both_sides_have_needs_no_server():
    steps, report = planned(pair(BOTH, BOTH, copied(a="500", b="500")))
    assert steps == [] and report["files"] == ["/target/a.dbf", "/target/b.dbf"] and report["progress"]["bytes"] == 16384


@pytest.mark.parametrize("there, items", [(BOTH, copied(a="500", b="499")), ({"a.dbf": 8192}, copied(a="500", b="500")),
                                          (dict(BOTH, **{"b.dbf": 1}), copied(a="500", b="500"))], ids=["anchor", "gone", "size"])
def test_what_changed_since_is_copied_again(there, items):
    (step,), dummy = planned(pair(BOTH, there, items))
    (item,) = json.loads(step.job.script.text())["files"]
    assert item["name"] == "b.dbf" and item["ours"] == "x"


def test_a_copy_for_another_anchor_is_another_command():
    (one,), dummy = planned(pair(BOTH))
    (other,), dummy = planned(pair(BOTH), anchor="501")
    assert one.job.name != other.job.name and len(other.job.name) <= 30


def test_what_bears_our_name_may_be_replaced():
    (step,), dummy = planned(pair({"dbf_sales_r1_set.dmp": 1, "dbf_other_r1_set.dmp": 1}), files=["dbf_sales_r1_set.dmp", "dbf_other_r1_set.dmp"])
    assert [item["ours"] for item in json.loads(step.job.script.text())["files"]] == [True, None]


@pytest.mark.parametrize("name", ["", "..", ".hidden", "-rf", "a\nb", "a\\b", "nul\0", "x" * 300, "/stage/"])
def test_unsafe_names_are_refused(name):
    with pytest.raises(Refused) as caught:
        planned(pair(BOTH), files=["a.dbf", name])
    assert caught.value.code == "DBF-0391"


def test_everything_that_is_missing_is_named_at_once():
    with pytest.raises(Refused) as caught:
        planned(pair({}), files=["a.dbf", "b.dbf"])
    assert "a.dbf" in caught.value.message and "b.dbf" in caught.value.message
    with pytest.raises(Refused) as caught:
        planned(pair({}, path=None, target=None))
    assert caught.value.message.count("no directory object STAGE") == 2


def test_ssh_asks_nobody_and_trusts_nobody():
    (step,), dummy = planned(pair(BOTH), transport="ssh", ssh_host="trg", ssh_user="oracle", ssh_port=2222, ssh_identity="/k")
    command = json.loads(step.job.script.text())["command"]
    assert command[:5] == ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"] and command[-2] == "trg"
    assert {"Port=2222", "User=oracle", "IdentityFile=/k"} <= set(command)


@pytest.mark.parametrize("more", [{"ssh_host": "-oProxyCommand=x"}, {"ssh_host": "a b"}, {"ssh_host": "trg", "ssh_user": "-l"}])
def test_no_option_of_ssh_hides_in_a_host(more):
    with pytest.raises(Refused) as caught:
        planned(pair(BOTH), transport="ssh", **more)
    assert caught.value.code == "DBF-0392"


def test_the_whole_way_can_be_planned():
    session = pair({}, path=None, target=None)
    session.assumed = session.peer.assumed = {"DIRECTORY STAGE": {"phase": "X", "attributes": {"path": "/stage"}}}
    (step,), dummy = planned(session)
    assert step.effects == {"FILE a.dbf": {"copied": True}, "FILE b.dbf": {"copied": True}}


# -- what the program says


def line(word, **fields):
    return "{0} {1}\n".format(word, json.dumps(fields))


DONE = line("copied", name="a.dbf", size=8192, sha256="y")


def test_what_was_copied_is_written_with_its_anchor_beside_what_was_before():
    (step,), dummy = planned(pair(BOTH, items=copied(c="1")))
    items = step.conclude(DONE + line("finished", files=2, bytes=1), 0)[file_copy.copied_item("SET")]
    assert items["a.dbf"] == {"size": 8192, "sha256": "y", "anchor": "500"} and "c.dbf" in items


def test_what_was_copied_before_a_kill_counts():
    (step,), dummy = planned(pair(BOTH))
    for text, rc in ((DONE, None), (DONE + line("failed", name="b.dbf", what="Input/output error"), 1), (DONE + "Host key verification failed.\n", 255)):
        with pytest.raises(DbferryError) as caught:
            step.conclude(text, rc)
        assert caught.value.code == "DBF-0393" and "a.dbf" in caught.value.details["record"][file_copy.copied_item("SET")]
    assert "Host key verification failed" in caught.value.message


def test_all_findings_of_the_servers_are_told_at_once():
    (step,), dummy = planned(pair(BOTH))
    with pytest.raises(Refused) as caught:
        step.conclude(line("finding", name="a.dbf", what="is another's") + line("finding", name="", what="no room"), 1)
    assert caught.value.code == "DBF-0391" and "a.dbf: is another's; no room" in caught.value.message


def test_progress_of_a_running_copy_is_in_bytes():
    (step,), dummy = planned(pair(BOTH))
    assert step.watch(DONE + line("progress", bytes=10000))["progress"] == {"done": 1, "of": 2, "bytes": 10000, "of_bytes": 16384, "percent": 61.0}


# -- the program itself


class Servers:
    """Two directories, and the program between them as ``server_job`` runs it."""

    def __init__(self, root):
        self.source, self.target = root / "source", root / "target"
        self.source.mkdir()
        self.target.mkdir()

    def fill(self, number, size=100):
        for position in range(number):
            (self.source / "f{0}.dbf".format(position)).write_bytes(bytes([position % 251]) * size)
        return ["f{0}.dbf".format(position) for position in range(number)]

    def task(self, names, ours=None, streams=4, command=None):
        return json.dumps({"files": [{"name": name, "path": str(self.source / name), "ours": ours} for name in names], "directory": str(self.target),
                           "suffix": ".part", "streams": streams, "command": command})

    def run(self, names, **more):
        done = subprocess.run(command_of(["file_copy"], "/none"), input=self.task(names, **more), capture_output=True, text=True, check=False, timeout=60)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, file_copy._told(done.stdout)

    def same(self, names):
        return all((self.source / name).read_bytes() == (self.target / name).read_bytes() for name in names)


@pytest.fixture
def servers(tmp_path):
    return Servers(tmp_path)


def test_files_arrive_with_their_sums_and_nothing_else_is_left(servers):
    names = servers.fill(20, size=3000)
    rc, told = servers.run(names)
    assert rc == 0 and servers.same(names) and sorted(os.listdir(servers.target)) == sorted(names)
    assert {one["name"]: one["sha256"] for one in told["copied"]} == {
        name: hashlib.sha256((servers.source / name).read_bytes()).hexdigest() for name in names}
    assert told["finished"] == [{"files": 20, "bytes": 60000}]


def test_what_is_there_and_the_same_is_not_sent_again(servers):
    names = servers.fill(3)
    servers.run(names)
    before = {name: os.stat(servers.target / name).st_ino for name in names}
    rc, told = servers.run(names)
    assert rc == 0 and len(told["copied"]) == 3 and told["finished"][0]["bytes"] == 0
    assert before == {name: os.stat(servers.target / name).st_ino for name in names}


def test_files_of_others_stay_and_nothing_is_copied_beside_them(servers):
    names = servers.fill(3)
    (servers.target / "f1.dbf").write_text("not ours")
    os.unlink(servers.source / "f2.dbf")
    rc, told = servers.run(names)
    assert rc == 1 and {one["name"] for one in told["finding"]} == {"f1.dbf", "f2.dbf"}
    assert os.listdir(servers.target) == ["f1.dbf"] and (servers.target / "f1.dbf").read_text() == "not ours"


@pytest.mark.parametrize("ours", [True, hashlib.sha256(b"ours before").hexdigest()])
def test_what_is_ours_is_replaced(servers, ours):
    names = servers.fill(1)
    (servers.target / "f0.dbf").write_text("ours before")
    assert servers.run(names, ours=ours)[0] == 0 and servers.same(names)


def test_a_part_that_a_kill_left_is_written_anew_and_no_link_is_followed(servers, tmp_path):
    names = servers.fill(2)
    (servers.target / "f0.dbf.part").write_text("half")
    assert servers.run(names)[0] == 0 and servers.same(names) and not (servers.target / "f0.dbf.part").exists()
    os.unlink(servers.target / "f1.dbf")
    os.symlink(tmp_path / "elsewhere", servers.target / "f1.dbf.part")
    rc, told = servers.run(names)
    assert rc == 1 and told["failed"][0]["name"] == "f1.dbf" and not (tmp_path / "elsewhere").exists()


def test_a_destination_that_is_not_there(servers):
    names = servers.fill(1)
    os.rmdir(servers.target)
    rc, told = servers.run(names)
    assert rc == 1 and "is not there" in told["finding"][0]["what"] and not told["copied"]


def test_a_destination_without_room_is_found_before_anything_is_written(servers):
    names = servers.fill(2)
    with open(servers.source / "f0.dbf", "r+b") as handle:
        handle.truncate(1 << 43)   # holes take no room here
    rc, told = servers.run(names)
    assert rc == 1 and "bytes free" in told["finding"][0]["what"] and os.listdir(servers.target) == []


def test_the_other_end_that_goes_away_is_an_error(servers):
    rc, told = servers.run(servers.fill(3), command=["sh", "-c", "head -c 100 >/dev/null"])
    assert rc == 1 and told["failed"]


def test_a_kill_leaves_whole_files_and_parts_and_the_next_run_ends_it(servers):
    names = servers.fill(40, size=2 << 20)
    process = subprocess.Popen(command_of(["file_copy"], "/none"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    process.stdin.write(servers.task(names, streams=2))
    process.stdin.close()
    deadline = time.monotonic() + 20
    while not any(name.endswith(".dbf") for name in os.listdir(servers.target)):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    process.kill()
    process.wait()
    time.sleep(0.2)
    whole = [name for name in os.listdir(servers.target) if name.endswith(".dbf")]
    assert 0 < len(whole) < 40 and servers.same(whole)
    rc, told = servers.run(names)
    assert rc == 0 and servers.same(names) and sorted(os.listdir(servers.target)) == sorted(names)


def test_a_program_of_ours_is_run_by_python_and_another_from_oracle_home():
    assert command_of(["rman", "target"], "/home") == ["/home/bin/rman", "target"]
    assert command_of(["file_copy"], "/home") == [sys.executable, "-c", "import sys; exec(sys.argv[1])", inspect.getsource(file_copy_streams)]


# -- over ssh


@pytest.fixture
def sshd(tmp_path):
    """A server for ssh on loopback with keys of its own; gives the options of a module call that reaches it."""
    if not os.access("/usr/sbin/sshd", os.X_OK):
        pytest.skip("there is no sshd")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    (tmp_path / "authorized").write_text((tmp_path / "user.pub").read_text())
    (tmp_path / "known").write_text("[127.0.0.1]:{0} {1}".format(port, (tmp_path / "host.pub").read_text()))
    (tmp_path / "config").write_text("Port {0}\nListenAddress 127.0.0.1\nHostKey {1}/host\nAuthorizedKeysFile {1}/authorized\nStrictModes no\nUsePAM no\n"
                                     "PasswordAuthentication no\nPidFile none\n".format(port, tmp_path))
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", exist_ok=True)
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", str(tmp_path / "config")], stderr=log)
    deadline = time.monotonic() + 10
    while "Server listening" not in (tmp_path / "log").read_text():
        assert process.poll() is None and time.monotonic() < deadline, (tmp_path / "log").read_text()
        time.sleep(0.05)
    yield {"transport": "ssh", "ssh_host": "127.0.0.1", "ssh_port": port, "ssh_identity": str(tmp_path / "user"),
           "ssh_known_hosts": str(tmp_path / "known"), "ssh_python": sys.executable}
    process.terminate()
    process.wait()


def over(options):
    return file_copy._command(dict(WANT, **options))


def test_files_go_to_a_server_that_ssh_reaches(servers, sshd):
    names = servers.fill(30, size=5000)
    rc, told = servers.run(names, command=over(sshd))
    assert rc == 0, told
    assert servers.same(names) and sorted(os.listdir(servers.target)) == sorted(names)


def test_a_host_whose_key_is_unknown_gets_nothing(servers, sshd, tmp_path):
    (tmp_path / "known").write_text("")
    rc, told = servers.run(servers.fill(1), command=over(sshd))
    assert rc == 1 and told["failed"] and os.listdir(servers.target) == []
