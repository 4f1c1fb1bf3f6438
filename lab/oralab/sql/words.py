# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of the errors that parsing can meet, and words with a meaning of their own (documented)."""
from __future__ import annotations

from typing import Final

from oralab.errors import OraError


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


MESSAGES: Final[dict[int, str]] = {
    103: "unexpected symbol",
    900: "invalid SQL statement",
    901: "invalid CREATE command",
    902: "invalid datatype",
    903: "invalid table name",
    904: "{}: invalid identifier",
    905: "missing keyword",
    906: "missing left parenthesis",
    907: "missing right parenthesis",
    908: "missing NULL keyword",
    909: "invalid number of arguments",
    910: "specified length too long for its datatype",
    911: "invalid character",
    913: "too many values",
    917: "missing comma",
    920: "invalid relational operator",
    922: "missing or invalid option",
    923: "FROM keyword not found where expected",
    924: "missing BY keyword",
    925: "missing INTO keyword",
    926: "missing VALUES keyword",
    927: "missing equal sign",
    928: "missing SELECT keyword",
    931: "missing identifier",
    933: "SQL command not properly ended",
    936: "missing expression",
    940: "invalid ALTER command",
    946: "missing TO keyword",
    947: "not enough values",
    950: "invalid DROP option",
    953: "missing or invalid index name",
    957: "duplicate column name",
    966: "missing TABLE keyword",
    968: "missing INDEX keyword",
    969: "missing ON keyword",
    970: "missing WITH keyword",
    971: "missing SET keyword",
    972: "identifier is too long",
    985: "invalid program name",
    987: "missing or invalid username(s)",
    988: "missing or invalid password(s)",
    990: "missing or invalid privilege",
    993: "missing GRANT keyword",
    994: "missing OPTION keyword",
    995: "missing or invalid synonym identifier",
    996: "the concatenate operator is ||, not |",
    999: "invalid view name",
    1027: "bind variables not allowed for data definition operations",
    1426: "numeric overflow",
    1722: "invalid number",
    1723: "zero-length columns are not allowed",
    1727: "numeric precision specifier is out of range (1 to 38)",
    1728: "numeric scale specifier is out of range (-84 to 127)",
    1729: "database link name expected",
    1735: "invalid ALTER TABLE option",
    1737: "valid modes: [ROW] SHARE, [[SHARE] ROW] EXCLUSIVE, SHARE UPDATE",
    1740: "missing double quote in identifier",
    1741: "illegal zero-length identifier",
    1742: "comment not terminated properly",
    1744: "inappropriate INTO",
    1745: "invalid host/bind variable name",
    1747: "invalid user.table.column, table.column, or column specification",
    1748: "only simple column names allowed here",
    1756: "quoted string not properly terminated",
    1765: "specifying owner's name of the table is not allowed",
    1780: "string literal required",
    1788: "CONNECT BY clause required in this query block",
    1839: "date not valid for month specified",
    1841: "(full) year must be between -4713 and +9999, and not be 0",
    1843: "not a valid month",
    1847: "day of month must be between 1 and last day of month",
    1850: "hour must be between 0 and 23",
    1851: "minutes must be between 0 and 59",
    1852: "seconds must be between 0 and 59",
    1861: "literal does not match format string",
    1867: "the interval is invalid",
    1873: "the leading precision of the interval is too small",
    1919: "role {} does not exist",
    1935: "missing user or role name",
    1937: "missing or invalid role name",
    1938: "IDENTIFIED BY must be specified for CREATE USER",
    2000: "missing {} keyword",
    2065: "illegal option for ALTER SYSTEM",
    2140: "invalid tablespace name",
    2142: "missing or invalid ALTER TABLESPACE option",
    2143: "invalid STORAGE option",
    2158: "invalid CREATE INDEX option",
    2173: "invalid option for DROP TABLESPACE",
    2180: "invalid option for CREATE TABLESPACE",
    2186: "tablespace resource privilege may not appear with other privileges",
    2187: "invalid quota specification",
    2207: "invalid INITRANS option value",
    2209: "invalid MAXTRANS option value",
    2211: "invalid value for PCTFREE or PCTUSED",
    2216: "tablespace name expected",
    2231: "missing or invalid option to ALTER DATABASE",
    2236: "invalid file name",
    2237: "invalid file size",
    2238: "filename lists have different numbers of files",
    2243: "invalid ALTER INDEX or ALTER MATERIALIZED VIEW option",
    2248: "invalid option for ALTER SESSION",
    2258: "duplicate or conflicting NULL and/or NOT NULL specifications",
    2260: "table can have only one primary key",
    2263: "need to specify the datatype for this column",
    2277: "invalid sequence name",
    2286: "no options specified for ALTER SEQUENCE",
    2288: "invalid OPEN mode",
    2376: "invalid or redundant resource",
    3290: "Invalid truncate command - missing CLUSTER or TABLE keyword",
    3291: "Invalid truncate option - missing STORAGE keyword",
    6576: "not a valid function or procedure name",
    14004: "missing PARTITION keyword",
    14006: "invalid partition name",
    14007: "missing LESS keyword",
    14008: "missing THAN keyword",
    14151: "invalid table partitioning method",
    30005: "missing or invalid WAIT interval",
    30088: "datetime/interval precision is out of range",
    30089: "missing or invalid <datetime field>",
    30649: "missing DIRECTORY keyword",
}

RESERVED: Final = word_set("""
    ACCESS ADD ALL ALTER AND ANY AS ASC AUDIT BETWEEN BY CHAR CHECK CLUSTER COLUMN COMMENT COMPRESS CONNECT CREATE CURRENT DATE
    DECIMAL DEFAULT DELETE DESC DISTINCT DROP ELSE EXCLUSIVE EXISTS FILE FLOAT FOR FROM GRANT GROUP HAVING IDENTIFIED IMMEDIATE
    IN INCREMENT INDEX INITIAL INSERT INTEGER INTERSECT INTO IS LEVEL LIKE LOCK LONG MAXEXTENTS MINUS MLSLABEL MODE MODIFY
    NOAUDIT NOCOMPRESS NOT NOWAIT NULL NUMBER OF OFFLINE ON ONLINE OPTION OR ORDER PCTFREE PRIOR PUBLIC RAW RENAME RESOURCE
    REVOKE ROW ROWID ROWNUM ROWS SELECT SESSION SET SHARE SIZE SMALLINT START SUCCESSFUL SYNONYM SYSDATE TABLE THEN TO TRIGGER
    UID UNION UNIQUE UPDATE USER VALIDATE VALUES VARCHAR VARCHAR2 VIEW WHENEVER WHERE WITH""")
"""Words that are no identifiers unless quoted (documented: Oracle SQL Reserved Words)."""

BYTES_OF_NAME: Final = {"12.1": 30, "19": 128}


def error(code: int, *words: str, offset: int = 0) -> OraError:
    """The error of that code; ``words`` fill its text."""
    return OraError(code, MESSAGES[code].format(*words), offset=offset)
