# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups to a Recovery Appliance, as a DBA types its channels, and what they say when something is not there."""
from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator

import pytest
from oralab.appliance import RecoveryAppliance
from oralab.tools import opc, ra
from rman_rig import Rig

STACK = (r"RMAN-03009: failure of allocate command on c1 channel at .*\n"
         r"ORA-19554: error allocating device, device type: SBT_TAPE, device name:\n")
MANAGER = r"ORA-27023: skgfqsbi: media manager protocol error\nORA-19511: non RMAN, but media manager or vendor specific failure, error text:\n   "


class Protected(Rig):
    """A host whose database is backed up to an appliance."""

    def __init__(self, directory: pathlib.Path) -> None:
        super().__init__(directory)
        self.appliance = RecoveryAppliance(str(directory / "appliance"))
        place = self.appliance.start()
        self.alias: str = place["alias"]
        self.account = opc.Credentials(place["user"], place["password"])
        self.library, self.wallet = directory / "libra.so", directory / "ra_wallet"
        ra.write_library(str(self.library))
        ra.write_wallet(str(self.wallet), {self.alias: self.account})

    def parms(self, word: str = "SBT_PARMS", wallet: pathlib.Path | None = None, alias: str = "") -> str:
        return (f"\"SBT_LIBRARY={self.library}, {word}=(RA_WALLET='location=file:{wallet or self.wallet} "
                f"credential_alias={alias or self.alias}')\"")

    def channel(self, commands: str, parms: str = "", ok: bool = True) -> str:
        return self.rman(f"RUN {{ ALLOCATE CHANNEL c1 DEVICE TYPE 'SBT_TAPE' PARMS {parms or self.parms()};\n{commands} }}\n", ok)


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Protected]:
    made = Protected(tmp_path_factory.mktemp("ra"))
    yield made
    made.appliance.stop()
    made.host.stop()


@pytest.mark.parametrize("word", ["ENV", "SBT_PARMS"])
def test_pieces_go_to_the_appliance_and_come_back(protected: Protected, word: str) -> None:
    out = protected.channel(f"BACKUP INCREMENTAL LEVEL 0 TAG 'RA_{word}' FORMAT '%d_%U' TABLESPACE users;", protected.parms(word))
    assert re.search(r"channel c1: SID=\d+ device type=SBT_TAPE\nchannel c1: RA Library VER=19.0.0.1\n", out)
    assert re.search(r"piece handle=SALES_\S+ tag=\w+ comment=API Version 2.0,MMS Version 19.0.0.1\n", out)
    found = protected.query("SELECT device_type, media, encrypted FROM v$backup_piece WHERE tag = :tag", tag=f"RA_{word}")
    assert found == [("SBT_TAPE", "Recovery Appliance (ZDLRA)", "NO")]
    assert "found to be 'AVAILABLE'" in protected.channel(f"CROSSCHECK BACKUP TAG 'RA_{word}';")
    out = protected.channel(f"RESTORE TABLESPACE users FROM TAG 'RA_{word}' VALIDATE HEADER;")
    assert "Finished restore" in out
    handle, = protected.pieces(f"RA_{word}")
    assert "Deleted 1 objects" in protected.channel(f"DELETE NOPROMPT BACKUPPIECE '{handle}';")
    assert not [path for path in pathlib.Path(protected.appliance.directory, "pieces").iterdir() if handle in path.name]


def test_configured_channels(protected: Protected) -> None:
    protected.rman(f"CONFIGURE CHANNEL DEVICE TYPE 'SBT_TAPE' FORMAT '%d_%U' PARMS {protected.parms()};\n")
    assert f"PARMS {protected.parms()}" in re.sub(" +", " ", protected.rman("SHOW CHANNEL;\n"))
    assert "piece handle=SALES_" in protected.rman("BACKUP DEVICE TYPE sbt TAG 'RA_CONF' SPFILE;\nCONFIGURE CHANNEL DEVICE TYPE sbt CLEAR;\n")


def test_what_was_sent_outlives_a_restart_of_the_appliance(protected: Protected) -> None:
    protected.channel("BACKUP TAG 'RA_STAYS' SPFILE;")
    protected.appliance.stop()
    assert re.search(STACK + MANAGER + "ORA-12541: TNS:no listener", protected.channel("CROSSCHECK BACKUP TAG 'RA_STAYS';", ok=False))
    assert protected.appliance.start()["alias"] == protected.alias
    assert "found to be 'AVAILABLE'" in protected.channel("CROSSCHECK BACKUP TAG 'RA_STAYS';")


def test_a_piece_that_is_gone_is_expired_and_not_restored(protected: Protected) -> None:
    protected.channel("BACKUP TAG 'RA_GONE' TABLESPACE users;")
    handle, = protected.pieces("RA_GONE")
    for path in pathlib.Path(protected.appliance.directory, "pieces").iterdir():
        if handle in path.name:
            path.unlink()
    out = protected.channel("RESTORE TABLESPACE users FROM TAG 'RA_GONE' VALIDATE HEADER;", ok=False)
    assert "ORA-19507: failed to retrieve sequential file" in out and f"KBHS-01404: backup piece {handle} not found" in out
    assert "found to be 'EXPIRED'" in protected.channel("CROSSCHECK BACKUP TAG 'RA_GONE';")


def test_backups_on_disks_are_not_read_through_the_library(protected: Protected) -> None:
    protected.rman("BACKUP TAG 'ON_DISK' FORMAT 'OUT/%U' TABLESPACE users;\n")
    out = protected.channel("RESTORE TABLESPACE users FROM TAG 'ON_DISK' VALIDATE HEADER;", ok=False)
    assert "RMAN-06100: no channel to restore a backup or copy of datafile" in out


def test_a_channel_without_what_it_needs_is_not_allocated(protected: Protected, tmp_path: pathlib.Path) -> None:
    def refused(parms: str) -> str:
        return protected.channel("BACKUP SPFILE;", parms, ok=False)

    assert re.search(STACK + "ORA-27211: Failed to load Media Management Library\n", refused(f"'SBT_LIBRARY={tmp_path}/libra.so'"))
    assert re.search(STACK + MANAGER + "KBHS-01006: Parameter RA_WALLET was not specified", refused(f"'SBT_LIBRARY={protected.library}'"))
    assert re.search(STACK + MANAGER + "ORA-28759: failure to open file", refused(protected.parms(wallet=tmp_path)))
    other = protected.alias.replace("/zdlra", "/other")
    assert re.search(STACK + MANAGER + "ORA-01017: invalid username/password", refused(protected.parms(alias=other)))
    assert re.search(STACK + MANAGER + "ORA-12154: TNS:could not resolve", refused(protected.parms(alias="nobody")))
    wrong = {protected.alias: opc.Credentials(protected.account.user, "wrong"), other: protected.account, "127.0.0.1:9/zdlra": protected.account}
    ra.write_wallet(str(tmp_path), wrong)
    assert re.search(STACK + MANAGER + "ORA-01017: invalid username/password", refused(protected.parms(wallet=tmp_path)))
    assert re.search(STACK + MANAGER + "ORA-12514: TNS:listener does not currently know", refused(protected.parms(wallet=tmp_path, alias=other)))
    assert re.search(STACK + MANAGER + "ORA-12541: TNS:no listener", refused(protected.parms(wallet=tmp_path, alias="127.0.0.1:9/zdlra")))
