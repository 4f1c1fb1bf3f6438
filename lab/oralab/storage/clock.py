# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The system change number of a database, and when it was which."""
from __future__ import annotations

import bisect
import datetime
import threading
import time

from oralab.errors import OraError
from oralab.storage.control_file import Control


class Clock:
    """The layer of a store that counts."""

    control: Control
    lock: threading.RLock
    applied_scn: int
    """Of the last redo record that was applied since the files were read: so new is the dictionary of a standby, whatever single files are."""
    _times: list[tuple[int, float]]

    def current_scn(self) -> int:
        return self.control.scn

    def reached(self, scn: int, moment: float) -> None:
        """Redo up to this SCN, written at that time, has been applied."""
        self.applied_scn = max(self.applied_scn, scn)
        if scn > self.control.scn:
            self.control.scn = scn
        if scn > self._times[-1][0] and moment - self._times[-1][1] >= 1:
            self._times.append((scn, moment))

    def next_scn(self) -> int:
        with self.lock:
            self.control.scn += 1
            now = time.time()
            if now - self._times[-1][1] >= 1:
                self._times.append((self.control.scn, now))
            return self.control.scn

    def scn_time(self, scn: int) -> datetime.datetime:
        """When an SCN was reached, to about a second. ORA-08181 for one that is not reached yet."""
        if scn > self.control.scn or scn <= 0:
            raise OraError(8181, "specified number is not a valid system change number")
        place = bisect.bisect_right(self._times, (scn, float("inf"))) - 1
        return datetime.datetime.fromtimestamp(self._times[max(place, 0)][1])

    scn_to_time = scn_time

    def time_to_scn(self, moment: datetime.datetime) -> int:
        """The SCN that was current at a time. ORA-08180 before the first one that is known."""
        stamp = moment.timestamp()
        found = [scn for scn, at in self._times if at <= stamp]
        if not found:
            raise OraError(8180, "no snapshot found based on specified time")
        return self.control.scn if stamp >= self._times[-1][1] + 1 else found[-1]
