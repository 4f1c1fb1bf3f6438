# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tablespaces and their files."""
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from oralab.sql import ast_database as ast
from oralab.sql import ast_tables, clauses
from oralab.sql.lexer import END, STRING, Tokens


def file_specs(t: Tokens) -> tuple[ast.FileSpec, ...]:
    """File specifications with commas between them; none is one whose name and size Oracle chooses."""
    found = [file_spec(t)]
    while t.skip(","):
        found.append(file_spec(t))
    return tuple(found)


def file_spec(t: Tokens) -> ast.FileSpec:
    node = ast.FileSpec()
    if t.word == STRING:
        node.path = t.string()
        if not node.path:
            t.fail(2236, at=t.i - 1)
    if t.skip("SIZE"):
        node.size = clauses.size(t, 2237)
    node.reuse = t.skip("REUSE")
    if t.word == "AUTOEXTEND":
        node.autoextend = autoextend(t)
    return node


def autoextend(t: Tokens) -> ast.Autoextend:
    t.i += 1
    word = t.one_of(("ON", "OFF"))
    if word is None:
        t.fail(905)
    node = ast.Autoextend(word == "ON")
    if node.on and t.skip("NEXT"):
        node.next = clauses.size(t)
    if node.on and t.skip("MAXSIZE"):
        node.max_size = clauses.size_or_unlimited(t)
    return node


def file_names(t: Tokens) -> tuple[str, ...]:
    found = [t.string(2236)]
    while t.skip(","):
        found.append(t.string(2236))
    return tuple(found)


def renames(t: Tokens) -> tuple[tuple[str, str], ...]:
    """``'old', ... TO 'new', ...``. ORA-02238 when the lists differ in length."""
    old = file_names(t)
    t.expect("TO", 946)
    new = file_names(t)
    if len(old) != len(new):
        t.fail(2238)
    return tuple(zip(old, new, strict=True))


# --- options that CREATE and ALTER share ---

def _option(t: Tokens, node: ast.TablespaceOptions) -> bool:
    if t.one_of(("LOGGING", "NOLOGGING")):
        node.logging = t.words[t.i - 1] == "LOGGING"
    elif t.skip("FORCE", "LOGGING"):
        node.force_logging = True
    elif t.skip("NO", "FORCE", "LOGGING"):
        node.force_logging = False
    elif t.skip("FLASHBACK"):
        node.flashback = _on_off(t)
    elif t.skip("RETENTION"):
        word = t.one_of(("GUARANTEE", "NOGUARANTEE"))
        if word is None:
            t.fail(905)
        node.retention_guarantee = word == "GUARANTEE"
    elif t.skip("DEFAULT"):
        _default(t, node)
    elif t.skip("ENCRYPTION"):
        node.encryption = encryption(t)
    else:
        return False
    return True


def _on_off(t: Tokens) -> bool:
    word = t.one_of(("ON", "OFF"))
    if word is None:
        t.fail(905)
    return word == "ON"


def _default(t: Tokens, node: ast.TablespaceOptions) -> None:
    if t.word == "STORAGE" and t.words[t.i + 1:t.i + 4] == ["(", "ENCRYPT", ")"]:
        t.i += 4
        node.encryption = node.encryption or ast.EncryptionClause()
        return
    t.one_of(("TABLE", "INDEX"))
    attributes = ast_tables.SegmentAttributes()
    while clauses.segment(t, attributes):
        pass
    node.default_compress = attributes.compress
    if attributes.storage is not None:
        node.default_storage = attributes


def encryption(t: Tokens) -> ast.EncryptionClause:
    """What follows ENCRYPTION."""
    node = ast.EncryptionClause()
    if t.one_of(("ONLINE", "OFFLINE")):
        node.online = t.words[t.i - 1] == "ONLINE"
    node.finish = t.skip("FINISH")
    if t.skip("USING"):
        node.algorithm = t.string()
    if t.skip("MODE"):
        t.string()
    node.action = t.one_of(("ENCRYPT", "DECRYPT", "REKEY")) or "ENCRYPT"
    if t.skip("FILE_NAME_CONVERT"):
        t.expect("=", 927)
        node.file_name_convert = name_pairs(t)
    return node


def name_pairs(t: Tokens) -> tuple[tuple[str, str], ...]:
    """``('from', 'to', ...)``."""
    t.open()
    names = file_names(t)
    t.close()
    if len(names) % 2:
        t.fail(2238)
    return tuple(zip(names[::2], names[1::2], strict=True))


# --- CREATE ---

def create(t: Tokens) -> ast.CreateTablespace:
    """After TABLESPACE. ORA-02180 for an unknown option."""
    before = t.words[1:t.i - 1]
    contents = next((word for word in ("UNDO", "TEMPORARY") if word in before), "PERMANENT")
    bigfile = True if "BIGFILE" in before else False if "SMALLFILE" in before else None
    node = ast.CreateTablespace(name=t.identifier(2216), contents=contents, bigfile=bigfile)
    if t.skip("TEMPFILE" if contents == "TEMPORARY" else "DATAFILE"):
        node.files = file_specs(t)
    while t.word != END:
        take = _CREATE.get(t.word)
        if take is not None:
            t.i += 1
            take(t, node)
        elif t.word == "AUTOEXTEND" and not node.files:
            node.files = (ast.FileSpec(autoextend=autoextend(t)),)
        elif not _option(t, node.options):
            t.fail(911 if t.word == ";" else 2180)
    return node


def _block_size(t: Tokens, node: ast.CreateTablespace) -> None:
    node.block_size = clauses.size(t)


def _extent(t: Tokens, node: ast.CreateTablespace) -> None:
    t.expect("MANAGEMENT", 2180)
    node.extent_management = t.one_of(("LOCAL", "DICTIONARY")) or t.fail(2180)
    if t.skip("UNIFORM"):
        node.allocation = "UNIFORM"
        if t.skip("SIZE"):
            node.uniform_size = clauses.size(t)
    else:
        t.skip("AUTOALLOCATE")


def _segment(t: Tokens, node: ast.CreateTablespace) -> None:
    t.expect_all("SPACE MANAGEMENT", 2180)
    node.segment_space_management = t.one_of(("AUTO", "MANUAL")) or t.fail(2180)


def _online(t: Tokens, node: ast.CreateTablespace) -> None:
    node.options.online = t.words[t.i - 1] == "ONLINE"


def _group(t: Tokens, node: ast.CreateTablespace) -> None:
    t.expect("GROUP", 2180)
    node.group = t.string() if t.word == STRING else t.identifier()


def _minimum(t: Tokens, node: ast.CreateTablespace) -> None:
    t.expect("EXTENT", 2180)
    node.min_extent = clauses.size(t)


_CREATE: Final[dict[str, Callable[[Tokens, ast.CreateTablespace], None]]] = {
    "BLOCKSIZE": _block_size, "EXTENT": _extent, "SEGMENT": _segment, "ONLINE": _online, "OFFLINE": _online,
    "TABLESPACE": _group, "MINIMUM": _minimum}


# --- ALTER, DROP ---

def alter(t: Tokens) -> ast.AlterTablespace:
    """After ALTER TABLESPACE. ORA-02142 for an unknown option."""
    node = ast.AlterTablespace(name=t.identifier(2216), action="")
    take = _ALTER.get(t.word)
    if take is not None:
        t.i += 1
        take(t, node)
    elif t.word == "AUTOEXTEND":
        node.action, node.autoextend = "AUTOEXTEND", autoextend(t)
    else:
        while _option(t, node.options):
            node.action = "ENCRYPTION" if node.options.encryption else "OPTIONS"
    if not node.action or t.word != END:
        t.fail(2142)
    return node


def _read(t: Tokens, node: ast.AlterTablespace) -> None:
    word = t.one_of(("ONLY", "WRITE"))
    if word is None:
        t.fail(2142)
    node.action = f"READ {word}"


def _state(t: Tokens, node: ast.AlterTablespace) -> None:
    node.action = t.words[t.i - 1]
    if node.action == "OFFLINE":
        node.offline_mode = t.one_of(("NORMAL", "TEMPORARY", "IMMEDIATE")) or "NORMAL"


def _file_word(t: Tokens, node: ast.AlterTablespace) -> None:
    word = t.one_of(("DATAFILE", "TEMPFILE"))
    if word is None:
        t.fail(2142)
    node.temp = word == "TEMPFILE"


def _add(t: Tokens, node: ast.AlterTablespace) -> None:
    _file_word(t, node)
    node.action, node.files = "ADD", file_specs(t)


def _drop_file(t: Tokens, node: ast.AlterTablespace) -> None:
    _file_word(t, node)
    node.action, node.file = "DROP FILE", file_or_number(t)


def file_or_number(t: Tokens) -> str | int:
    return t.string(2236) if t.word == STRING else t.integer(2236)


def _files(t: Tokens, node: ast.AlterTablespace) -> None:
    node.temp = t.words[t.i - 1] == "TEMPFILE"
    word = t.one_of(("ONLINE", "OFFLINE"))
    if word is None:
        t.fail(2142)
    node.action = f"FILES {word}"


def _rename(t: Tokens, node: ast.AlterTablespace) -> None:
    if t.skip("TO"):
        node.action, node.new_name = "RENAME", t.identifier(2216)
        return
    _file_word(t, node)
    node.action, node.renames = "RENAME FILE", renames(t)


def _backup(t: Tokens, node: ast.AlterTablespace) -> None:
    node.action = f"{t.words[t.i - 1]} BACKUP"
    t.expect("BACKUP", 2142)


def _coalesce(t: Tokens, node: ast.AlterTablespace) -> None:
    node.action = "COALESCE"


def _resize(t: Tokens, node: ast.AlterTablespace) -> None:
    node.action, node.size = "RESIZE", clauses.size(t)


def _shrink(t: Tokens, node: ast.AlterTablespace) -> None:
    node.action = "SHRINK"
    if t.skip("TEMPFILE"):
        node.temp, node.file = True, file_or_number(t)
    else:
        t.expect("SPACE", 2142)
    if t.skip("KEEP"):
        node.size = clauses.size(t)


def _alter_group(t: Tokens, node: ast.AlterTablespace) -> None:
    t.expect("GROUP", 2142)
    node.action = "GROUP"
    node.group = t.string() if t.word == STRING else t.identifier()


_ALTER: Final[dict[str, Callable[[Tokens, ast.AlterTablespace], None]]] = {
    "READ": _read, "ONLINE": _state, "OFFLINE": _state, "ADD": _add, "DROP": _drop_file, "DATAFILE": _files, "TEMPFILE": _files,
    "RENAME": _rename, "BEGIN": _backup, "END": _backup, "COALESCE": _coalesce, "RESIZE": _resize, "SHRINK": _shrink,
    "TABLESPACE": _alter_group}


def drop(t: Tokens) -> ast.DropTablespace:
    """After DROP TABLESPACE. ORA-02173."""
    node = ast.DropTablespace(name=t.identifier(2216))
    if t.word in ("DROP", "KEEP") and t.words[t.i + 1] == "QUOTA":
        node.quota = t.word
        t.i += 2
    if t.skip("INCLUDING"):
        t.expect("CONTENTS", 2173)
        node.including_contents = True
        if t.one_of(("AND", "KEEP")):
            node.datafiles = t.words[t.i - 1]
            t.expect("DATAFILES", 2173)
        if t.skip("CASCADE"):
            t.expect("CONSTRAINTS", 2173)
            node.cascade_constraints = True
    t.end(2173)
    return node
