# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle SQL: tokens, syntax tree and parser."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast, ddl, ddl_database, ddl_other, ddl_table, ddl_users, dml, plsql, transactions
from oralab.sql.lexer import BIND, Tokens, bind_names, statement_kind

__all__ = ["bind_names", "parse", "statement_kind"]

_STATEMENTS: Final[dict[str, Callable[[Tokens], ast.Statement]]] = {
    "SELECT": dml.select, "WITH": dml.select, "(": dml.select, "INSERT": dml.insert, "UPDATE": dml.update, "DELETE": dml.delete,
    "MERGE": dml.merge, "LOCK": dml.lock, "COMMIT": transactions.commit, "ROLLBACK": transactions.rollback,
    "SAVEPOINT": transactions.savepoint, "SET": transactions.set_, "BEGIN": plsql.block, "DECLARE": plsql.block, "CALL": plsql.call,
    "CREATE": ddl.create, "ALTER": ddl.alter, "DROP": ddl.drop, "TRUNCATE": ddl_table.truncate, "RENAME": ddl_table.rename,
    "COMMENT": ddl_table.comment, "ANALYZE": ddl_table.analyze, "PURGE": ddl_other.purge, "GRANT": ddl_users.grant,
    "REVOKE": ddl_users.revoke, "AUDIT": ddl_users.audit, "NOAUDIT": ddl_users.audit, "FLASHBACK": ddl_database.flashback,
    "ADMINISTER": ddl_database.key_management,
}


def parse(sql: str, release: str = "19") -> ast.Statement:
    """The syntax tree of one statement, as ``release`` (12.1 or 19) understands it.

    Raises Oracle's own error with the offset of the offending token; what Oracle knows and the lab does not is ORA-03001.
    """
    t = Tokens(sql, release)
    start = _STATEMENTS.get(t.word)
    if start is None:
        if t.word in ("EXPLAIN", "ASSOCIATE", "DISASSOCIATE"):
            raise not_simulated(f"{t.word} statement")
        t.fail(900)
    t.i = 1
    try:
        node = start(t)
    except RecursionError:
        raise not_simulated("a statement nested that deeply") from None
    t.end()
    node.text = sql
    node.binds = t.binds
    if isinstance(node, ast.Ddl) and t.binds:
        t.fail(1027, at=t.words.index(BIND))
    if isinstance(node, (ast.Insert, ast.Update, ast.Delete)) and node.returning:
        node.returning_binds = len(node.returning.into)
    return node
