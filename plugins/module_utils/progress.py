# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far files are on their way, in the fields that the callback draws."""

from __future__ import annotations

import typing as t

__metaclass__ = type


def of_files(done: int, of: int, moved: int, total: int) -> t.Dict[str, t.Any]:
    """Files and bytes that have arrived, of how many, and the share of bytes in percent; of files whose sizes nobody knows yet, nothing has."""
    return {"done": done, "of": of, "bytes": moved, "of_bytes": total,
            "percent": 100.0 if done == of else round(100.0 * moved / total, 1) if total else 0.0}
