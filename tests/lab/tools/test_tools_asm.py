# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery Manager between file systems and ASM disk groups."""
from __future__ import annotations

import concurrent.futures
import pathlib
import re
from collections.abc import Iterator

import pytest
from oralab.storage import PLATFORMS, asm, read_header
from oralab.storage.asm import DiskGroup
from tool_host import Host

GROUPS = (DiskGroup("DATA02", 40),)
LINUX = "Linux x86 64-bit"
MANAGED = r"\+DATA02/TRG/DATAFILE/app_a\.2\d\d\.\d{10}"


@pytest.fixture(autouse=True)
def disk_group(tmp_path: pathlib.Path) -> Iterator[None]:
    asm.mount(GROUPS, str(tmp_path / "asm"))
    yield
    asm.dismount(GROUPS)


def at_source(source: Host, staging: pathlib.Path, *options: str) -> tuple[int, str]:
    return source.rman(f"CONNECT TARGET /;\nCONVERT TABLESPACE \"APP_A\" TO PLATFORM '{LINUX}' PARALLELISM 2 {' '.join(options)};\nEXIT;\n")


def test_converted_at_the_source_and_copied_into_a_disk_group(source: Host, target: Host, tmp_path: pathlib.Path) -> None:
    path = source.fill("APP_A", number=100)
    source.store.read_only("APP_A")
    rc, out = at_source(source, tmp_path, f"FORMAT '{tmp_path}/%U'")
    assert rc == 0, out
    (staged,) = re.findall(r"^converted datafile=(.+)$", out, re.MULTILINE)
    assert read_header(staged, PLATFORMS[13]).checkpoint_scn == read_header(str(path), PLATFORMS[2]).checkpoint_scn
    rc, out = target.rman(f"CONNECT TARGET /;\nCONVERT DATAFILE '{staged}' FORMAT '+DATA02' PARALLELISM 4;\nEXIT;\n")
    assert rc == 0, out
    (name,) = re.findall(r"^converted datafile=(.+)$", out, re.MULTILINE)
    assert re.fullmatch(MANAGED, name) and not pathlib.Path(name).exists()
    assert pathlib.Path(asm.real(name)).read_bytes() == pathlib.Path(staged).read_bytes(), "nothing was converted the second time"


def test_an_alias_is_made_where_its_directory_is_and_read_again(source: Host, target: Host, tmp_path: pathlib.Path) -> None:
    source.fill("APP_A", number=100)
    source.store.read_only("APP_A")
    _, out = at_source(source, tmp_path, f"FORMAT '{tmp_path}/%U'")
    (staged,) = re.findall(r"^converted datafile=(.+)$", out, re.MULTILINE)
    into = "CONNECT TARGET /;\nCONVERT DATAFILE '{0}' DB_FILE_NAME_CONVERT '{0}', '{1}';\nEXIT;\n"
    rc, out = target.rman(into.format(staged, "+DATA02/TRG/DATAFILE/df01.dbf"))
    assert rc and re.findall("ORA-19504|ORA-17502|ORA-15173", out) == ["ORA-19504", "ORA-17502", "ORA-15173"]
    asm.place("+DATA02", "DATAFILE", "x", "TRG")   # ASM makes the directories of its own names
    rc, out = target.rman(into.format(staged, "+DATA02/TRG/DATAFILE/df01.dbf"))
    assert rc == 0 and "converted datafile=+DATA02/TRG/DATAFILE/df01.dbf" in out, out
    rc, out = target.rman(into.format("+DATA02/TRG/DATAFILE/df01.dbf", f"{tmp_path}/back.dbf"))
    assert rc == 0 and (tmp_path / "back.dbf").read_bytes() == pathlib.Path(staged).read_bytes(), out
    rc, out = target.rman(into.format("+DATA02/TRG/DATAFILE/none.dbf", f"{tmp_path}/none.dbf"))
    assert rc and re.findall("ORA-19505|ORA-17503|ORA-15173", out) == ["ORA-19505", "ORA-17503", "ORA-15173"]


def test_channels_that_create_files_at_once_give_each_a_name_of_its_own() -> None:
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        names = list(pool.map(lambda _: asm.place("+DATA02", "DATAFILE", "app_a", "TRG"), range(200)))
    assert len(set(names)) == len({name.split(".")[1] for name in names}) == 200


def test_a_full_disk_group_fails_the_copy(source: Host, target: Host, tmp_path: pathlib.Path) -> None:
    (tmp_path / "asm" / "DATA02" / "FILLER.300.1234567890").write_bytes(b"x" * (38 << 20))
    source.fill("APP_A", number=100)
    source.store.read_only("APP_A")
    _, out = at_source(source, tmp_path, f"FORMAT '{tmp_path}/%U'")
    (staged,) = re.findall(r"^converted datafile=(.+)$", out, re.MULTILINE)
    rc, out = target.rman(f"CONNECT TARGET /;\nCONVERT DATAFILE '{staged}' FORMAT '+DATA02';\nEXIT;\n")
    assert rc and re.findall("ORA-19504|ORA-17502|ORA-15041", out) == ["ORA-19504", "ORA-17502", "ORA-15041"], out


def test_copies_and_pieces_go_there_and_are_deleted_by_their_tag(target: Host) -> None:
    target.fill("APP_A", number=100)
    rc, out = target.rman("CONNECT TARGET /;\nBACKUP AS COPY TAG 'T' TABLESPACE APP_A FORMAT '+DATA02';\n"
                          "BACKUP TAG 'S' TABLESPACE APP_A FORMAT '+DATA02';\nEXIT;\n")
    assert rc == 0, out
    (copy,) = re.findall(r"^output file name=(\S+) tag=T", out, re.MULTILINE)
    (piece,) = re.findall(r"^piece handle=(\S+) tag=S", out, re.MULTILINE)
    assert re.fullmatch(MANAGED, copy) and piece.startswith("+DATA02/TRG/BACKUPSET/")
    assert asm.exists(copy) and asm.exists(piece)
    rc, out = target.rman("CONNECT TARGET /;\nCROSSCHECK COPY;\nDELETE NOPROMPT COPY TAG 'T';\nEXIT;\n")
    assert rc == 0 and "AVAILABLE" in out and not asm.exists(copy) and asm.exists(piece), out
