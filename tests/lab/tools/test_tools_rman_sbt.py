# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups through a media manager to object storage, and the installer that brings it."""
from __future__ import annotations

import os
import pathlib
import re
import subprocess
from collections.abc import Iterator

import pytest
from oralab.object_store import ObjectStore
from oralab.tools import java_main, opc
from oralab.tools.sbt_library import Credentials
from rman_rig import MANAGER, STACK, MediaRig

ENCRYPTED = "SET ENCRYPTION ON IDENTIFIED BY 'Oracle_1' ONLY;\n"


class Cloud(MediaRig):
    """A host that reaches an object storage."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.store = ObjectStore(str(directory / "store"))
        super().__init__(directory, self.store)
        java_main.write_zip(str(directory / "opc_installer.zip"))
        subprocess.run(["unzip", "-q", str(directory / "opc_installer.zip"), "-d", str(directory)], check=True)
        self.jar = str(directory / "opc_installer/opc_installer/opc_install.jar")

    def java(self, *words: str, jar: str = "") -> tuple[int, str]:
        environment = {**os.environ, "ORACLE_HOME": self.host.home, "ORACLE_SID": "sales"}
        done = subprocess.run([os.path.join(self.host.home, "jdk/bin/java"), "-jar", jar or self.jar, *words], capture_output=True, text=True,
                              env=environment, timeout=300, check=False)
        assert not done.stderr
        return done.returncode, done.stdout

    def install(self, directory: pathlib.Path, secret: str = "", container: str = "backups") -> tuple[int, str]:
        """The module with library, wallet and configuration file in one directory; the secret by a file of arguments."""
        directory.mkdir(exist_ok=True)
        arguments = directory / "arguments"
        arguments.write_text(f"-opcPass {secret or self.place['secret_key']}\n")
        return self.java("-opcId", self.place["access_key"], "-host", self.place["endpoint"] + "/v1/sales", "-container", container,
                         "-walletDir", str(directory), "-libDir", str(directory), "-configFile", str(directory / "opc.ora"), "-argFile", str(arguments))

    def channel(self, directory: pathlib.Path, commands: str, ok: bool = True) -> str:
        return self.run(f"'SBT_LIBRARY={directory}/libopc.so,SBT_PARMS=(OPC_PFILE={directory}/opc.ora)'", commands, ok, first=ENCRYPTED)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    made = Cloud(tmp_path_factory.mktemp("sbt"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def module(cloud: Cloud) -> pathlib.Path:
    rc, out = cloud.install(cloud.out / "opc")
    assert rc == 0, out
    return cloud.out / "opc"


def test_the_installer_brings_library_wallet_and_configuration(cloud: Cloud, module: pathlib.Path) -> None:
    assert opc.read_parameters((module / "opc.ora").read_text()) == {
        "OPC_HOST": cloud.place["endpoint"] + "/v1/sales", "OPC_WALLET": f"LOCATION=file:{module} CREDENTIAL_ALIAS=alias_opc", "OPC_CONTAINER": "backups"}
    wallet = module / "cwallet.sso"
    assert cloud.place["secret_key"].encode() not in wallet.read_bytes() and wallet.stat().st_mode & 0o777 == 0o600
    assert opc.LIBRARY.is_at(str(module / "libopc.so"))


def test_the_installer_tries_the_credentials_first(cloud: Cloud) -> None:
    rc, out = cloud.install(cloud.out / "wrong", secret="not-the-secret")
    assert rc == 1 and "Error: Could not authenticate to Oracle Database Cloud Backup Module" in out and "401 Unauthorized" in out
    assert sorted(path.name for path in (cloud.out / "wrong").iterdir()) == ["arguments"]
    rc, out = cloud.java("-host", "x")
    assert rc == 1 and "-opcid" in out and "-walletdir" in out
    assert cloud.java("-host", "x", jar="/nowhere.jar") == (1, "Error: Unable to access jarfile /nowhere.jar\n")


def test_pieces_go_to_the_storage_and_come_back(cloud: Cloud, module: pathlib.Path) -> None:
    out = cloud.channel(module, "BACKUP INCREMENTAL LEVEL 0 TAG 'CLOUD' FORMAT 'sales_%U' DATABASE;\nBACKUP TAG 'CLOUD' ARCHIVELOG ALL;")
    assert re.search(r"channel c1: SID=\d+ device type=SBT_TAPE\nchannel c1: Oracle Database Backup Service Library VER=19.0.0.1\n", out)
    assert re.search(r"piece handle=sales_\S+ tag=CLOUD comment=API Version 2.0,MMS Version 19.0.0.1\n", out)
    found = cloud.query("SELECT device_type, media, encrypted, status FROM v$backup_piece WHERE tag = 'CLOUD'")
    assert set(found) == {("SBT_TAPE", cloud.place["endpoint"].split("//")[1] + "/v1/sales/backups", "YES", "A")}
    assert cloud.query("SELECT DISTINCT output_device_type FROM v$rman_status WHERE row_type = 'COMMAND'") == [("SBT_TAPE",)]
    out = cloud.channel(module, "CROSSCHECK BACKUP TAG 'CLOUD';")
    assert out.count("found to be 'AVAILABLE'") == len(found)
    handle = cloud.pieces("CLOUD")[0]
    out = cloud.channel(module, "DELETE NOPROMPT BACKUPPIECE '%s';" % handle)
    assert "Deleted 1 objects" in out
    parms = f"SBT_LIBRARY={module}/libopc.so,SBT_PARMS=(OPC_PFILE={module}/opc.ora)"
    assert "ORA-19507: failed to retrieve sequential file" in cloud.rman(
        f"CONFIGURE CHANNEL DEVICE TYPE sbt PARMS '{parms}';\nCATALOG DEVICE TYPE sbt BACKUPPIECE '{handle}';\n", ok=False)


def test_configured_channels(cloud: Cloud, module: pathlib.Path) -> None:
    parms = f"SBT_LIBRARY={module}/libopc.so,SBT_PARMS=(OPC_PFILE={module}/opc.ora)"
    out = cloud.rman(f"CONFIGURE CHANNEL DEVICE TYPE sbt PARMS '{parms}';\nCONFIGURE DEVICE TYPE sbt PARALLELISM 2;\n"
                     f"CONFIGURE CONTROLFILE AUTOBACKUP ON;\n{ENCRYPTED}BACKUP DEVICE TYPE sbt TAG 'CONF' TABLESPACE users;\n")
    assert "allocated channel: ORA_SBT_TAPE_2" in out and re.search(r"piece handle=c-\d+-\d{8}-00 comment=API Version 2.0", out)
    handle = cloud.pieces("CONF")[0]
    out = cloud.rman("CHANGE BACKUP TAG 'CONF' UNCATALOG;\nCATALOG DEVICE TYPE 'SBT_TAPE' BACKUPPIECE '%s';\n" % handle)
    assert "cataloged backup piece" in out and cloud.pieces("CONF") == [handle]
    cloud.rman("CONFIGURE CONTROLFILE AUTOBACKUP CLEAR;\nCONFIGURE CHANNEL DEVICE TYPE sbt CLEAR;\nCONFIGURE DEVICE TYPE sbt CLEAR;\n")


def test_channels_for_maintenance_are_apart_from_those_of_a_block(cloud: Cloud, module: pathlib.Path) -> None:
    parms = f"SBT_LIBRARY={module}/libopc.so,SBT_PARMS=(OPC_PFILE={module}/opc.ora)"
    cloud.channel(module, "BACKUP TAG 'MAINT' SPFILE;")
    handle = cloud.pieces("MAINT")[0]
    out = cloud.rman(f"ALLOCATE CHANNEL FOR MAINTENANCE DEVICE TYPE SBT PARMS '{parms}';\nCHANGE BACKUP TAG 'MAINT' UNCATALOG;\n"
                     f"CATALOG DEVICE TYPE 'SBT_TAPE' BACKUPPIECE '{handle}';\n"
                     "RUN { ALLOCATE CHANNEL c1 DEVICE TYPE DISK;\nBACKUP TAG 'OWN' TABLESPACE users; }\nRELEASE CHANNEL;\n")
    assert out.index("released channel: c1") < out.index("released channel: ORA_MAINT_SBT_TAPE_1")
    assert "channel c1: starting" in out and "channel ORA_MAINT_SBT_TAPE_1: starting" not in out
    assert "RMAN-06474: maintenance channels are not allocated" in cloud.rman("RELEASE CHANNEL;\n", ok=False)


def test_a_channel_without_what_it_needs_is_not_allocated(cloud: Cloud, module: pathlib.Path) -> None:
    nothing = cloud.out / "nothing"
    nothing.mkdir()
    assert re.search(STACK + "ORA-27211: Failed to load Media Management Library\n", cloud.channel(nothing, "BACKUP SPFILE;", ok=False))
    opc.LIBRARY.write(str(nothing / "libopc.so"))
    assert re.search(STACK + MANAGER + f"KBHS-01002: unable to open Oracle Database Backup Service Library parameter file {nothing}/opc.ora",
                     cloud.channel(nothing, "BACKUP SPFILE;", ok=False))
    (nothing / "opc.ora").write_text(f"OPC_HOST={cloud.place['endpoint']}\nOPC_CONTAINER=backups\n")
    assert re.search(STACK + MANAGER + "KBHS-01006: Parameter OPC_WALLET was not specified", cloud.channel(nothing, "BACKUP SPFILE;", ok=False))
    opc.write_configuration(str(nothing / "opc.ora"), cloud.place["endpoint"], str(nothing), "backups", oci=False)
    assert re.search(STACK + MANAGER + "KBHS-00712: ", cloud.channel(nothing, "BACKUP SPFILE;", ok=False))
    opc.write_wallet(str(nothing), Credentials(cloud.place["access_key"], "wrong"))
    assert re.search(STACK + MANAGER + "KBHS-00715: HTTP error occurred 'operation-unauthorized'", cloud.channel(nothing, "BACKUP SPFILE;", ok=False))
    opc.write_configuration(str(module / "elsewhere.ora"), "http://127.0.0.1:9", str(module), "backups", oci=False)
    parms = f"SBT_LIBRARY={module}/libopc.so,ENV=(OPC_PFILE={module}/elsewhere.ora)"
    assert "KBHS-00713: HTTP client error" in cloud.rman(f"RUN {{ ALLOCATE CHANNEL c1 DEVICE TYPE SBT PARMS '{parms}'; }}\n", ok=False)


def test_a_storage_that_fails_leaves_no_piece(cloud: Cloud, module: pathlib.Path) -> None:
    cloud.store.fail(500, 1)
    assert "KBHS-00715: HTTP error occurred 'internal-server-error'" in cloud.channel(module, "BACKUP SPFILE;", ok=False)
    before = cloud.query("SELECT COUNT(*) FROM v$backup_piece")
    # The channel asks once, and once more whether there is such a piece; then it is sent.
    cloud.store.fail(500, 1, after=2)
    out = cloud.channel(module, "BACKUP FORMAT 'broken' SPFILE;", ok=False)
    assert re.search(r'ORA-19502: write error on file "broken", block number 1 \(block size=8192\)\nORA-27030: skgfwrt: sbtwrite2 returned error\n'
                     r"ORA-19511: .*\n   KBHS-00715: HTTP error occurred 'internal-server-error'", out)
    assert cloud.query("SELECT COUNT(*) FROM v$backup_piece") == before
    assert "piece handle=broken" in cloud.channel(module, "BACKUP FORMAT 'broken' SPFILE;")


def test_what_is_not_encrypted_is_not_taken(cloud: Cloud, module: pathlib.Path) -> None:
    parms = f"SBT_LIBRARY={module}/libopc.so,SBT_PARMS=(OPC_PFILE={module}/opc.ora)"
    out = cloud.rman(f"RUN {{ ALLOCATE CHANNEL c1 DEVICE TYPE SBT PARMS '{parms}';\nBACKUP FORMAT 'plain' SPFILE; }}\n", ok=False)
    assert re.search(r'ORA-19506: failed to create sequential file, name="plain", parms=""\nORA-27028: skgfqcre: sbtbackup returned error\n'
                     r"ORA-19511: non RMAN, .*\n   KBHS-01602: backup piece plain is not encrypted", out)
