# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dumps of real servers in public issues show, field by field, against what the lab sends.

The facts, none of the bytes, come from the packet dumps in these issues on GitHub:

* oracle/python-oracledb 39 (19c): the answer to the first logon call is 371 bytes long and has six parameters; a key's length stands
  twice, as a number and as the length byte of its bytes;
* oracle/node-oracledb 1589 (12c): the same 371 bytes; after the parameters the answer ends with an ERROR message of 34 bytes without an
  error: call status 1, a sequence number of two bytes, call number 1, everything else zero;
* oracle/python-oracledb 176 (19c): DATA TYPES is answered with a table of types, each with its number, the number of what it is
  converted to and a representation, that begins 1, 2, 8, 12, 23 and so on as the client's own;
* sijms/go-ora 45 and 63: errors carry call status 1 too, and the sequence number grows by one from answer to answer.
"""
from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

PACKET = re.compile(r"^[\d-]+ [\d:.]+ (Sending|Receiving|Disconnecting) .*$", re.MULTILINE)
BYTES = re.compile(r"^\d{4} : ((?:[0-9A-F]{2} )+)", re.MULTILINE)
CONNECT = "import oracledb, sys; oracledb.connect(user='scott', password='tiger', dsn=sys.argv[1], disable_oob=True).ping()"
AUTH_PHASE_ONE = 0x76


@pytest.fixture
def answers(lab) -> list[bytes]:
    """Payloads of the packets that the server sent to a client which connects and pings, as the driver dumps them."""
    done = subprocess.run([sys.executable, "-c", CONNECT, lab.dsn()], env=os.environ | {"PYO_DEBUG_PACKETS": "1"}, capture_output=True,
                          text=True, check=True)
    found, parts = [], PACKET.split(done.stdout)
    for direction, body in zip(parts[1::2], parts[2::2]):
        data = bytes.fromhex("".join(BYTES.findall(body)))
        if direction == "Receiving" and data[4] == 6:
            found.append(data)
    return found


def end_of_call(data: bytes) -> tuple[int, int, int]:
    """Call status, sequence number and call number of an ERROR message without error; the rest has to be zero."""
    assert data[0] == 4 and data[1] == 1
    status, width = data[2], data[3]
    sequence = int.from_bytes(data[4:4 + width], "big")
    rest = data[4 + width:]
    assert len(rest) == 34 - 6 and [place for place, value in enumerate(rest) if value] == [19]
    return status, sequence, rest[19]


def test_first_answer_of_the_logon(answers: list[bytes]) -> None:
    answer = next(data for data in answers if b"AUTH_PBKDF2_CSK_SALT" in data)
    assert answer[10:16] == b"\x08\x01\x06\x01\x0c\x0c"
    keys = [b"AUTH_SESSKEY", b"AUTH_VFR_DATA", b"AUTH_PBKDF2_CSK_SALT", b"AUTH_PBKDF2_VGEN_COUNT", b"AUTH_PBKDF2_SDER_COUNT",
            b"AUTH_GLOBALLY_UNIQUE_DBID\0"]
    places = [answer.index(bytes((1, len(key), len(key))) + key) for key in keys]
    assert places == sorted(places)
    status, _, call = end_of_call(answer[337:])
    assert (status, call) == (1, 1)


def test_data_types_are_a_table(answers: list[bytes]) -> None:
    answer = next(data for data in answers if data[10] == 2)
    table, kinds, place = answer[11:], [], 0
    while kind := int.from_bytes(table[place:place + 2], "big"):
        kinds.append(kind)
        place += 8 if table[place + 2:place + 4] != b"\0\0" else 4
    assert kinds[:5] == [1, 2, 8, 12, 23] and len(kinds) > 200
    assert place + 2 == len(table)


def test_answers_are_numbered(answers: list[bytes]) -> None:
    """The last two answers, to the ping and to the logoff, are nothing but the end of a call."""
    first, second = (end_of_call(data[10:])[1] for data in answers[-2:])
    assert second == first + 1
