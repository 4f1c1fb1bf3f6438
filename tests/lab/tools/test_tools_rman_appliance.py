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
from oralab.tools import ra
from oralab.tools.sbt_library import Credentials
from rman_rig import MANAGER, STACK, MediaRig


class Protected(MediaRig):
    """A host whose database is backed up to an appliance."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.appliance = RecoveryAppliance(str(directory / "appliance"))
        super().__init__(directory, self.appliance)
        self.alias: str = self.place["alias"]
        self.account = Credentials(self.place["user"], self.place["password"])
        self.library, self.wallet = directory / "libra.so", directory / "ra_wallet"
        ra.LIBRARY.write(str(self.library))
        ra.write_wallet(str(self.wallet), {self.alias: self.account})

    def parms(self, word: str = "SBT_PARMS", wallet: pathlib.Path | None = None, alias: str = "") -> str:
        return (f"\"SBT_LIBRARY={self.library}, {word}=(RA_WALLET='location=file:{wallet or self.wallet} "
                f"credential_alias={alias or self.alias}')\"")

    def kept(self, handle: str) -> list[pathlib.Path]:
        """What the appliance keeps under a handle."""
        return [path for path in pathlib.Path(self.appliance.pieces).iterdir() if handle in path.name]

    def channel(self, commands: str, parms: str = "", ok: bool = True) -> str:
        return self.run(parms or self.parms(), commands, ok)


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Protected]:
    made = Protected(tmp_path_factory.mktemp("ra"))
    yield made
    made.stop()


def test_pieces_go_to_the_appliance_and_come_back(protected: Protected) -> None:
    out = protected.channel("BACKUP INCREMENTAL LEVEL 0 TAG 'RA' FORMAT '%d_%U' TABLESPACE users;\nCROSSCHECK BACKUP TAG 'RA';\n"
                            "RESTORE TABLESPACE users FROM TAG 'RA' VALIDATE HEADER;")
    assert re.search(r"channel c1: SID=\d+ device type=SBT_TAPE\nchannel c1: RA Library VER=19.0.0.1\n", out)
    assert re.search(r"piece handle=SALES_\S+ tag=RA comment=API Version 2.0,MMS Version 19.0.0.1\n", out)
    assert "found to be 'AVAILABLE'" in out and "Finished restore" in out
    found = protected.query("SELECT device_type, media, encrypted FROM v$backup_piece WHERE tag = 'RA'")
    assert found == [("SBT_TAPE", "Recovery Appliance (ZDLRA)", "NO")]
    handle, = protected.pieces("RA")
    assert protected.kept(handle)
    assert "Deleted 1 objects" in protected.channel(f"DELETE NOPROMPT BACKUPPIECE '{handle}';", protected.parms("ENV")) and not protected.kept(handle)


def test_configured_channels(protected: Protected) -> None:
    out = protected.rman(f"CONFIGURE CHANNEL DEVICE TYPE 'SBT_TAPE' FORMAT '%d_%U' PARMS {protected.parms()};\nSHOW CHANNEL;\n"
                         "BACKUP DEVICE TYPE sbt TAG 'RA_CONF' SPFILE;\nCONFIGURE CHANNEL DEVICE TYPE sbt CLEAR;\n")
    assert out.count(f"PARMS {protected.parms()}") == 3 and "piece handle=SALES_" in out


def test_what_was_sent_outlives_a_restart_of_the_appliance(protected: Protected) -> None:
    protected.channel("BACKUP TAG 'RA_STAYS' SPFILE;")
    protected.appliance.stop()
    assert re.search(STACK + MANAGER + "ORA-12541: TNS:no listener", protected.channel("CROSSCHECK BACKUP TAG 'RA_STAYS';", ok=False))
    assert protected.appliance.start()["alias"] == protected.alias
    assert "found to be 'AVAILABLE'" in protected.channel("CROSSCHECK BACKUP TAG 'RA_STAYS';")


def test_what_the_appliance_does_not_have_is_not_restored(protected: Protected) -> None:
    protected.rman("BACKUP TAG 'ON_DISK' FORMAT 'OUT/%U' TABLESPACE users;\n")
    protected.channel("BACKUP TAG 'RA_GONE' TABLESPACE users;")
    handle, = protected.pieces("RA_GONE")
    for path in protected.kept(handle):
        path.unlink()
    out = protected.channel("RESTORE TABLESPACE users FROM TAG 'RA_GONE' VALIDATE HEADER;", ok=False)
    assert "ORA-19507: failed to retrieve sequential file" in out and f"KBHS-01404: backup piece {handle} not found" in out
    out = protected.channel("CROSSCHECK BACKUP TAG 'RA_GONE';\nRESTORE TABLESPACE users FROM TAG 'ON_DISK' VALIDATE HEADER;", ok=False)
    assert "found to be 'EXPIRED'" in out and "RMAN-06100: no channel to restore a backup or copy of datafile" in out


def test_a_channel_without_what_it_needs_is_not_allocated(protected: Protected, tmp_path: pathlib.Path) -> None:
    other, nowhere = protected.alias.replace("/zdlra", "/other"), "127.0.0.1:9/zdlra"
    ra.write_wallet(str(tmp_path), {protected.alias: Credentials(protected.account.user, "wrong"), other: protected.account, nowhere: protected.account})
    answers = [
        (f"'SBT_LIBRARY={tmp_path}/libra.so'", "ORA-27211: Failed to load Media Management Library\n"),
        (f"'SBT_LIBRARY={protected.library}'", MANAGER + "KBHS-01006: Parameter RA_WALLET was not specified"),
        (protected.parms(wallet=tmp_path / "none"), MANAGER + "ORA-28759: failure to open file"),
        (protected.parms(alias=other), MANAGER + "ORA-01017: invalid username/password"),
        (protected.parms(alias="nobody"), MANAGER + "ORA-12154: TNS:could not resolve"),
        (protected.parms(wallet=tmp_path), MANAGER + "ORA-01017: invalid username/password"),
        (protected.parms(wallet=tmp_path, alias=other), MANAGER + "ORA-12514: TNS:listener does not currently know"),
        (protected.parms(wallet=tmp_path, alias=nowhere), MANAGER + "ORA-12541: TNS:no listener"),
    ]
    out = protected.rman("".join(f"RUN {{ ALLOCATE CHANNEL c1 DEVICE TYPE SBT_TAPE PARMS {parms}; }}\n" for parms, _ in answers), ok=False)
    assert re.search(".*".join(f"(?s:{STACK.replace('at .*', 'at [^ ]* [^ ]*')}{answer})" for _, answer in answers), out, re.DOTALL), out
