# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The physical side of a database: rows in datafiles, transactions, redo, SCNs."""
from __future__ import annotations

from oralab.storage.control_file import Datafile, Tablespace
from oralab.storage.datafile import Header, convert_datafile, read_header
from oralab.storage.faults import Faults
from oralab.storage.platforms import PLATFORMS, Platform, by_name
from oralab.storage.redo import Change, Record, Redo
from oralab.storage.rows import KeyIndex, Rid, RowChanged, Segment, Snapshot, TableHandle, Transaction
from oralab.storage.store import Store

__all__ = ["PLATFORMS", "Change", "Datafile", "Faults", "Header", "KeyIndex", "Platform", "Record", "Redo", "Rid", "RowChanged", "Segment",
           "Snapshot", "Store",
           "TableHandle", "Tablespace", "Transaction", "by_name", "convert_datafile", "read_header"]
