# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that copies files from the server it runs on to another directory, of this server or of one that ssh reaches.

It runs on the source's server as a command of :mod:`server_job` and sends itself to the other end, so neither needs more than Python 3.8 and its
standard library. What to do is read from standard input as JSON; what was done is printed, a word and JSON a line::

    progress {"bytes": 1048576}
    copied {"name": "a.dbf", "size": 8192, "sha256": "..."}
    finding {"name": "b.dbf", "what": "is not there"}
    failed {"name": "c.dbf", "what": "..."}
    finished {"files": 1, "bytes": 8192}

A file is written under a name of ours, and gets its own when size and SHA-256 of what is on the other side's disk agree with what was read here.
Nothing is written before everything was looked at: with one finding there is no copy at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import stat
import subprocess
import sys
import threading
import time
import typing as t

__metaclass__ = type

CHUNK = 1 << 20

#: Run at the other end: its program comes first on its standard input, then what the sender says.
BEGIN = "import sys; exec(sys.stdin.buffer.read({0}))"

Message = t.Dict[str, t.Any]


def sha256_of(path: str) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        for chunk in iter(lambda: handle.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


# -- the receiving end


class Receiver:
    """Writes files into one directory, as a sender on its standard input says; a line of JSON answers each message."""

    def __init__(self, source: t.BinaryIO, answers: t.BinaryIO) -> None:
        self._source = source
        self._answers = answers
        self._directory = ""
        self._suffix = ""

    def serve(self) -> None:
        for line in iter(self._source.readline, b""):
            message = json.loads(line.decode("utf-8"))
            try:
                answer = getattr(self, "_" + message["verb"])(message)
            except OSError as error:
                answer = {"what": "{0}: {1}".format(error.strerror, error.filename) if error.filename else str(error)}
            self._answers.write(json.dumps(answer).encode("utf-8") + b"\n")
            self._answers.flush()

    def _look(self, message: Message) -> Message:
        """What is in the directory of these names, and how much room there is."""
        self._directory, self._suffix = message["directory"], message["suffix"]
        found: t.Dict[str, t.Any] = {"sizes": {}, "findings": []}
        if not os.path.isdir(self._directory):
            found["findings"].append(["", "the directory {0} is not there".format(self._directory)])
            return found
        if not os.access(self._directory, os.W_OK | os.X_OK):
            found["findings"].append(["", "the directory {0} may not be written by {1}".format(self._directory, os.environ.get("USER") or os.getuid())])
            return found
        begun = 0
        for name in message["names"]:
            path = os.path.join(self._directory, name)
            with contextlib.suppress(FileNotFoundError):
                begun += os.lstat(path + self._suffix).st_blocks * 512
            with contextlib.suppress(FileNotFoundError):
                status = os.lstat(path)
                if not stat.S_ISREG(status.st_mode):
                    found["findings"].append([name, "there is something of this name at the destination that is no file"])
                else:
                    found["sizes"][name] = status.st_size
        room = os.statvfs(self._directory)
        found["free"] = room.f_bavail * room.f_frsize + begun
        return found

    def _sum(self, message: Message) -> Message:
        return {"sha256": sha256_of(os.path.join(self._directory, message["name"]))}

    def _put(self, message: Message) -> Message:
        """A file of so many bytes follows, and after it what it must be."""
        path = os.path.join(self._directory, message["name"])
        problem: t.Optional[OSError] = None
        try:
            handle: t.Optional[int] = os.open(path + self._suffix, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
        except OSError as error:
            handle, problem = None, error
        left = message["size"]
        while left:
            chunk = self._source.read(min(CHUNK, left))
            if not chunk:
                raise EOFError("The sender is gone.")
            left -= len(chunk)
            if handle is not None and problem is None:
                try:
                    view = memoryview(chunk)
                    while view:
                        view = view[os.write(handle, view):]
                except OSError as error:
                    problem = error   # what the sender has on its way is read to its end, so that it can be told
        expected = json.loads(self._source.readline().decode("utf-8"))["sha256"]
        if handle is not None:
            try:
                os.fsync(handle)
            except OSError as error:
                problem = problem or error
            os.close(handle)
        if problem is not None:
            return {"what": "{0}: {1}".format(problem.strerror, path + self._suffix)}
        found = sha256_of(path + self._suffix)
        if found != expected or os.path.getsize(path + self._suffix) != message["size"]:
            return {"what": "what arrived differs from what was sent"}
        os.rename(path + self._suffix, path)
        return {}


# -- the sending end


class Other:
    """The other end of one stream."""

    def __init__(self, command: t.List[str], program: str, look: Message) -> None:
        text = program.encode("utf-8")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # pylint: disable=consider-using-with
        self._to = t.cast(t.BinaryIO, self._process.stdin)
        self._from = t.cast(t.BinaryIO, self._process.stdout)
        self._to.write(text)
        self.found = self.ask(look)

    def ask(self, message: Message) -> Message:
        self._say(message)
        return self.answer()

    def _say(self, message: Message) -> None:
        self._to.write(json.dumps(message).encode("utf-8") + b"\n")
        self._to.flush()

    def answer(self) -> Message:
        line = self._from.readline()
        if not line:
            raise OSError("the other end is gone ({0})".format(
                "exit code {0}".format(self._process.wait()) if self._process.poll() is not None else "no answer"))
        answer: Message = json.loads(line.decode("utf-8"))
        return answer

    def put(self, path: str, name: str, progress: t.Callable[[int], None]) -> t.Tuple[int, str]:
        """Send a file; its size and SHA-256. OSError when it could not be read here or written there."""
        digest = hashlib.sha256()
        with open(path, "rb") as handle:
            size = left = os.fstat(handle.fileno()).st_size
            self._say({"verb": "put", "name": name, "size": size})
            while left:
                chunk = handle.read(min(CHUNK, left))
                if not chunk:
                    raise OSError("it became shorter while it was read")
                self._to.write(chunk)
                digest.update(chunk)
                left -= len(chunk)
                progress(len(chunk))
        self._say({"sha256": digest.hexdigest()})
        answer = self.answer()
        if answer.get("what"):
            raise OSError(answer["what"])
        return size, digest.hexdigest()

    def close(self) -> None:
        # When it is gone already, whoever spoke to it last knows.
        with contextlib.suppress(OSError):
            self._to.close()
        self._process.wait()


class Sender:
    """Copies files by several streams.

    :arg task: ``files`` (name, path, and ``ours``: True or the SHA-256 of what is ours at the destination), ``directory``, ``suffix``, ``streams``,
        ``command``: how to reach the Python of the other end.
    """

    def __init__(self, task: Message, program: str, out: t.TextIO) -> None:
        self._task = task
        self._program = program
        self._out = out
        self._lock = threading.Lock()
        self._bytes = 0
        self._told = 0.0
        self._failed = False

    def tell(self, word: str, **fields: t.Any) -> None:
        with self._lock:
            self._out.write("{0} {1}\n".format(word, json.dumps(fields)))
            self._out.flush()

    def run(self) -> bool:
        """Whether everything is copied."""
        first = self._other()
        todo = self._look(first)
        if todo is None:
            first.close()
            return False
        waiting: "queue.Queue[Message]" = queue.Queue()
        for item in todo:
            waiting.put(item)
        workers = [threading.Thread(target=self._work, args=(waiting, first if number == 0 else None))
                   for number in range(max(1, min(self._task["streams"], len(todo))))]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if not self._failed:
            self.tell("finished", files=len(self._task["files"]), bytes=self._bytes)
        return not self._failed

    def _other(self) -> Other:
        command = self._task["command"] or [sys.executable, "-c", BEGIN.format(len(self._program.encode("utf-8"))), "receive"]
        return Other([word.replace("{length}", str(len(self._program.encode("utf-8")))) for word in command], self._program,
                     {"verb": "look", "directory": self._task["directory"], "suffix": self._task["suffix"],
                      "names": [item["name"] for item in self._task["files"]]})

    def _look(self, other: Other) -> t.Optional[t.List[Message]]:
        """The files that are to be copied; None with what stands in the way told."""
        findings = [tuple(finding) for finding in other.found["findings"]]
        todo, needed = [], 0
        for item in self._task["files"]:
            try:
                status = os.stat(item["path"])
                with open(item["path"], "rb"):
                    pass
                if not stat.S_ISREG(status.st_mode):
                    raise OSError(0, "is no file")
            except OSError as error:
                findings.append((item["name"], "{0}: {1}".format(item["path"], error.strerror)))
                continue
            there = other.found["sizes"].get(item["name"])
            if there is not None:
                # Ours by its name is replaced, whatever it holds; anything else is looked at.
                alike = there == status.st_size or item["ours"] is not True
                same = other.ask({"verb": "sum", "name": item["name"]}).get("sha256") if alike else None
                if there == status.st_size and same == sha256_of(item["path"]):
                    self.tell("copied", name=item["name"], size=there, sha256=same)
                    continue
                if item["ours"] is not True and item["ours"] != same:
                    findings.append((item["name"], "there is another file of this name in {0}, which is not ours".format(self._task["directory"])))
            todo.append(item)
            needed += status.st_size
        if other.found.get("free", needed) < needed:
            findings.append(("", "{0} has {1} bytes free, {2} are needed".format(self._task["directory"], other.found["free"], needed)))
        for name, what in findings:
            self.tell("finding", name=name, what=what)
        return None if findings else todo

    def _work(self, waiting: "queue.Queue[Message]", other: t.Optional[Other]) -> None:
        item: Message = {"name": ""}
        try:
            other = other or self._other()
            while not self._failed:
                try:
                    item = waiting.get_nowait()
                except queue.Empty:
                    break
                size, sha256 = other.put(item["path"], item["name"], self._progress)
                self.tell("copied", name=item["name"], size=size, sha256=sha256)
        except (OSError, EOFError) as error:
            self._failed = True
            self.tell("failed", name=item["name"], what=str(error))
        finally:
            if other is not None:
                other.close()

    def _progress(self, count: int) -> None:
        with self._lock:
            self._bytes += count
            now = time.monotonic()
            due = now - self._told >= 1
            if due:
                self._told = now
        if due:
            self.tell("progress", bytes=self._bytes)


def main(arguments: t.List[str]) -> int:
    """``-c receive`` is the other end; ``-c PROGRAM`` sends, PROGRAM being this very text."""
    if arguments[1] == "receive":
        Receiver(sys.stdin.buffer, sys.stdout.buffer).serve()
        return 0
    sender = Sender(json.load(sys.stdin), arguments[1], sys.stdout)
    try:
        return 0 if sender.run() else 1
    except OSError as error:
        sender.tell("failed", name="", what=str(error))
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
