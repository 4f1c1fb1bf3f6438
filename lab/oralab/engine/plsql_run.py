# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What compiled blocks do at run time: SELECT INTO, DML, sizes of variables, definer's rights."""
from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from oralab.engine import convert, types
from oralab.engine.code import Execution
from oralab.errors import OraError
from oralab.values import DataType

EXCEPTIONS: Final[dict[str, tuple[int, str]]] = {
    "NO_DATA_FOUND": (1403, "no data found"), "TOO_MANY_ROWS": (1422, "exact fetch returns more than requested number of rows"),
    "DUP_VAL_ON_INDEX": (1, "unique constraint violated"), "ZERO_DIVIDE": (1476, "divisor is equal to zero"),
    "INVALID_NUMBER": (1722, "invalid number"), "VALUE_ERROR": (6502, "PL/SQL: numeric or value error"),
    "PROGRAM_ERROR": (6501, "PL/SQL: program error"), "LOGIN_DENIED": (1017, "invalid username/password; logon denied"),
    "TIMEOUT_ON_RESOURCE": (51, "timeout occurred while waiting for a resource"), "INVALID_CURSOR": (1001, "invalid cursor"),
    "CURSOR_ALREADY_OPEN": (6511, "PL/SQL: cursor already open"),
    "ROWTYPE_MISMATCH": (6504, "PL/SQL: Return types of Result Set variables or query do not match"),
    "CASE_NOT_FOUND": (6592, "CASE not found while executing CASE statement"),
    "COLLECTION_IS_NULL": (6531, "Reference to uninitialized collection"),
    "SYS_INVALID_ROWID": (1410, "invalid ROWID"), "STORAGE_ERROR": (6500, "PL/SQL: storage error"), "NOT_LOGGED_ON": (1012, "not logged on")}


@contextlib.contextmanager
def as_owner(session: Any, owner: str) -> Iterator[None]:
    """Definer's rights: the owner's own privileges, without roles (documented)."""
    kept = session.user, session.schema, session.roles, session.privilege
    session.user, session.schema, session.roles, session.privilege = owner, owner, set(), ""
    try:
        yield
    finally:
        session.user, session.schema, session.roles, session.privilege = kept


def fitting(type_: DataType) -> Callable[[Any], Any] | None:
    """Checks of a variable's size: ORA-06502."""
    family = types.family(type_)
    if family not in "NSRFTZCIY" or family in "SR" and not type_.length:
        return None
    fit = convert.storer(type_, "")
    if fit is None:
        return None

    def checked(value: Any) -> Any:
        try:
            return fit(value)
        except OraError as error:
            detail = {"S": ": character string buffer too small", "R": ": raw variable length too long",
                      "N": ": number precision too large"}
            raise OraError(6502, "PL/SQL: numeric or value error" + detail.get(family, "")) from error
    return checked


def plsql_error(function: Callable[..., Any], x: Execution) -> Any:
    """Conversion errors are ORA-06502 in PL/SQL."""
    try:
        return function((), x)
    except OraError as error:
        if error.code == 1722:
            raise OraError(6502, "PL/SQL: numeric or value error: character to number conversion error") from error
        raise


def select_into(session: Any, plan: Any, stores: Sequence[Callable[[Execution, Any], None]], x: Execution) -> None:
    x.snapshot = session.snapshot()
    rows = plan.run(x)
    row = next(rows, None)
    if row is None:
        raise OraError(1403, "no data found")
    if next(rows, None) is not None:
        raise OraError(1422, "exact fetch returns more than requested number of rows")
    for store, value in zip(stores, row):
        store(x, value)
    x.variables["SQL%ROWCOUNT"] = 1


def fetch_into(targets: Sequence[Any], rows: Any, x: Execution) -> None:
    row = next(rows, None)
    if row is None:
        raise OraError(1403, "no data found")
    if next(rows, None) is not None:
        raise OraError(1422, "exact fetch returns more than requested number of rows")
    for ((store, type_), column), value in zip(targets, row):
        if value is not None and types.family(type_) not in "XKO":
            value = convert.convert(value, column.type, type_, x)
        store(x, value)


def change_into(session: Any, change: Any, stores: Sequence[Callable[[Execution, Any], None]], x: Execution) -> None:
    if session.read_only:
        raise OraError(1456, "may not perform insert/delete/update operation inside a READ ONLY transaction")
    session._may_run("dml")
    transaction, store = session.begin(), session.database.store
    mark = store.mark(transaction)
    x.snapshot = session.snapshot()
    try:
        count, returned = change.run(x)
    except OraError:
        store.rollback_to(transaction, mark)
        raise
    x.variables["SQL%ROWCOUNT"] = count
    if stores:
        if len(returned) > 1:
            raise OraError(1422, "exact fetch returns more than requested number of rows")
        for assign, value in zip(stores, returned[0] if returned else [None] * len(stores)):
            assign(x, value)
