# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files on servers: what the scripts of the shell do, on real files."""

from __future__ import annotations

import os
import stat
import subprocess

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import server_files
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused

HERE = {"transport": "local", "ssh_host": None, "ssh_user": None, "ssh_port": None, "ssh_identity": None, "ssh_known_hosts": None}
ODD = "a b'$(touch x)\"c"


class Server:
    """Runs commands here, as the Oracle owner would there."""

    def __init__(self, directory):
        self.directory = directory

    def on_server(self, argv, stdin=""):
        done = subprocess.run(argv, input=stdin.encode("utf-8", "surrogateescape"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              cwd=self.directory, env={"PATH": os.environ["PATH"]})
        return done.returncode, done.stdout.decode("utf-8", "surrogateescape")

    def do(self, command):
        rc, out = self.on_server(command.argv, command.stdin.text() if command.stdin is not None else "")
        return server_files.parse(out, rc)


@pytest.fixture(name="server")
def a_server(tmp_path):
    return Server(tmp_path)


def test_looking_tells_files_from_other_things_and_nothing(server, tmp_path):
    (tmp_path / ODD).write_bytes(b"harbour")
    (tmp_path / ODD).chmod(0o640)
    (tmp_path / "link").symlink_to(ODD)
    found = server_files.look(server, [str(tmp_path / name) for name in (ODD, "link", "nothing")] + [str(tmp_path)])
    assert found[0] == found[1] == {"checksum": found[0]["checksum"], "mode": "0640"} and found[0]["checksum"].endswith(" 7")
    assert found[2] is None and found[3]["checksum"] is None


@pytest.mark.parametrize("content", [b"", b"A = (X=1)\r\n", b"no end", b"caf\xe9 \xff\n", "é\n".encode(), b"dbferry file 1 1 -rw-------\n"])
def test_a_file_is_read_to_its_last_byte_and_written_back(server, tmp_path, content):
    path = tmp_path / ODD
    path.write_bytes(content)
    file, text = server_files.read(server, str(path))
    assert text.encode("utf-8", "surrogateescape") == content
    assert server.do(server_files.write(str(path), text + "# more\n", file, "edit")).verdict == "ok"
    assert path.read_bytes() == content + b"# more\n"


def test_a_written_file_keeps_owner_permissions_link_and_a_copy(server, tmp_path):
    (tmp_path / "there").mkdir()
    path, link = tmp_path / "there" / "tnsnames.ora", tmp_path / "tnsnames.ora"
    path.write_text("old\n")
    path.chmod(0o664)
    link.symlink_to("there/tnsnames.ora")
    file, text = server_files.read(server, str(link))
    assert server.do(server_files.write(str(link), "new\n", file, "edit", keep="dbf_sales_r1")).verdict == "ok"
    assert link.is_symlink() and path.read_text() == "new\n" and stat.S_IMODE(path.stat().st_mode) == 0o664
    assert (tmp_path / "there" / "tnsnames.ora.dbf_sales_r1").read_text() == text == "old\n"


def test_a_new_file_gets_its_permissions(server, tmp_path):
    assert server.do(server_files.write(str(tmp_path / "new"), "x\n", None, "edit", mode="0644")).verdict == "ok"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o644


def test_what_somebody_else_changed_meanwhile_is_left_alone(server, tmp_path):
    path = tmp_path / "listener.ora"
    path.write_text("old\n")
    file, _text = server_files.read(server, str(path))
    path.write_text("theirs\n")
    for was in (file, None):
        outcome = server.do(server_files.write(str(path), "ours\n", was, "edit"))
        assert outcome.verdict == "failed" and "is not as it was read" in str(outcome.cause)
    assert path.read_text() == "theirs\n" and os.listdir(tmp_path) == ["listener.ora"]


def test_copies_are_compared_by_their_bytes(server, tmp_path):
    for name, content in (("a", b"\0same"), ("b", b"\0same"), ("c", b"\0other")):
        (tmp_path / name).write_bytes(content)
    pairs = [("a", "b"), ("a", "c"), ("a", "nothing"), ("nothing", "c")]
    found = server_files.compare(server, HERE, [(str(tmp_path / one), str(tmp_path / other)) for one, other in pairs])
    assert [file and file["same"] for file in found] == [True, False, None, False]


def test_a_copy_is_never_readable_to_others(server, tmp_path):
    (tmp_path / "from").write_bytes(b"\0\xff" * 5000)
    to = tmp_path / "wallet" / "tde" / ODD
    command = server_files.copy(HERE, str(tmp_path / "from"), str(to), "0600")
    assert str(command) == "copy {0} to {1}".format(tmp_path / "from", to)
    assert server.do(command).verdict == "ok"
    assert to.read_bytes() == b"\0\xff" * 5000 and stat.S_IMODE(to.stat().st_mode) == 0o600
    assert stat.S_IMODE(to.parent.stat().st_mode) == 0o700 and os.listdir(to.parent) == [ODD]
    (tmp_path / "from").write_bytes(b"newer")
    assert server.do(server_files.copy(HERE, str(tmp_path / "from"), str(to), "0600", keep="dbf_sales_r1")).verdict == "ok"
    assert to.read_bytes() == b"newer" and (to.parent / (ODD + ".dbf_sales_r1")).read_bytes() == b"\0\xff" * 5000


def test_a_file_that_cannot_be_read_does_not_arrive_empty(server, tmp_path):
    (tmp_path / "to").write_text("mine")
    outcome = server.do(server_files.copy(HERE, str(tmp_path / "nothing"), str(tmp_path / "to"), "0640"))
    assert outcome.verdict == "failed" and "cannot be read" in str(outcome.cause) and (tmp_path / "to").read_text() == "mine"


def test_the_way_to_another_server_is_ssh_that_asks_nobody(tmp_path):
    """An ssh that runs what it is given here stands for the other server."""
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nwhile [ "$1" = -o ]; do shift 2; done\necho "$1" >> {0}/hosts\nshift\nexec sh -c "$*"\n'.format(tmp_path))
    ssh.chmod(0o755)
    want = dict(HERE, transport="ssh", ssh_host="quay.example.com", ssh_user="oracle", ssh_port=2222, ssh_identity="~/.ssh/key")
    assert server_files.ssh(want) == ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "IdentityFile=~/.ssh/key", "-o",
                                      "Port=2222", "-o", "User=oracle", "quay.example.com"]
    (tmp_path / ODD).write_bytes(b"\0secret")
    server = Server(tmp_path)
    old, os.environ["PATH"] = os.environ["PATH"], "{0}:{1}".format(tmp_path, os.environ["PATH"])
    try:
        to = str(tmp_path / ("to " + ODD))
        assert server.do(server_files.copy(want, str(tmp_path / ODD), to, "0640")).verdict == "ok"
        assert server_files.compare(server, want, [(str(tmp_path / ODD), to)])[0]["same"]
    finally:
        os.environ["PATH"] = old
    assert (tmp_path / "hosts").read_text() == "quay.example.com\n" * 2


@pytest.mark.parametrize("options", [{"ssh_host": None}, {"ssh_host": "-oProxyCommand=x"}, {"ssh_host": "a b"}, {"ssh_host": "a", "ssh_user": "-x"}])
def test_no_word_of_a_host_becomes_an_option(options):
    with pytest.raises(Refused) as refused:
        server_files.ssh(dict(HERE, transport="ssh", **options))
    assert refused.value.code == "DBF-0392"


def test_a_server_that_answers_something_else_is_told():
    class Deaf:
        def on_server(self, argv, stdin=""):
            return 255, "ssh: connect to host quay port 22: Connection refused\n"

    with pytest.raises(DbferryError) as error:
        server_files.look(Deaf(), ["/x"])
    assert "Connection refused" in error.value.message and error.value.code == "DBF-0012"
