# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of the data dictionary.

Every record is a plain dataclass that pickles; ``Catalog.save`` stores it under ``(kind, key)``. Expressions, conditions,
queries and program units are kept as source text, in the words in which they were given, because that is what the dictionary
shows and what Data Pump moves. Names are as stored in the dictionary (upper case unless quoted at creation).

A stored row of a table has one value per entry of ``Table.columns``, virtual, hidden and dropped ones included (virtual and
dropped ones hold None); rows stored before a column was added are shorter, and stand for ``Column.absent`` there.
"""
from __future__ import annotations

from oralab.catalog.model.instance import *  # noqa: F403
from oralab.catalog.model.objects import *  # noqa: F403
from oralab.catalog.model.schema_object import *  # noqa: F403
from oralab.catalog.model.tables import *  # noqa: F403
from oralab.catalog.model.users import *  # noqa: F403
