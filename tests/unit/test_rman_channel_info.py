# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels to media managers: what is looked for, what RMAN is asked, and what is told of its answer."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import rman_channel_info
from fake_session import FakeSession

LIBRARY, WALLET = "/u01/home/lib/libra.so", "/u01/admin/ra_wallet/cwallet.sso"
WANT = {"sbt_library": LIBRARY, "existing_tag": None, "decryption_passwords": [], "fail": False,
        "sbt_parms": {"RA_WALLET": "location=file:/u01/admin/ra_wallet credential_alias=ra:1521/zdlra:dedicated"}}
ALLOCATED = "allocated channel: c1\nchannel c1: SID=70 device type=SBT_TAPE\nchannel c1: RA Library VER=19.0.0.1\n"
COMPLETE = "\n\nRecovery Manager complete.\n"
STACK = """RMAN-00571: ===========================================================
RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============
RMAN-00571: ===========================================================
"""
REFUSED = STACK + """RMAN-03009: failure of allocate command on c1 channel at 03/02/2026 08:00:06
ORA-19554: error allocating device, device type: SBT_TAPE, device name:
ORA-27023: skgfqsbi: media manager protocol error
ORA-19511: non RMAN, but media manager or vendor specific failure, error text:
   ORA-01017: invalid username/password; logon denied
"""
NOTHING_THERE = STACK + """RMAN-03002: failure of restore command at 03/02/2026 08:00:06
RMAN-06026: some targets not found - aborting restore
RMAN-06023: no backup or copy of datafile 1 found to restore
"""


class Server(FakeSession):
    """A server with these files, where RMAN answers this."""

    def __init__(self, said="", rc=0, files=(LIBRARY, WALLET)):
        super().__init__()
        self.said, self.rc, self.files, self.scripts = said, rc, files, []

    def on_server(self, argv, stdin=""):
        if argv == ["rman"]:
            self.scripts.append(stdin)
            return self.rc, self.said
        return 0, "".join("dbferry file 1 2 -rw-------\n" if path in self.files else "dbferry absent\n" for path in argv[4:])


def told(server, **more):
    want = dict(WANT, **more)
    return rman_channel_info.report(rman_channel_info.observe(server, want), want)


def test_a_channel_that_is_allocated_is_all_there_is_to_say():
    server = Server(ALLOCATED + COMPLETE)
    assert told(server) == {"usable": True, "findings": []}
    script, = server.scripts
    assert script.split("\n")[:4] == ["CONNECT TARGET '/ AS SYSBACKUP';", "RUN {", "ALLOCATE CHANNEL c1 DEVICE TYPE SBT PARMS \"SBT_LIBRARY={0},"
                                      "SBT_PARMS=(RA_WALLET='{1}')\";".format(LIBRARY, WANT["sbt_parms"]["RA_WALLET"]), "}"]


def test_a_backup_is_read_through_it_with_its_passwords():
    server = Server(ALLOCATED + COMPLETE)
    assert told(server, existing_tag="WEEKLY", decryption_passwords=["Backup_1"])["usable"]
    assert "SET DECRYPTION IDENTIFIED BY \"Backup_1\";\nRESTORE DATABASE FROM TAG 'WEEKLY' VALIDATE HEADER;\n}" in server.scripts[0]


def test_missing_files_are_told_at_once_and_rman_is_not_asked():
    server = Server(files=())
    found = told(server)["findings"]
    assert [one["message"] for one in found] == ["The library {0} is not there or cannot be read.".format(LIBRARY),
                                                 "The wallet {0} is not there or cannot be read.".format(WALLET)] and not server.scripts
    with pytest.raises(Refused) as caught:
        told(server, fail=True)
    assert caught.value.code == "DBF-0881" and LIBRARY in caught.value.message and WALLET in caught.value.message
    one, = told(Server(files=()), sbt_library="libra.so", sbt_parms={"OPC_PFILE": "/dbs/opc.ora"})["findings"]
    assert one["message"].startswith("The configuration file /dbs/opc.ora is not there")


@pytest.mark.parametrize("said, check, words, remedy", [
    (REFUSED, "channel", "ORA-01017", "mkstore -listCredential"),
    (REFUSED.replace("   ORA-01017", "   ORA-28759"), "channel", "ORA-28759", "cwallet.sso"),
    (REFUSED.replace("   ORA-01017", "   KBHS-00727"), "channel", "KBHS-00727", "by hand"),
    (ALLOCATED + NOTHING_THERE, "backup", "RMAN-06026", "LIST BACKUP TAG"),
    ("", "channel", "it said nothing", "by hand"),
])
def test_an_answer_is_told_with_what_to_do_about_it(said, check, words, remedy):
    one, = told(Server(said, 1), existing_tag="WEEKLY")["findings"]
    assert (one["check"], one["severity"]) == (check, "error") and words in one["message"] and remedy in one["remedy"]


def test_what_cannot_stand_in_a_channel_is_a_finding():
    server = Server()
    assert told(server, sbt_parms={"RA_WALLET": "location=file:/w credential_alias=x') HOST 'id"})["findings"][0]["check"] == "channel"
    assert not told(server, existing_tag="it's")["usable"] and not server.scripts
