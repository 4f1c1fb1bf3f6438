# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What DDL asks of the storage layer: segments, keys, and rows seen while a table changes."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog import model

if TYPE_CHECKING:
    from oralab.catalog.database import Database
