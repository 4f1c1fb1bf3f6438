# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pluggable databases, FLASHBACK DATABASE and ADMINISTER KEY MANAGEMENT."""
from __future__ import annotations

from typing import Final

from oralab.errors import not_simulated
from oralab.sql import ast_database as ast
from oralab.sql import clauses, ddl_table, ddl_tablespace
from oralab.sql.ast_alter_table import FlashbackTable
from oralab.sql.lexer import STRING, Tokens
from oralab.sql.transactions import password


def create_pluggable(t: Tokens) -> ast.CreatePluggableDatabase:
    """After CREATE PLUGGABLE DATABASE."""
    node = ast.CreatePluggableDatabase(name=t.identifier(), source="")
    if t.skip("ADMIN", "USER"):
        node.source, node.admin_user = "SEED", t.identifier(987)
        t.expect_all("IDENTIFIED BY")
        node.admin_password = password(t)
        if t.skip("ROLES"):
            t.expect("=", 927)
            node.roles = clauses.group_of_names(t, 1937)
    elif t.skip("FROM"):
        node.source, node.from_ = "CLONE", clauses.linked_name(t)
    elif t.skip("AS", "CLONE"):
        node.as_clone = True
    if not node.source:
        t.expect("USING", 65000)
        node.source, node.using = "PLUG", t.string()
    while t.word:
        _option(t, node)
    return node


def _option(t: Tokens, node: ast.CreatePluggableDatabase) -> None:
    if t.one_of(("FILE_NAME_CONVERT", "SOURCE_FILE_NAME_CONVERT")):
        word = t.words[t.i - 1]
        t.expect("=", 927)
        pairs = () if t.skip("NONE") else ddl_tablespace.name_pairs(t)
        if word == "FILE_NAME_CONVERT":
            node.file_name_convert = pairs
        else:
            node.source_file_name_convert = pairs
    elif t.one_of(("COPY", "NOCOPY", "MOVE")):
        node.copy = t.words[t.i - 1]
    elif t.skip("TEMPFILE", "REUSE"):
        node.tempfile_reuse = True
    elif t.skip("KEYSTORE", "IDENTIFIED", "BY"):
        node.keystore_password = password(t)
    elif t.skip("RELOCATE"):
        node.relocate = True
    elif t.skip("STORAGE"):
        if not t.skip("UNLIMITED"):
            t.skip_group()
    else:
        t.fail(922)


def drop_pluggable(t: Tokens) -> ast.DropPluggableDatabase:
    """After DROP PLUGGABLE DATABASE."""
    node = ast.DropPluggableDatabase(name=t.identifier())
    if t.one_of(("INCLUDING", "KEEP")):
        node.datafiles = t.words[t.i - 1]
        t.expect("DATAFILES")
    return node


def flashback(t: Tokens) -> ast.FlashbackDatabase | FlashbackTable:
    """After FLASHBACK: TABLE, [STANDBY] DATABASE or PLUGGABLE DATABASE."""
    if t.skip("TABLE"):
        return ddl_table.flashback_table(t)
    node = ast.FlashbackDatabase()
    if t.skip("PLUGGABLE"):
        t.expect("DATABASE")
        node.pluggable = t.identifier()
    else:
        t.skip("STANDBY")
        t.expect("DATABASE")
        if t.is_name():
            t.identifier()
    t.expect("TO", 946)
    node.before = t.skip("BEFORE")
    ddl_table.past(t, node)
    return node


# --- keys ---

_KEY_ACTIONS: Final[dict[str, str]] = {
    "CREATE KEYSTORE": "CREATE KEYSTORE", "CREATE LOCAL AUTO_LOGIN KEYSTORE FROM KEYSTORE": "CREATE LOCAL AUTO_LOGIN KEYSTORE",
    "CREATE AUTO_LOGIN KEYSTORE FROM KEYSTORE": "CREATE AUTO_LOGIN KEYSTORE", "SET KEYSTORE OPEN": "OPEN",
    "SET KEYSTORE CLOSE": "CLOSE", "SET KEY": "SET KEY", "SET ENCRYPTION KEY": "SET KEY", "CREATE KEY": "CREATE KEY",
    "CREATE ENCRYPTION KEY": "CREATE KEY", "USE KEY": "USE KEY", "USE ENCRYPTION KEY": "USE KEY",
    "BACKUP KEYSTORE": "BACKUP KEYSTORE", "ALTER KEYSTORE PASSWORD": "ALTER KEYSTORE PASSWORD", "MERGE KEYSTORE": "MERGE KEYSTORE",
    "EXPORT KEYS": "EXPORT KEYS", "EXPORT ENCRYPTION KEYS": "EXPORT KEYS", "IMPORT KEYS": "IMPORT KEYS",
    "IMPORT ENCRYPTION KEYS": "IMPORT KEYS", "SET TAG": "SET TAG"}


def key_management(t: Tokens) -> ast.AdministerKeyManagement:
    """After ADMINISTER. ORA-00900 for what is no action of it."""
    t.expect_all("KEY MANAGEMENT", 900)
    found = next((words for words in _KEY_ACTIONS if t.skip(*words.split())), None)
    if found is None:
        t.fail(905)
    node = ast.AdministerKeyManagement(action=_KEY_ACTIONS[found])
    while t.word:
        _key_clause(t, node)
    return node


def _key_clause(t: Tokens, node: ast.AdministerKeyManagement) -> None:
    if t.word == STRING:
        text = t.string()
        if node.action in ("USE KEY", "SET TAG"):
            node.key_id = text
        else:
            node.location = text
    elif t.skip("FORCE", "KEYSTORE"):
        node.force_keystore = True
    elif t.skip("IDENTIFIED"):
        t.expect("BY", 924)
        if t.skip("EXTERNAL"):
            t.expect("STORE")
            node.external_store = True
        else:
            node.password = password(t)
    elif t.skip("SET"):
        node.new_password = password(t)
    elif t.skip("WITH", "BACKUP"):
        node.backup = True
        if t.skip("USING"):
            node.backup_tag = t.string()
    elif t.skip("WITH", "SECRET"):
        node.secret = t.string() if t.word == STRING else password(t)
    elif t.skip("USING", "TAG"):
        node.tag = t.string()
    elif t.skip("USING", "ALGORITHM"):
        node.algorithm = t.string()
    elif t.skip("USING"):
        node.backup_tag = t.string()
    elif t.skip("TO") or t.skip("INTO"):
        if node.action == "MERGE KEYSTORE":
            node.source_password, node.password = node.password, None
        if not t.skip("EXISTING", "KEYSTORE"):
            t.skip("FILE")
        node.to = t.string()
    elif t.skip("FROM"):
        t.skip("FILE")
        node.location = t.string()
    elif t.skip("CONTAINER", "="):
        node.container = t.one_of(("ALL", "CURRENT")) or t.fail(922)
    elif t.word in ("FOR", "MIGRATE", "REVERSE", "AND"):
        raise not_simulated(f"{t.word} clause of ADMINISTER KEY MANAGEMENT")
    else:
        t.fail(905)
