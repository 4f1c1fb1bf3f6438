# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""External tables read through ORACLE_LOADER.

Of the access parameters, those that delimited files need are understood: RECORDS DELIMITED BY NEWLINE [SKIP n], FIELDS
[CSV | TERMINATED BY 'x'] [OPTIONALLY ENCLOSED BY 'x'] [MISSING FIELD VALUES ARE NULL] and fields in the order of the columns.
Character and number columns only; anything else is not simulated.
"""
from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.catalog import RowSource
from oralab.errors import OraError, not_simulated
from oralab.values import Row, Value

if TYPE_CHECKING:
    from oralab.catalog.database import Database

_ACCESS = re.compile(r"""(?:RECORDS\s+DELIMITED\s+BY\s+NEWLINE(?:\s+(?:NOLOGFILE|NOBADFILE|NODISCARDFILE|SKIP\s+(?P<skip>\d+)))*)?\s*
    (?:FIELDS\s+(?:(?P<csv>CSV\s+WITHOUT\s+EMBEDDED)|TERMINATED\s+BY\s+'(?P<separator>[^']+)')
    (?:\s+OPTIONALLY\s+ENCLOSED\s+BY\s+'(?P<quote>.)')?(?:\s+MISSING\s+FIELD\s+VALUES\s+ARE\s+NULL)?)?\s*""", re.IGNORECASE | re.VERBOSE)


def _open_error(detail: str) -> OraError:
    return OraError(29913, "error in executing ODCIEXTTABLEOPEN callout", stack=["ORA-29400: data cartridge error", detail])


class ExternalRows(RowSource):
    """The rows of one external table, read anew at every scan."""

    def __init__(self, database: Database, table: model.Table) -> None:
        super().__init__(table.owner, table.name, table.columns)
        self.table = table
        self.database = database

    def scan(self, session: Any, snapshot: Any = None) -> Iterator[Row]:
        external = self.table.external
        match = _ACCESS.fullmatch(external.parameters.strip()) if external and external.driver == "ORACLE_LOADER" else None
        if external is None or match is None:
            raise not_simulated(f"access driver or parameters of external table {self.name}")
        separator, quote = match["separator"] or ",", match["quote"] or ('"' if match["csv"] else None)
        rejected = 0
        for directory, file_name in external.locations:
            path = self._path(session, directory or external.directory, file_name)
            with open(path, encoding="utf-8", newline="") as file:
                lines = csv.reader(file, delimiter=separator.encode().decode("unicode_escape"), quotechar=quote,
                                   quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE)
                for number, fields in enumerate(lines):
                    if number < int(match["skip"] or 0):
                        continue
                    try:
                        row = tuple(_value(column, fields[place] if place < len(fields) else "")
                                    for place, column in enumerate(self.columns))
                    except (InvalidOperation, ValueError):
                        rejected += 1
                        if external.reject_limit != "UNLIMITED" and rejected > int(external.reject_limit):
                            raise OraError(29913, "error in executing ODCIEXTTABLEFETCH callout",
                                           stack=["ORA-30653: reject limit reached"]) from None
                        continue
                    yield row

    def _path(self, session: Any, directory: str, file_name: str) -> str:
        found = self.database.catalog.get(model.Directory, "SYS", directory)
        if found is None or not self.database.catalog.privileges.on_object(session, "READ", found):
            raise OraError(6564, f"object {directory} does not exist")
        path = os.path.join(found.path, file_name)
        if not os.path.isfile(path):
            raise _open_error(f"KUP-04040: file {file_name} in {directory} not found")
        return path


def _value(column: model.Column, text: str) -> Value:
    if text == "":
        return None
    kind = column.type.name
    if kind in ("VARCHAR2", "NVARCHAR2", "CHAR", "NCHAR"):
        if len(text) > column.type.length:
            raise ValueError(text)
        return text.ljust(column.type.length) if kind.endswith("CHAR") else text
    if kind in ("NUMBER", "FLOAT"):
        number = Decimal(text.strip())
        return int(number) if number == number.to_integral_value() else number.normalize()
    raise not_simulated(f"{kind} column of an external table")
