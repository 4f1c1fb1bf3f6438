# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SET_PARAMETER takes (documented), by name: values, and the jobs they are for."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

ALL_MODES = frozenset({"FULL", "SCHEMA", "TABLE", "TABLESPACE", "TRANSPORTABLE"})
BOTH, EXPORT, IMPORT = frozenset({"EXPORT", "IMPORT"}), frozenset({"EXPORT"}), frozenset({"IMPORT"})


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """``convert`` gives the value as kept, None where it is not allowed."""

    convert: Callable[[str | None], Any]
    operations: frozenset[str] = BOTH
    modes: frozenset[str] = ALL_MODES
    since: str = "12.1"
    not_simulated: bool = False


def _word(*allowed: str) -> Callable[[str | None], str | None]:
    return lambda value: value.upper() if value and value.upper() in allowed else None


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isdigit() else None


def _flag(value: str | None) -> int | None:
    return int(value) if value in ("0", "1") else None


def _text(value: str | None) -> str | None:
    return value or None


def _bits(**names: int) -> Callable[[str | None], frozenset[str] | None]:
    """Words, one or as many as a sum of constants stands for."""
    def convert(value: str | None) -> frozenset[str] | None:
        if value and value.upper() in names:
            return frozenset({value.upper()})
        if value and value.isdigit() and 0 < int(value) <= sum(names.values()):
            return frozenset(name for name, bit in names.items() if int(value) & bit)
        return None
    return convert


_TRANSPORT = frozenset({"TRANSPORTABLE"})
_WHOLE = frozenset({"FULL", "TABLE", "TRANSPORTABLE"})

PARAMETERS: dict[str, Parameter] = {
    "CLIENT_COMMAND": Parameter(_text),
    "COMPRESSION": Parameter(_word("ALL", "DATA_ONLY", "METADATA_ONLY", "NONE"), EXPORT),
    "COMPRESSION_ALGORITHM": Parameter(_word("BASIC", "LOW", "MEDIUM", "HIGH"), EXPORT),
    "DATA_ACCESS_METHOD": Parameter(_word("AUTOMATIC", "DIRECT_PATH", "EXTERNAL_TABLE", "CONVENTIONAL")),
    "DATA_OPTIONS": Parameter(_number),
    "ENCRYPTION": Parameter(_text, EXPORT, not_simulated=True),
    "ENCRYPTION_ALGORITHM": Parameter(_text, EXPORT, not_simulated=True),
    "ENCRYPTION_MODE": Parameter(_text, EXPORT, not_simulated=True),
    "ENCRYPTION_PASSWORD": Parameter(_text, not_simulated=True),
    "ESTIMATE": Parameter(_word("BLOCKS", "STATISTICS"), EXPORT),
    "ESTIMATE_ONLY": Parameter(_flag, EXPORT, not_simulated=True),
    "FLASHBACK_SCN": Parameter(_number, EXPORT, ALL_MODES - _TRANSPORT),
    "FLASHBACK_TIME": Parameter(_text, EXPORT, ALL_MODES - _TRANSPORT),
    "INCLUDE_METADATA": Parameter(_flag, BOTH, ALL_MODES - _TRANSPORT),
    "KEEP_MASTER": Parameter(_flag),
    "LOGTIME": Parameter(_word("NONE", "STATUS", "LOGFILE", "ALL")),
    "MASTER_ONLY": Parameter(_flag, IMPORT, not_simulated=True),
    "METRICS": Parameter(_flag),
    "PARTITION_OPTIONS": Parameter(_word("NONE", "DEPARTITION", "EXCHANGE", "MERGE"), IMPORT, not_simulated=True),
    "REUSE_DATAFILES": Parameter(_flag, IMPORT, frozenset({"FULL"})),
    "SKIP_UNUSABLE_INDEXES": Parameter(_flag, IMPORT),
    "SOURCE_EDITION": Parameter(_text, EXPORT, not_simulated=True),
    "STREAMS_CONFIGURATION": Parameter(_flag, IMPORT),
    "TABLE_EXISTS_ACTION": Parameter(_word("TRUNCATE", "REPLACE", "APPEND", "SKIP"), IMPORT),
    "TABLESPACE_DATAFILE": Parameter(_text, IMPORT, _WHOLE),
    "TARGET_EDITION": Parameter(_text, IMPORT, not_simulated=True),
    "TRANSPORTABLE": Parameter(_bits(NEVER=1, ALWAYS=2, KEEP_READ_ONLY=4, NO_BITMAP_REBUILD=8), BOTH, _WHOLE),
    "TTS_CLOSURE_CHECK": Parameter(_bits(ON=1, OFF=2, FULL=4, TEST_MODE=8), EXPORT, _TRANSPORT, since="19"),
    "TTS_FULL_CHECK": Parameter(_flag, BOTH, _TRANSPORT),
    "USER_METADATA": Parameter(_flag, EXPORT, frozenset({"SCHEMA"})),
}
