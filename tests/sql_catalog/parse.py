# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has a database parse every statement of this catalogue without running one.

    ORACLE_TEST_PASSWORD=... python parse.py host:1521/service user

Queries, DML and PL/SQL blocks go to DBMS_SQL.PARSE, which parses, resolves names, checks privileges, and runs nothing. Use an
account with the grants of docs/privileges.md: a name that the account must not see counts as an error.

**DDL is not given to DBMS_SQL.PARSE: parsing DDL executes it** (documented: "DBMS_SQL", PARSE Procedures). CREATE TABLE and CREATE INDEX go
to EXPLAIN PLAN, which does not execute them (documented: SQL Language Reference, "EXPLAIN PLAN") where ``--explain`` is given: that
writes rows to PLAN_TABLE and rolls them back. All other DDL is counted and left out; the foreign grammar checks it.

ORA-00942 is counted apart where the catalogue explains it: objects that only a migration makes (its journal, staging tables; their names begin
with DBF), and X$ tables, which SYS alone may see. Examples name the tables of lab/oralab/samples; where these are not, the statements about them
count as errors. Ends with 1 when a statement does not parse.
"""
from __future__ import annotations

import argparse
import collections
import json
import os
import pathlib
import re
import sys

import oracledb

PARSE = """
DECLARE
  cursor_id INTEGER := DBMS_SQL.OPEN_CURSOR;
BEGIN
  DBMS_SQL.PARSE(c => cursor_id, statement => :text, language_flag => DBMS_SQL.NATIVE);
  DBMS_SQL.CLOSE_CURSOR(cursor_id);
END;
"""
OURS = re.compile(r"\bDBF[A-Z0-9_$]*", re.IGNORECASE)
FOR_SYS = re.compile(r"\bSYS\.X\$", re.IGNORECASE)
EXPLAINED = re.compile(r"CREATE\s+(?:TABLE|(?:UNIQUE\s+)?INDEX)\b", re.IGNORECASE)
#: Why ORA-00942 is no error -> names in such a statement.
EXCUSES = {"no migration yet": OURS, "for SYS alone": FOR_SYS}
PARSED = ("queries", "dml", "plsql")


def verdict(cursor, kind, text, explain):
    """``parsed``, ``left out: KIND``, why nothing can be said, or the error's text."""
    try:
        if kind in PARSED:
            cursor.execute(PARSE, {"text": text})
        elif explain and EXPLAINED.match(text):
            cursor.execute("EXPLAIN PLAN FOR " + text)
        else:
            return "left out: " + kind
    except oracledb.DatabaseError as error:
        message = str(error).partition("\nHelp:")[0]
        return next((why for why, names in EXCUSES.items() if "ORA-00942" in message and names.search(text)), message)
    return "parsed"


def main():
    parser = argparse.ArgumentParser(description="Have a database parse the statements of this catalogue without running them.")
    parser.add_argument("dsn")
    parser.add_argument("user")
    parser.add_argument("--explain", action="store_true", help="check CREATE TABLE and CREATE INDEX by EXPLAIN PLAN")
    options = parser.parse_args()
    entries = json.loads(pathlib.Path(__file__).with_name("statements.json").read_text())
    counted = collections.Counter()
    with oracledb.connect(user=options.user, password=os.environ["ORACLE_TEST_PASSWORD"], dsn=options.dsn) as connection:
        with connection.cursor() as cursor:
            for entry in entries:
                found = verdict(cursor, entry["kind"], entry["text"], options.explain)
                known = found == "parsed" or found in EXCUSES or found.startswith("left out")
                counted[found if known else "refused"] += 1
                if not known:
                    print("{module} ({kind})\n{text}\n  {found}\n".format(found=found, **entry))
        connection.rollback()
    print(", ".join("{0}: {1}".format(*item) for item in sorted(counted.items())))
    return 1 if counted["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
