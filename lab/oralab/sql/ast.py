# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The syntax tree: what the parser hands to the engine and to the catalog.

All importable from here:

* ``ast_queries``: ``Statement``, expressions, conditions, ``Query`` and what stands in FROM;
* ``ast_changes``: DML, transaction control, PL/SQL blocks; ``ast_plsql``: what PL/SQL has beyond sequences of statements;
* ``ast_tables``: DDL on tables and indexes, and the clauses that other DDL shares;
* ``ast_alter_table``: what changes tables that are there;
* ``ast_objects``: DDL on whatever else a schema holds, on directories, links and contexts; ``ast_users``: on users, roles and privileges;
* ``ast_database``: DDL on tablespaces and the database, ALTER SYSTEM, ALTER SESSION.

Identifiers are as the dictionary knows them: upper case unless they were quoted. ``offset`` is a position in the statement, in
characters, for error messages. Where the dictionary keeps source text, the node has it beside the parsed form. Conditions
are not values: ``Condition`` and ``Expression`` never stand in for each other in SQL.
"""
from __future__ import annotations

from oralab.sql.ast_alter_table import *  # noqa: F403
from oralab.sql.ast_changes import *  # noqa: F403
from oralab.sql.ast_database import *  # noqa: F403
from oralab.sql.ast_objects import *  # noqa: F403
from oralab.sql.ast_plsql import *  # noqa: F403
from oralab.sql.ast_queries import *  # noqa: F403
from oralab.sql.ast_tables import *  # noqa: F403
from oralab.sql.ast_users import *  # noqa: F403
