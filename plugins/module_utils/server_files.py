# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files on database servers: looked at, written as a whole, and copied to another server byte for byte, by a shell of POSIX alone.

The way between two servers is ssh of the Oracle owner, as it is for :mod:`file_copy`. What is copied goes through a pipe; it lies nowhere on
its way, and where it arrives it is readable to its owner alone until it has the permissions that it is to have.
"""

from __future__ import annotations

import re
import shlex
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Refused
from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import FAILED, OK, Message, Outcome
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Statement

__metaclass__ = type

SHELL = "/bin/sh"

#: One line a file: what it is, cksum and size of what it holds, and its permissions as ls has them. Directories and other things are said so.
_LOOK = """LC_ALL=C; export LC_ALL
for f do
  if [ -f "$f" ] && [ -r "$f" ]; then
    printf 'dbferry file %s %s\\n' "$(cksum < "$f" | tr -s ' \\t' '  ')" "$(ls -ldL -- "$f" | cut -c1-10)"
  elif [ -e "$f" ]; then printf 'dbferry other\\n'
  else printf 'dbferry absent\\n'
  fi
done
"""
#: The same for one file, and after it what it holds.
_READ = _LOOK + """[ -f "$1" ] && cat -- "$1"
exit 0
"""
#: Follows symbolic links, so that a file is replaced where it is and the link stays one.
_TARGET = """f=$1
while [ -h "$f" ]; do
  to=$(ls -ld -- "$f" | sed 's/.* -> //')
  case $to in /*) f=$to ;; *) f=$(dirname -- "$f")/$to ;; esac
done
"""
#: $1 path, $2 cksum of what it held when it was read (or absent), $3 permissions of a new file, $4 ending of a copy that is kept (or nothing).
_WRITE = """set -e
umask 077
""" + _TARGET + """was=absent
if [ -e "$f" ]; then was=$(cksum < "$f" | tr -s ' \\t' '  '); fi
if [ "$was" != "$2" ]; then echo "dbferry changed: $f is not as it was read"; exit 3; fi
new=$f.dbferry_new
if [ -e "$f" ]; then
  if [ -n "$4" ]; then cp -p -- "$f" "$f.$4"; fi
  cp -p -- "$f" "$new"
  cat > "$new"
else
  rm -f -- "$new"
  cat > "$new"
  chmod "$3" "$new"
fi
mv -f -- "$new" "$f"
"""
#: Receives one file, in a directory that is made when there is none: $1 path, $2 permissions, $3 ending of a copy that is kept (or nothing).
_RECEIVE = """set -e
umask 077
""" + _TARGET + """new=$f.dbferry_new
mkdir -p -- "$(dirname -- "$f")"
rm -f -- "$new"
cat > "$new"
if [ -e "$f" ] && [ -n "$3" ]; then cp -p -- "$f" "$f.$3"; fi
chmod "$2" "$new"
mv -f -- "$new" "$f"
"""
#: Compares one file with what comes: says what is there, and whether it is the same.
_COMPARE = _LOOK + """if [ -f "$1" ] && cmp -s -- - "$1"; then echo 'dbferry same'; else cat > /dev/null; fi
exit 0
"""
_LOOKED = re.compile(r"^dbferry (file|other|absent)(?: (\d+ \d+) *(\S{10}))?$", re.MULTILINE)

File = t.Dict[str, t.Any]

#: How the other server is reached. Documented in the fragment ``way``.
WAY: t.Dict[str, t.Dict[str, t.Any]] = {
    "transport": {"type": "str", "default": "ssh", "choices": ["ssh", "local"]},
    "ssh_host": {"type": "str"},
    "ssh_user": {"type": "str"},
    "ssh_port": {"type": "int"},
    "ssh_identity": {"type": "str"},
    "ssh_known_hosts": {"type": "str"},
}


def ssh(want: t.Dict[str, t.Any]) -> t.Optional[t.List[str]]:
    """What a command for the other server begins with; None where it is this one.

    :arg want: has the options of :data:`WAY`.
    """
    if want["transport"] == "local":
        return None
    host = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:%-]*", want["ssh_host"] or "")
    user = not want["ssh_user"] or re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._@-]*", want["ssh_user"])
    if not host or not user:
        raise Refused("{0!r} is no host or user that ssh takes.".format(want["ssh_host"]), code="DBF-0392", hint="Correct ssh_host or ssh_user.")
    # No password is asked for, and no unknown host is trusted: this runs where nobody can answer.
    argv = ["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"]
    for option, flags in (("ssh_known_hosts", "UserKnownHostsFile={0}"), ("ssh_identity", "IdentityFile={0}"), ("ssh_port", "Port={0}"),
                          ("ssh_user", "User={0}")):
        if want[option]:
            argv += ["-o", flags.format(want[option])]
    return argv + [want["ssh_host"]]


def _words(words: t.Sequence[str]) -> str:
    return " ".join(shlex.quote(word) for word in words)


def _over(way: t.Optional[t.List[str]], script: str, arguments: t.Sequence[str]) -> str:
    """A line of shell that runs a script on the other server."""
    inner = _words([SHELL, "-c", script, "sh"] + list(arguments))
    return inner if way is None else _words(way + [inner])


# -- looking


def _file(found: t.Any) -> t.Optional[File]:
    kind, cksum, shown = found
    if kind == "absent":
        return None
    if kind == "other":
        return {"checksum": None, "mode": None}
    return {"checksum": cksum, "mode": "0{0:o}".format(sum(1 << (8 - place) for place, letter in enumerate(shown[1:]) if letter not in "-ST"))}


def _answers(rc: int, out: str, number: int, tried: str) -> t.List[t.Optional[File]]:
    found = _LOOKED.findall(out)[:number]
    if len(found) < number:
        last = [line.strip() for line in out.splitlines() if line.strip()][-3:]
        raise DbferryError("{0} failed: {1}".format(tried, "; ".join(last) or "exit code {0}".format(rc)), code="DBF-0012",
                           hint="Run it by hand on the server, as the Oracle owner.")
    return [_file(one) for one in found]


def look(session: t.Any, paths: t.Sequence[str]) -> t.List[t.Optional[File]]:
    """What is at these paths: ``checksum`` (CRC and size as cksum has them) and ``mode``; None where nothing is, no checksum for what is no file."""
    rc, out = session.on_server([SHELL, "-c", _LOOK, "sh"] + list(paths))
    return _answers(rc, out, len(paths), "Looking at {0}".format(", ".join(paths)))


def read(session: t.Any, path: str) -> t.Tuple[t.Optional[File], str]:
    """A file of text and what it holds; bytes that are no UTF-8 stay what they are."""
    rc, out = session.on_server([SHELL, "-c", _READ, "sh", path])
    found = _answers(rc, out, 1, "Reading " + path)[0]
    if found is None or not found["checksum"]:
        return found, ""
    rest = out[t.cast(t.Any, _LOOKED.search(out)).end() + 1:].encode("utf-8", "surrogateescape")
    size = int(found["checksum"].split()[1])
    if len(rest) < size:
        raise DbferryError("{0} could not be read to its end.".format(path), code="DBF-0012", hint="Run the task again.")
    return found, rest[:size].decode("utf-8", "surrogateescape")


def compare(session: t.Any, want: t.Dict[str, t.Any], pairs: t.Sequence[t.Tuple[str, str]]) -> t.List[t.Optional[File]]:
    """What is at the second path of every pair, on the other server, with ``same``: whether it holds the same bytes as the first here does."""
    way = ssh(want)
    script = "\n".join('if [ -r {0} ]; then from={0}; else from=/dev/null; fi\n{1} < "$from"'.format(
        shlex.quote(here), _over(way, _COMPARE, [there])) for here, there in pairs)
    rc, out = session.on_server([SHELL, "-c", script])
    found = _answers(rc, out, len(pairs), "Looking at {0} of {1}".format(", ".join(there for dummy, there in pairs), want["ssh_host"] or "this server"))
    said = re.split(r"^dbferry (?:file|other|absent).*$", out, flags=re.MULTILINE)[1:]
    for file, text in zip(found, said):
        if file is not None:
            file["same"] = "dbferry same" in text
    return found


# -- writing


def write(path: str, text: str, was: t.Optional[File], shown: str, mode: str = "0644", keep: str = "") -> Command:
    """The command that gives a file new contents, unless somebody else changed it since it was looked at. Owner and permissions stay.

    :arg was: the file as it was found.
    :arg mode: permissions where there was none.
    :arg keep: ending of the name under which the old one is kept.
    """
    arguments = [path, was["checksum"] if was else "absent", mode, keep]
    return Command([SHELL, "-c", _WRITE, "sh"] + arguments, Statement(text), shown=shown)


def copy(want: t.Dict[str, t.Any], here: str, there: str, mode: str, keep: str = "") -> Command:
    """The command that copies a file of this server to the other one, whatever is there."""
    line = _over(ssh(want), _RECEIVE, [there, mode, keep])
    place = "{0}:{1}".format(want["ssh_host"], there) if want["transport"] == "ssh" else there
    # An unreadable file must not arrive as an empty one.
    script = "test -r {0} || {{ echo {0} cannot be read; exit 1; }}\n{1} < {0}\n".format(shlex.quote(here), line)
    return Command([SHELL, "-c", script], shown="copy {0} to {1}".format(here, place))


def remove(path: str) -> Command:
    """The command that removes a file."""
    return Command([SHELL, "-c", 'rm -f -- "$1"', "sh", path], shown="rm -f " + shlex.quote(path))


def parse(text: str, rc: t.Optional[int] = None) -> Outcome:
    """Read what a script of the shell said: its exit code tells."""
    outcome = Outcome(verdict=FAILED if rc else OK)
    if rc:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        outcome.note(Message("DBF-0012", "; ".join(lines[-3:]) or "exit code {0}".format(rc)))
    return outcome
