# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime

import pytest
from oralab.errors import OraError
from oralab.packages.calendaring import next_run

START = datetime.datetime(2026, 1, 31, 10, 20, 30)


@pytest.mark.parametrize(("interval", "after", "expected"), [
    ("FREQ=DAILY", START, datetime.datetime(2026, 2, 1, 10, 20, 30)),
    ("freq=daily;byhour=2;byminute=30;bysecond=0", START, datetime.datetime(2026, 2, 1, 2, 30)),
    ("FREQ=DAILY; INTERVAL=3", START + datetime.timedelta(days=1), datetime.datetime(2026, 2, 3, 10, 20, 30)),
    ("FREQ=MONTHLY", START, datetime.datetime(2026, 3, 31, 10, 20, 30)),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", START, datetime.datetime(2026, 2, 28, 10, 20, 30)),
    ("FREQ=MONTHLY;BYDAY=1FRI", START, datetime.datetime(2026, 2, 6, 10, 20, 30)),
    ("FREQ=MONTHLY;BYDAY=-1SUN", START, datetime.datetime(2026, 2, 22, 10, 20, 30)),
    ("FREQ=WEEKLY;BYDAY=MON,WED", START, datetime.datetime(2026, 2, 2, 10, 20, 30)),
    ("FREQ=HOURLY;BYMINUTE=0;BYSECOND=0", START, datetime.datetime(2026, 1, 31, 11, 0)),
    ("FREQ=MINUTELY;INTERVAL=15", START, datetime.datetime(2026, 1, 31, 10, 35, 30)),
    ("FREQ=SECONDLY;INTERVAL=5", START, datetime.datetime(2026, 1, 31, 10, 20, 35)),
    ("FREQ=YEARLY;BYMONTH=JUN;BYMONTHDAY=1", START, datetime.datetime(2026, 6, 1, 10, 20, 30)),
    ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", START, None),
])
def test_next_run(interval: str, after: datetime.datetime, expected: datetime.datetime | None) -> None:
    assert next_run(interval, START, after) == expected


def test_unknown_words_are_refused() -> None:
    with pytest.raises(OraError, match="ORA-27412: .*FORTNIGHTLY"):
        next_run("FREQ=FORTNIGHTLY", START, START)
    with pytest.raises(OraError, match="ORA-27414"):
        next_run("FREQ=DAILY;BYHOUR=25", START, START)
