# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager as a process, its work in the instance."""
from __future__ import annotations

import pathlib
import re

import pytest
from oralab.storage import PLATFORMS, read_header
from oralab.tools import control, rman_server
from oralab.tools import rman_commands as commands
from oralab.tools.rman_channels import ClientGone
from oralab.tools.rman_media import read_piece
from tool_host import Host

CONVERT = """CONNECT TARGET '/ AS SYSBACKUP';
RUN {{
CONVERT DATAFILE {files}
  FROM PLATFORM '{platform}'
  PARALLELISM 2
  DB_FILE_NAME_CONVERT '{old}', '{new}';
}}
EXIT;
"""
SOLARIS = "Solaris[tm] OE (64-bit)"


def convert(target: Host, *paths: pathlib.Path, platform: str = SOLARIS) -> tuple[int, str]:
    return target.rman(CONVERT.format(files=", ".join(f"'{path}'" for path in paths), platform=platform, old=paths[0].parent,
                                      new=target.database.directory))


def test_files_of_the_other_byte_order_are_converted_by_several_channels(source: Host, target: Host) -> None:
    paths = [source.fill(name, number=number) for number, name in enumerate(("APP_A", "APP_B", "APP_C"), 100)]
    for name in ("APP_A", "APP_B", "APP_C"):
        source.store.read_only(name)
    rc, out = convert(target, *paths)
    assert rc == 0, out
    assert re.search(r"^connected to target database: TRG \(DBID=4724\)$", out, re.MULTILINE)
    assert re.search(r"^Starting conversion at target at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\nusing target database control file "
                     r"instead of recovery catalog\nallocated channel: ORA_DISK_1\nchannel ORA_DISK_1: SID=\d+ device type=DISK\n"
                     r"allocated channel: ORA_DISK_2$",
                     out, re.MULTILINE)
    assert out.count("datafile conversion complete, elapsed time: 00:0") == 3
    assert set(re.findall(r"channel (ORA_DISK_\d): starting datafile conversion", out)) <= {"ORA_DISK_1", "ORA_DISK_2"}
    assert "\nFinished conversion at target at " in out and out.endswith("\n\nRecovery Manager complete.\n")
    for path in paths:
        header = read_header(f"{target.database.directory}/{path.name}", PLATFORMS[13])
        assert header.checkpoint_scn == read_header(str(path), PLATFORMS[2]).checkpoint_scn and header.platform.id == 13
    assert [row["CONVERTED_FILE"] for row in target.database.rman_records["V$DATAFILE_COPY"]] == ["YES"] * 3
    rows = {row["OPNAME"]: row for row in target.database.longops.values()}
    assert set(rows) == {"RMAN: datafile conversion", "RMAN: aggregate input"}
    assert rows["RMAN: aggregate input"]["SOFAR"] == rows["RMAN: aggregate input"]["TOTALWORK"] == 3 * 512


def test_a_file_that_is_there_fails_its_channel_and_the_others_go_on(source: Host, target: Host) -> None:
    paths = [source.fill(name, number=number) for number, name in enumerate(("APP_A", "APP_B"), 100)]
    blocked = pathlib.Path(target.database.directory) / "app_a01.dbf"
    blocked.write_text("not ours")
    rc, out = convert(target, *paths)
    assert rc == 1
    assert re.search(r"RMAN-00571: =+\nRMAN-00569: =+ ERROR MESSAGE STACK FOLLOWS =+\nRMAN-00571: =+\n"
                     r"RMAN-03009: failure of conversion at target command on ORA_DISK_1 channel at \d\d/\d\d/\d{4} \d\d:\d\d:\d\d\n"
                     r'ORA-19504: failed to create file "\S+app_a01.dbf"\nORA-27038: created file already exists\n', out)
    assert blocked.read_text() == "not ours"
    assert (pathlib.Path(target.database.directory) / "app_b01.dbf").exists() and "Finished conversion" not in out


def test_wrong_inputs_of_a_conversion(source: Host, target: Host) -> None:
    path = source.fill()
    assert "ORA-19563: datafile header validation failed" in convert(target, path, platform="Linux x86 64-bit")[1]
    assert "RMAN-06594: platform name 'Amiga' " in convert(target, path, platform="Amiga")[1]
    rc, out = convert(target, path.with_name("absent.dbf"))
    assert rc == 1 and "ORA-19505: failed to identify file" in out and "ORA-27037: unable to obtain file status" in out
    assert not list(pathlib.Path(target.database.directory).glob("app*"))


def test_conversion_at_the_source_wants_read_only(source: Host) -> None:
    source.fill()
    command = f"CONVERT TABLESPACE app TO PLATFORM 'Linux x86 64-bit' FORMAT '{source.directory}/%U';\n"
    rc, out = source.rman(command, "target", "/")
    assert rc == 1 and "RMAN-06599: Tablespace APP is not in read-only mode" in out
    source.store.read_only("APP")
    rc, out = source.rman(command, "target", "/")
    assert rc == 0 and "Starting conversion at source at" in out and re.search(r"input datafile file number=0000\d name=\S+app01.dbf", out)
    made = list(source.directory.glob("data-D-SRC_I-4713_TS-APP_FNO-*"))
    assert len(made) == 1 and read_header(str(made[0]), PLATFORMS[13]).tablespace == "APP"


def test_image_copies_have_tag_and_record(source: Host) -> None:
    path = source.fill()
    rc, out = source.rman(f"BACKUP AS COPY INCREMENTAL LEVEL 0 TAG 'L0' FORMAT '{source.directory}/%N_%f.cpy' TABLESPACE APP;\n",
                          "target", "/")
    assert rc == 0, out
    found = re.search(r"output file name=(\S+) tag=L0 RECID=1 STAMP=\d+\nchannel ORA_DISK_1: datafile copy complete, elapsed time:", out)
    assert found
    number = next(file.number for file in source.store.datafiles("APP"))
    assert found.group(1) == f"{source.directory}/APP_{number}.cpy"
    assert pathlib.Path(found.group(1)).read_bytes() == path.read_bytes()
    row, = source.database.rman_records["V$DATAFILE_COPY"]
    assert (row["TAG"], row["INCREMENTAL_LEVEL"], row["STATUS"]) == ("L0", 0, "A")
    rc, out = source.rman(f"BACKUP AS COPY TAG 'L0' FORMAT '{source.directory}/%N_%f.cpy' TABLESPACE APP;\n", "target", "/")
    assert rc == 1 and "ORA-27038" in out
    rc, out = source.rman("DELETE NOPROMPT COPY TAG l0;\nLIST COPY;\n", "target", "/")
    assert rc == 0 and "Deleted 1 objects" in out and "specification does not match any datafile copy" in out
    assert not pathlib.Path(found.group(1)).exists()


def test_an_incremental_backup_has_only_what_changed(source: Host) -> None:
    source.fill(rows=2000)
    command = f"BACKUP INCREMENTAL LEVEL {{}} TAG L{{}} FORMAT '{source.directory}/%U' TABLESPACE app;\n"
    rc, out = source.rman(command.format(0, 0), "target", "/")
    assert rc == 0 and "channel ORA_DISK_1: starting incremental level 0 datafile backup set" in out, out
    full = re.search(r"piece handle=(\S+) tag=L0 comment=NONE", out)
    source.insert(1, start=9000)
    rc, out = source.rman(command.format(1, 1), "target", "/")
    part = re.search(r"piece handle=(\S+) tag=L1 comment=NONE", out)
    assert full and part, out
    blocks = [[block for _, block, _ in read_piece(found.group(1)).blocks()] for found in (full, part)]
    assert len(blocks[0]) > 20 and 1 < len(blocks[1]) <= 3 and set(blocks[1]) <= set(blocks[0])
    assert [row["BACKUP_TYPE"] for row in source.database.rman_records["V$BACKUP_SET"]] == ["D", "I"]
    assert source.database.rman_records["V$RMAN_BACKUP_JOB_DETAILS"][0]["STATUS"] == "COMPLETED"


def test_a_database_backup_includes_the_control_file(source: Host) -> None:
    rc, out = source.rman("BACKUP DATABASE;\n", "target", "/")
    assert rc == 0 and "including current control file in backup set" in out
    assert "temp01" not in out and len(re.findall(r"piece handle=\S+\.bkp tag=TAG\d{8}T\d{6} comment=NONE", out)) == 2


def test_without_archivelog_an_open_file_is_not_backed_up(source: Host) -> None:
    source.fill()
    source.database.attributes.log_mode = "NOARCHIVELOG"
    rc, out = source.rman("BACKUP TABLESPACE app;\n", "target", "/")
    assert rc == 1 and re.search(r"RMAN-03009: failure of backup command on ORA_DISK_1 channel at .*\nORA-19602: cannot backup or "
                                 r"copy active file "
                                 "in NOARCHIVELOG mode\n", out)
    source.store.read_only("APP")
    assert source.rman("BACKUP TABLESPACE app;\n", "target", "/")[0] == 0


def test_validation_finds_a_damaged_block(source: Host) -> None:
    path = source.fill(rows=2000)
    source.store.read_only("APP")
    rc, out = source.rman("VALIDATE CHECK LOGICAL TABLESPACE app;\n", "target", "/")
    number = source.store.datafiles("APP")[0].number
    assert rc == 0 and re.search(rf"^{number}\s+OK\s+0\s+\d+\s+512\s+\d+\n  File Name: {path}$", out, re.MULTILINE), out
    data = bytearray(path.read_bytes())
    data[5 * 8192 + 100] ^= 0xFF
    path.write_bytes(data)
    rc, out = source.rman("VALIDATE TABLESPACE app;\n", "target", "/")
    assert re.search(rf"^{number}\s+FAILED\s+0", out, re.MULTILINE) and "  Data       1 " in out and "corrupt blocks" in out
    assert [(row["FILE#"], row["BLOCK#"]) for row in source.database.rman_records["V$DATABASE_BLOCK_CORRUPTION"]] == [(number, 5)]
    rc, out = source.rman("BACKUP TABLESPACE app;\n", "target", "/")
    assert rc == 1 and "ORA-19566: exceeded limit of 0 corrupt blocks" in out


def test_errors_on_standard_input_and_in_command_files(source: Host, tmp_path: pathlib.Path) -> None:
    rc, out = source.rman("BACKUP TABLESPACE nothere;\nSHOW ALL;\n", "target", "/")
    assert rc == 1 and 'RMAN-06019: could not translate tablespace name "NOTHERE"' in out and "CONFIGURE RETENTION POLICY" in out
    file = tmp_path / "commands.rcv"
    file.write_text("BACKUP TABLESPACE nothere;\nSHOW ALL;\n")
    rc, out = source.rman("", "target", "/", "cmdfile", str(file))
    assert rc == 1 and "RMAN> BACKUP TABLESPACE nothere;" in out and "CONFIGURE RETENTION POLICY" not in out
    rc, out = source.rman("BACKUPP DATABASE;\n", "target", "/")
    assert rc == 1 and "RMAN-00558: error encountered while parsing input commands" in out and "RMAN-01009: syntax error" in out
    assert not source.database.rman_records.get("V$BACKUP_SET")


def test_channels_of_a_block_are_released_before_its_error(source: Host) -> None:
    rc, out = source.rman("RUN {\nALLOCATE CHANNEL c1 DEVICE TYPE DISK;\nBACKUP DATAFILE 99;\nSHOW ALL;\n}\n", "target", "/")
    assert rc == 1 and out.index("allocated channel: c1") < out.index("released channel: c1") < out.index("RMAN-00569")
    assert "RMAN-06010: error while looking up datafile: 99" in out and "CONFIGURE RETENTION" not in out
    source.nobody_is_logged_on()


def test_no_instance_and_no_connection(source: Host) -> None:
    rc, out = source.rman("VALIDATE DATABASE;\n", "target", "/", ORACLE_SID="other")
    assert rc == 1 and "connected to target database (not started)" in out
    rc, out = source.rman("VALIDATE DATABASE;\n")
    assert rc == 1 and "RMAN-06171: not connected to target database" in out


def test_channels_stop_after_their_file_when_the_client_is_gone(source: Host) -> None:
    for number, name in enumerate(("APP_A", "APP_B", "APP_C"), 100):
        source.fill(name, number=number)
    lines: list[str] = []

    def write(new: list[str]) -> None:
        lines.extend(new)
        if any("starting datafile copy" in line for line in new):
            raise BrokenPipeError

    server = rman_server.RmanServer(source.database, control.Hello("rman", "SYSBACKUP"), write)
    with pytest.raises(ClientGone):
        server.run(commands.Backup(commands.Scope("DATABASE"), as_copy=True, format=f"{source.directory}/%f.cpy"))
    server.close()
    assert sum("starting datafile copy" in line for line in lines) == 1 and not list(source.directory.glob("*.cpy"))
    assert source.database.rman_records["V$RMAN_STATUS"][0]["STATUS"] == "FAILED" and not source.database.open_sessions
