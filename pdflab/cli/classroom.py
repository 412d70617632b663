"""`pdflab classroom`: a class with phones, beside a lab of its own; or the replay of one that was saved.

Read next: pdflab/classroom/host.py.
"""

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from pdflab.child_process import end, spawn, stop_event
from pdflab.classroom.host import MINUTES, PORT, ClassroomHost
from pdflab.classroom.recording import Recording, prepare_folder
from pdflab.classroom.state import Options
from pdflab.errors import require
from pdflab.lab import Lab

_CHECK_INTERVAL = 0.2  # seconds


def add_arguments(command: argparse.ArgumentParser, _: str) -> None:
    """Add the arguments of `classroom`."""
    command.set_defaults(run=_classroom)
    add, default = command.add_argument, Options()
    add("--host", default="0.0.0.0", metavar="ADDRESS", help="where it listens (default everywhere)")
    add("--port", type=int, default=PORT, help=f"its only port (default {PORT}; 0 is any)")
    add("--url", help="what the QR code says, if phones reach it by another address: a tunnel, a proxy")
    add("--workers", type=int, default=2, help="workers, and rendering servers (default 2)")
    add("--phones", type=int, default=default.phones, help=f"at most so many (default {default.phones})")
    add(
        "--patience",
        type=float,
        default=default.patience,
        help=f"seconds that a phone waits (default {default.patience:g})",
    )
    add("--work", type=float, default=default.work, help="seconds that a document takes (default 0.5)")
    add("--minutes", type=float, default=MINUTES, help="the room closes after so many (default 90)")
    add("--simulated-phones", type=int, default=0, metavar="N", help="for a rehearsal, or a small class")
    add("--save", type=Path, metavar="FOLDER", help="save the class when it ends, without names")
    add("--replay", type=Path, metavar="FOLDER", help="show a saved class on the projector again")
    add("--speed", type=float, default=1.0, help="of the replay, times as fast (default 1)")


def _classroom(a: argparse.Namespace) -> int:
    require(0 <= a.simulated_phones <= 500, "--simulated-phones must be between 0 and 500.")
    stop = stop_event(guarded=False)
    if a.replay:
        recording = Recording.load(a.replay)
        with ClassroomHost(recording, at=(a.host, a.port), url=a.url, speed=a.speed) as room:
            _show(f"Replaying {a.replay}.", f"Projector:  {room.projector_url}")
            _wait(room, stop)
        return 0
    if a.save:
        prepare_folder(a.save)
    options = Options(phones=a.phones, patience=a.patience, work=a.work)
    _show("Starting a lab, and measuring how long a document takes …")
    with ExitStack() as last_first:
        lab = last_first.enter_context(Lab(workers=a.workers, preset="classroom"))
        how = {"url": a.url, "minutes": a.minutes, "save_to": a.save}
        room = last_first.enter_context(ClassroomHost(lab, options, at=(a.host, a.port), **how))
        _show(*_introduction(room, a.minutes), *([f"Saved in {a.save} when it ends."] if a.save else []))
        if a.simulated_phones:
            words = ["pdflab.classroom.simulated_phones", room.local_url, room.code, str(a.simulated_phones)]
            phones = spawn([*words, "--guarded"], Path(os.devnull))
            last_first.callback(end, phones, seconds=2.0)
            last_first.callback(phones.terminate)
        _wait(room, stop)
        _show("The class is over.")
    return 0


def _wait(room: ClassroomHost, stop: Event) -> None:
    """Wait until the class is over, Ctrl-C is pressed, or SIGTERM comes."""
    while not (room.is_over or stop.wait(_CHECK_INTERVAL)):
        pass


def _introduction(room: ClassroomHost, minutes: float) -> list[str]:
    return [
        f"Phones:     {room.join_url}",
        f"Room code:  {room.code}",
        f"Projector:  {room.projector_url}",
        f"Teacher:    {room.teacher_url}",
        f"The last two are yours alone. The room closes in {minutes:g} minutes, or with Ctrl-C; it then",
        "forgets names, answers and PDFs.",
    ]


def _show(*lines: str) -> None:
    print(*lines, sep="\n", file=sys.stdout, flush=True)
