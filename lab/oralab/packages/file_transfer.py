# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_FILE_TRANSFER.COPY_FILE (documented); transfers through a database link are not simulated."""
from __future__ import annotations

import os
import shutil
from typing import Any

from oralab.errors import OraError
from oralab.packages.directories import Denied, Missing, path_of
from oralab.packages.registry import Package, signature

LARGEST = 2 * 1024 ** 4
DBMS_FILE_TRANSFER = Package("DBMS_FILE_TRANSFER", grantees=("EXECUTE_CATALOG_ROLE",))


def _path(session: Any, directory: str, file: str, privilege: str) -> str:
    """ORA-06564 without the directory object, ORA-01031 without the privilege (known to DBAs, not verified)."""
    name = directory[1:-1] if directory.startswith('"') else directory.upper()
    try:
        return os.path.join(path_of(session, name, privilege), file)
    except Missing:
        raise OraError(6564, f"object {name} does not exist") from None
    except Denied:
        raise OraError(1031, "insufficient privileges") from None


@DBMS_FILE_TRANSFER.routine("COPY_FILE", signature(
    "source_directory_object, source_file_name, destination_directory_object, destination_file_name"))
def copy_file(session: Any, source_directory_object: str, source_file_name: str, destination_directory_object: str,
              destination_file_name: str) -> None:
    """ORA-19505 without the source, ORA-19504 over an existing target, ORA-19563 unless 512 bytes divide the size.

    A copy that fails midway leaves its part behind (documented: not transactional).
    """
    source = _path(session, source_directory_object, source_file_name, "READ")
    target = _path(session, destination_directory_object, destination_file_name, "WRITE")
    if not os.path.isfile(source):
        raise OraError(19505, f'failed to identify file "{source}"', stack=[
            "ORA-27037: unable to obtain file status", "Linux-x86_64 Error: 2: No such file or directory", "Additional information: 7"])
    if os.path.exists(target):
        raise OraError(19504, f'failed to create file "{target}"', stack=[
            "ORA-27038: created file already exists", "Additional information: 1"])
    size = os.path.getsize(source)
    if size % 512 or size > LARGEST:
        raise OraError(19563, f"datafile header validation failed for file {source}", stack=[
            "ORA-27046: file size is not a multiple of logical block size", "Additional information: 1"])
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise OraError(19502, f'write error on file "{target}", block number 1 (block size=512)', stack=[
            "ORA-27072: File I/O error", f"Linux-x86_64 Error: {error.errno}: {error.strerror}"]) from None


def _remote(session: Any, **names: str) -> None:
    """ORA-02019 without the link."""
    link = names.get("source_database") or names["destination_database"]
    raise session.catalog.remote(session, "DBMS_FILE_TRANSFER", link.upper())


DBMS_FILE_TRANSFER.routine("GET_FILE", signature(
    "source_directory_object, source_file_name, source_database, destination_directory_object, destination_file_name"))(_remote)
DBMS_FILE_TRANSFER.routine("PUT_FILE", signature(
    "source_directory_object, source_file_name, destination_directory_object, destination_file_name, destination_database"))(_remote)
