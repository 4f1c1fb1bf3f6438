# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows as SQL*Plus prints them in HTML: in the forms of several releases."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import sqlplus_html

TALL = """<p>
<table border='1' width='90%' align='center' summary='Script output'>
<tr>
<th scope="col">
DNAME
</th>
<th scope="col">
SUM(SAL+NVL(COMM,0))
</th>
</tr>
<tr>
<td>
R&amp;D &lt;north&gt; &quot;x&quot;
</td>
<td align="right">
                                              8750
</td>
</tr>
<tr>
<td>
&nbsp;
</td>
<td align="right">
&nbsp;
</td>
</tr>
</table>
<p>

2 rows selected.
<br>
"""
FLAT = """<p>
<table border='1' width='90%' align='center' summary='Script output'>
<tr><th scope="col">DNAME</th><th scope="col">SUM(SAL+NVL(COMM,0))</th></tr>
<tr><td>R&amp;D &lt;north&gt; &quot;x&quot;</td><td align="right">8750</td></tr>
<tr><td>&nbsp;</td><td align="right">&nbsp;</td></tr>
</table>
"""


def cell(text, tag="td"):
    return sqlplus_html.read("<table><tr><th>A</th></tr><tr><{0}>\n{1}\n</td></tr></table>".format(tag, text))[0][0]["a"]


@pytest.mark.parametrize("text", [TALL, FLAT])
def test_names_in_lower_case_values_whole_and_null(text):
    rows, said = sqlplus_html.read(text)
    assert rows == [{"dname": 'R&D <north> "x"', "sum(sal+nvl(comm,0))": 8750}, {"dname": None, "sum(sal+nvl(comm,0))": None}]
    assert ("2 rows selected." in said) == (text == TALL)


@pytest.mark.parametrize("written, value", [
    ("12345678901234567890123456789012345678", 12345678901234567890123456789012345678), ("-1", -1), (".5", 0.5), ("-2.5", -2.5),
    ("1.0000E-10", 1e-10), ("3.14159265358979323846264338327950288", 3.141592653589793),
])
def test_numbers_are_those_of_the_driver(written, value):
    found = cell("     " + written, 'td align="right"')
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("written, value", [
    (sqlplus_html.MARK + "2026-01-02 03:04:05", datetime.datetime(2026, 1, 2, 3, 4, 5)),
    (sqlplus_html.MARK + "2026-01-02 03:04:05.000001", datetime.datetime(2026, 1, 2, 3, 4, 5, 1)),
    ("2026-01-02 03:04:05", "2026-01-02 03:04:05"), ("0012", "0012"), ("  indented", "  indented"), ("ends  ", "ends  "),
])
def test_dates_are_told_from_texts(written, value):
    assert cell(written) == value


@pytest.mark.parametrize("written", ["one<br>\ntwo", "one<br>two", "one\ntwo"])
def test_lines_of_a_value(written):
    assert cell(written) == "one\ntwo"


def test_a_text_that_looks_like_an_entity_stays_one():
    assert cell("&amp;nbsp;") == "&nbsp;" and cell("&#39;") == "'"


def test_headings_come_again_with_every_page():
    head, row = "<tr><th>A</th></tr>", "<tr><td>1</td></tr>"
    assert sqlplus_html.read("<table>" + head + row + head + row + "</table>")[0] == [{"a": "1"}, {"a": "1"}]


def test_no_rows():
    assert sqlplus_html.read("\n") == ([], "\n")
