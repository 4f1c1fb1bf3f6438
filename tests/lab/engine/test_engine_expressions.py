# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What expressions give, and the errors they end with, as SQL Language Reference documents them."""
from __future__ import annotations

import datetime
import hashlib
from decimal import Decimal

import pytest
from engine_statements import code, rows
from oralab.engine.session import Session
from oralab.values import IntervalDS, IntervalYM, Timestamp

D = Decimal

VALUES = [
    # numbers
    ("1/3", D("0.3333333333333333333333333333333333333333")), ("10/3", D("3.33333333333333333333333333333333333333")),
    ("99999999999999999999999999999999999999 + 1", 10 ** 38), ("0.1 + 0.2", D("0.3")), ("2 * 3.5", 7), ("-(-5)", 5), ("1 - null", None),
    ("MOD(-7, 3)", -1), ("MOD(7, 0)", 7), ("REMAINDER(7, 4)", -1), ("ROUND(2.5)", 3), ("ROUND(-2.5)", -3), ("ROUND(1234.567, -2)", 1200),
    ("TRUNC(-1.99, 1)", D("-1.9")), ("CEIL(1.1)", 2), ("FLOOR(-1.1)", -2), ("POWER(2, 10)", 1024), ("POWER(2, -1)", D("0.5")),
    ("SQRT(16)", 4), ("LOG(10, 1000)", 3), ("SIGN(-3)", -1), ("BITAND(6, 3)", 2), ("ABS(-1.5)", D("1.5")), ("'5' + '6'", 11),
    ("1.5d * 2", 3.0), ("WIDTH_BUCKET(15, 0, 100, 10)", 2), ("GREATEST(1, 3, 2)", 3), ("LEAST('b', 'a')", "a"), ("GREATEST(1, NULL)", None),
    # text
    ("'a' || NULL || 'b'", "ab"), ("'x' || 0.5", "x.5"), ("SUBSTR('hello', -3, 2)", "ll"), ("SUBSTR('hello', 0, 2)", "he"),
    ("SUBSTR('hello', 9)", None), ("INSTR('corporate floor', 'or', 3, 2)", 14), ("INSTR('corporate floor', 'or', -3, 2)", 2),
    ("LENGTH('äö')", 2), ("LENGTHB('äö')", 4), ("LENGTH('')", None), ("LPAD('7', 3, '0')", "007"), ("RPAD('abc', 2)", "ab"),
    ("TRIM('  x ')", "x"), ("TRIM(LEADING '0' FROM '007')", "7"), ("LTRIM('xyxa', 'xy')", "a"), ("REPLACE('abc', 'b')", "ac"),
    ("TRANSLATE('abc', 'ab', 'x')", "xc"), ("INITCAP('the soap-opera')", "The Soap-Opera"), ("UPPER('ä')", "Ä"), ("ASCII('A')", 65),
    ("CHR(65)", "A"), ("CONCAT('a', NULL)", "a"), ("REGEXP_SUBSTR('a,b,c', '[^,]+', 1, 2)", "b"), ("REGEXP_COUNT('a1b22', '[0-9]')", 3),
    ("REGEXP_REPLACE('a1b22', '([[:digit:]]+)', '<\\1>')", "a<1>b<22>"), ("REGEXP_INSTR('xx12', '[[:digit:]]')", 3),
    ("UNISTR('\\00e4')", "ä"), ("ASCIISTR('ä')", "\\00E4"), ("RAWTOHEX('AB')", "AB"), ("HEXTORAW('1f')", b"\x1f"), ("NVL('', 'x')", "x"),
    ("UTL_RAW.CAST_TO_RAW('ab')", b"ab"), ("UTL_RAW.CAST_TO_VARCHAR2(HEXTORAW('6162'))", "ab"), ("DUMP(1)", "Typ=2 Len=2: 193,2"),
    ("DUMP('ab', 16)", "Typ=96 Len=2: 61,62"), ("VSIZE(100)", 2),
    # choices
    ("NVL2(NULL, 1, 2)", 2), ("COALESCE(NULL, NULL, 3)", 3), ("NULLIF(1, 1)", None), ("DECODE(NULL, NULL, 'n', 'x')", "n"),
    ("DECODE(2, 1, 'a', 2, 'b')", "b"), ("DECODE(3, 1, 'a')", None), ("CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"),
    ("CASE WHEN NULL = NULL THEN 1 ELSE 2 END", 2), ("CASE WHEN NOT (NULL = 1) THEN 1 ELSE 2 END", 2),
    # numbers and text
    ("TO_CHAR(1234.5, '9,999.99')", " 1,234.50"), ("TO_CHAR(-0.5, 'FM90.00')", "-0.50"), ("TO_CHAR(12345, '999')", "####"),
    ("TO_CHAR(255, 'FMXX')", "FF"), ("TO_CHAR(0.5)", ".5"), ("TO_CHAR(1e30)", "1" + "0" * 30), ("TO_CHAR(1.5d)", "1.5E+000"),
    ("TO_NUMBER('1,234.50', '9,999.99')", D("1234.5")), ("TO_NUMBER('ff', 'xx')", 255), ("TO_NUMBER('1e2')", 100),
    ("TO_CHAR(5, 'S99')", " +5"), ("TO_CHAR(-5, '99PR')", " <5>"), ("TO_CHAR(4, 'RN')", "IV".rjust(15)), ("CAST('12.7' AS NUMBER(3))", 13),
    ("CAST(12.345 AS NUMBER(4,1))", D("12.3")), ("CAST('abcdef' AS VARCHAR2(3))", "abc"), ("CAST('ab' AS CHAR(4))", "ab  "),
    # dates
    ("TO_DATE('2024-02-29', 'YYYY-MM-DD') + 1", datetime.datetime(2024, 3, 1)), ("DATE '2024-03-01' - DATE '2024-02-01'", 29),
    ("TO_DATE(' 2024-02-29 00:00:00', 'SYYYY-MM-DD HH24:MI:SS', 'NLS_CALENDAR=GREGORIAN')", datetime.datetime(2024, 2, 29)),
    ("TO_DATE('29-FEB-24')", datetime.datetime(2024, 2, 29)), ("ADD_MONTHS(DATE '2024-02-29', 12)", datetime.datetime(2025, 2, 28)),
    ("ADD_MONTHS(DATE '2024-01-31', 1)", datetime.datetime(2024, 2, 29)), ("MONTHS_BETWEEN(DATE '2024-03-31', DATE '2024-02-29')", 1),
    ("LAST_DAY(DATE '2023-02-01')", datetime.datetime(2023, 2, 28)), ("NEXT_DAY(DATE '2024-02-29', 'MON')", datetime.datetime(2024, 3, 4)),
    ("TRUNC(TO_DATE('2024-02-29 13:04:05', 'YYYY-MM-DD HH24:MI:SS'), 'MM')", datetime.datetime(2024, 2, 1)),
    ("TRUNC(DATE '2024-02-29', 'IW')", datetime.datetime(2024, 2, 26)),
    ("ROUND(DATE '2024-02-16', 'MONTH')", datetime.datetime(2024, 3, 1)),
    ("TO_CHAR(DATE '2024-02-29', 'FMDay, DD Month YYYY')", "Thursday, 29 February 2024"), ("TO_CHAR(DATE '2024-02-29', 'J')", "2460370"),
    ("TO_CHAR(DATE '2024-02-29', 'DY Q WW IW D DDD')", "THU 1 09 09 5 060"), ("EXTRACT(YEAR FROM DATE '2024-02-29')", 2024),
    ("DATE '2024-01-01' + INTERVAL '1' MONTH", datetime.datetime(2024, 2, 1)),
    ("DATE '2024-01-01' + 1/24", datetime.datetime(2024, 1, 1, 1)),
    ("TIMESTAMP '2024-01-02 00:00:00' - TIMESTAMP '2024-01-01 12:00:00'", IntervalDS(43200 * 10 ** 9)),
    ("INTERVAL '1-6' YEAR TO MONTH", IntervalYM(18)), ("NUMTODSINTERVAL(90, 'MINUTE')", IntervalDS(5400 * 10 ** 9)),
    ("TO_CHAR(TO_DSINTERVAL('1 02:03:04'))", "+000000001 02:03:04.000000000"),
    ("TO_CHAR(TIMESTAMP '2024-01-01 10:00:00.123456 +02:00', 'HH24:MI:SS.FF3 TZH:TZM')", "10:00:00.123 +02:00"),
    ("SYS_EXTRACT_UTC(TIMESTAMP '2024-01-01 10:00:00 +02:00')", Timestamp(datetime.datetime(2024, 1, 1, 8))),
    ("SYS_EXTRACT_UTC(CAST(TIMESTAMP '2024-01-01 10:00:00 +02:00' AS TIMESTAMP WITH LOCAL TIME ZONE))", Timestamp(datetime.datetime(2024, 1, 1, 8))),
    ("FROM_TZ(TIMESTAMP '2024-07-01 10:00:00', 'Europe/Berlin') AT TIME ZONE 'UTC'",
     Timestamp(datetime.datetime(2024, 7, 1, 8), 0, "UTC", 0)),
    ("TZ_OFFSET('+02:00')", "+02:00"),
    # hashes of documented algorithms over documented bytes
    ("STANDARD_HASH('abc', 'MD5')", bytes.fromhex("900150983cd24fb0d6963f7d28e17f72")),
    ("SYS_CONTEXT('USERENV', 'SESSION_USER')", "APP"), ("USER", "APP"),
]


@pytest.mark.parametrize("expression, expected", VALUES)
def test_value(session: Session, expression: str, expected: object) -> None:
    assert rows(session, f"SELECT {expression} FROM dual") == [expected]


ERRORS = [
    ("1/0", 1476), ("TO_NUMBER('x')", 1722), ("'a' + 1", 1722), ("TO_DATE('2024-13-01', 'YYYY-MM-DD')", 1843), ("POWER(-8, 1/3)", 1428),
    ("TO_DATE('2024-02-30', 'YYYY-MM-DD')", 1839), ("TO_DATE('2024', 'YYYY-MM-DD')", 1840), ("TO_DATE('2024-01-01x', 'YYYY-MM-DD')", 1830),
    ("TO_DATE('2024-01-01', 'YYYY-KK')", 1821), ("TO_DATE('x', 'YYYY')", 1858), ("TO_DATE('25', 'HH24')", 1850),
    ("1e100 * 1e100", 1426), ("SYSDATE + SYSDATE", 975), ("SYSDATE * 2", 932), ("nosuch(1)", 904), ("LENGTH()", 938),
    ("UPPER('a', 'b')", 939),
    ("CASE WHEN 1 = 1 THEN 1 ELSE 'a' END", 932), ("TO_CHAR(1, 'z')", 1481), ("STANDARD_HASH(TO_CLOB('a'))", 902), ("LOG(1, 2)", 1428),
    ("HEXTORAW('xy')", 1465), ("INTERVAL '1' DAY + 1", 932), ("SYS_CONTEXT('USERENV', 'NOSUCH')", 2003), ("TRIM('ab' FROM 'abc')", 30001),
    ("FROM_TZ(TIMESTAMP '2024-01-01 00:00:00', 'No/Where')", 1882), ("RPAD('x', 4000) || 'y'", 1489), ("EXTRACT(HOUR FROM SYSDATE)", 30076),
    ("LAG(1) OVER (PARTITION BY 1)", 30485), ("LEVEL", 976), ("(SELECT 1 FROM dual UNION ALL SELECT 2 FROM dual)", 1427),
    ("(SELECT 1, 2 FROM dual)", 913), ("TO_CHAR(SYSDATE, 'FF')", 1821), ("DATE '2024-01-01' + 1e7", 1841),
    ("MOD('a', 2)", 1722), ("CAST(12345 AS VARCHAR2(3))", 25137), ("REGEXP_REPLACE('a', '(')", 12725),
]


@pytest.mark.parametrize("expression, expected", ERRORS)
def test_error(session: Session, expression: str, expected: int) -> None:
    assert code(session, f"SELECT {expression} FROM dual") == expected


CONDITIONS = [
    ("CAST('a' AS CHAR(3)) = 'a'", True), ("CAST('a' AS CHAR(3)) = CAST('a' AS VARCHAR2(3))", False), ("'a ' = 'a'", True),
    ("10 > '9'", True), ("'10' > '9'", False), ("NULL IS NULL", True), ("1 IN (2, NULL)", False), ("1 NOT IN (2, NULL)", False),
    ("NOT (1 IN (2, NULL))", False), ("1 NOT IN (2, 3)", True), ("'abc' LIKE 'a%'", True), ("'a_c' LIKE 'a\\_c' ESCAPE '\\'", True),
    ("'abc' NOT LIKE '_b'", True), ("NULL LIKE '%'", False), ("5 BETWEEN 1 AND NULL", False), ("5 NOT BETWEEN 6 AND NULL", True),
    ("1 = ANY (1, 2)", True), ("1 < ALL (2, 3)", True), ("(1, 2) IN ((1, 2), (3, 4))", True), ("(1, 2) = ((SELECT 1, 2 FROM dual))", True),
    ("REGEXP_LIKE('Steven', '^Ste(v|ph)en$')", True), ("EXISTS (SELECT 1 FROM dual WHERE 1 = 2)", False),
    ("1 NOT IN (SELECT CAST(NULL AS NUMBER) FROM dual)", False), ("1 NOT IN (SELECT 2 FROM dual WHERE 1 = 2)", True),
    ("SYSDATE > '01-JAN-20'", True), ("TIMESTAMP '2024-01-01 10:00:00 +02:00' = TIMESTAMP '2024-01-01 08:00:00 +00:00'", True),
    ("DATE '2024-01-01' < TIMESTAMP '2024-01-01 00:00:01'", True), ("HEXTORAW('0A') = '0A'", True),
]


@pytest.mark.parametrize("condition, expected", CONDITIONS)
def test_condition(session: Session, condition: str, expected: bool) -> None:
    assert bool(rows(session, f"SELECT 1 FROM dual WHERE {condition}")) is expected


def test_settings_of_the_session_decide_conversions(session: Session) -> None:
    session.sql("ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY/MM/DD' NLS_NUMERIC_CHARACTERS = ',.'")
    assert rows(session, "SELECT TO_CHAR(DATE '2024-02-29'), TO_CHAR(0.5), TO_NUMBER('1,5') FROM dual") == [("2024/02/29", ",5", D("1.5"))]
    assert code(session, "ALTER SESSION SET NLS_DATE_FORMAT = 'NONSENSE'") == 1821
    session.sql("ALTER SESSION SET TIME_ZONE = '+05:30'")
    assert rows(session, "SELECT SESSIONTIMEZONE, TO_CHAR(CURRENT_TIMESTAMP, 'TZR') FROM dual") == [("+05:30", "+05:30")]
    assert code(session, "ALTER SESSION SET TIME_ZONE = 'No/Where'") == 1882
    assert code(session, "ALTER SESSION SET nosuch = 1") == 2248


def test_settings_given_to_a_conversion_go_first(session: Session) -> None:
    session.sql("ALTER SESSION SET NLS_NUMERIC_CHARACTERS = ',.'")
    given = "'NLS_NUMERIC_CHARACTERS=\'\'.,\'\''"
    assert rows(session, f"SELECT TO_CHAR(1.5, 'TM9', {given}), TO_NUMBER('2,5', '9G9', {given}) FROM dual") == [("1.5", 25)]
    assert code(session, "SELECT TO_CHAR(1, '9', 'NONSENSE') FROM dual") == 12702


def test_what_several_aggregates_hash_is_the_same_for_each(session: Session) -> None:
    text = "'<' || LEVEL || NULL || CHR(62)"
    both = rows(session, f"SELECT MIN(STANDARD_HASH({text}, 'MD5')), MIN(STANDARD_HASH({text}, 'SHA1')) FROM dual CONNECT BY LEVEL <= 3")
    texts = [f"<{n}>".encode() for n in (1, 2, 3)]
    assert both == [(min(hashlib.md5(one).digest() for one in texts), min(hashlib.sha1(one).digest() for one in texts))]


def test_types_of_columns_are_described(session: Session) -> None:
    columns = session.describe(session.parse("SELECT 1 a, 'ab' b, SYSDATE c, 1/2 \"d e\", COUNT(*), UPPER('x') FROM dual"))
    assert [(column.name, column.type.name) for column in columns] == [
        ("A", "NUMBER"), ("B", "CHAR"), ("C", "DATE"), ("d e", "NUMBER"), ("COUNT(*)", "NUMBER"), ("UPPER('X')", "CHAR")]
    assert columns[1].type.length == 2


def test_ora_hash_is_stable_and_bounded(session: Session) -> None:
    first = rows(session, "SELECT ORA_HASH('abc'), ORA_HASH('abc', 9), ORA_HASH('abc', 4294967295, 7), ORA_HASH(1) FROM dual")
    assert first == rows(session, "SELECT ORA_HASH('abc'), ORA_HASH('abc', 9), ORA_HASH('abc', 4294967295, 7), ORA_HASH(1) FROM dual")
    assert first[0][1] <= 9 and first[0][0] != first[0][2]
    assert code(session, "SELECT ORA_HASH(TO_CLOB('x')) FROM dual") == 932


def test_hundreds_of_columns_in_one_text(session: Session) -> None:
    text = " || ".join(["NVL2(dummy, 'x', NULL) || CHR(31)"] * 500)
    assert rows(session, f"SELECT LENGTH({text}) FROM dual") == [1000]
    assert rows(session, f"SELECT MIN(LENGTH({text})), MAX(ORA_HASH({text}, 0)) FROM dual") == [(1000, 0)]


def test_lob_functions_in_sql(session: Session, sys: Session) -> None:
    sys.sql("GRANT EXECUTE ON dbms_crypto TO app")
    session.sql("CREATE TABLE lobs (c CLOB, b BLOB)")
    session.sql("INSERT INTO lobs VALUES (EMPTY_CLOB(), HEXTORAW('616263'))")
    assert rows(session, "SELECT DBMS_LOB.GETLENGTH(c), c, DBMS_LOB.SUBSTR(b, 2, 2), DBMS_CRYPTO.HASH(b, 2) FROM lobs") == [
        (0, "", b"bc", hashlib.md5(b"abc").digest())]
    assert rows(session, "SELECT CASE WHEN c IS NULL THEN 1 ELSE 0 END FROM lobs") == [0]
    sys.sql("REVOKE EXECUTE ON dbms_crypto FROM app")
