"""The clients of all loads whose generators log into one folder: who waits, and how the others fared.

The dashboard shows them: neither endpoint knows a client whose request it has not read yet.
Read next: pdflab/analysis/run.py.
"""

import time
from collections import Counter, deque
from collections.abc import Mapping
from threading import Lock

from pdflab.analysis.run import Send
from pdflab.analysis.scene import ENDPOINTS, LoadClients
from pdflab.analysis.validity import outcome
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint
from pdflab.load.plan import Plan
from pdflab.load.send_log import LoadNote
from pdflab.service.eventlog.reader import Tail
from pdflab.settings import Settings

_MOST_READ = 4_000_000  # bytes of sends in one look, a tenth of a second


class ClientWatch:
    """Follows the logs of loads and of sends; each line is read once, and none is kept."""

    def __init__(self, settings: Settings) -> None:
        self._notes = Tail(settings.loads_file, LoadNote.from_json)
        self._sends = Tail(settings.sends_file, Send.from_json)
        self._loads: dict[str, tuple[LoadNote, Plan, LoadClients]] = {}
        self._outcomes = {endpoint: Counter[str]() for endpoint in ENDPOINTS}
        self._is_known, self._is_broken = False, False  # whether all has been read; or can never be
        self._lock = Lock()

    def running(self) -> list[dict[str, object]]:
        """Return the loads that are running, oldest first."""
        with self._lock:
            now = self._look()
            return [
                {
                    "id": note.load,
                    "plan": plan.name,
                    "endpoint": note.endpoint,
                    "documents": plan.count,
                    "seconds": max(0.0, now - note.at),
                    "due": plan.count - len(clients.coming),
                    "waiting": clients.waiting.total() if self._is_known else None,
                }
                for note, plan, clients in self._loads.values()
            ]

    def clients(self) -> Mapping[str, Mapping[str, float | None]]:
        """Return for each endpoint how many clients wait, the longest of them so many seconds.

        Since the folder began, others `gave_up`, were `refused`, or met `errors`. Return nothing if not all
        of the log has been read yet, or if it cannot be read.
        """
        with self._lock:
            now = self._look()
            return {endpoint: self._figures(endpoint, now) for endpoint in ENDPOINTS if self._is_known}

    def _look(self) -> float:
        """Read what is new, and return the present instant."""
        try:
            sends = self._sends.read_new(_MOST_READ)
            notes = self._notes.read_new()  # after the sends: each comes after the note of its load
        except (OSError, UsageError):
            self._is_broken, sends, notes = True, [], []
        self._is_known = not (self._is_broken or self._sends.is_behind)
        ended, now = {note.load for note in notes if not note.plan}, time.time()
        for note in notes:
            if note.plan and note.load not in ended and note.over_at > now:
                self._loads[note.load] = note, note.plan, LoadClients(deque(note.instants))
        for send in sends:
            self._answer(send)
        for note, _, clients in [*self._loads.values()]:
            clients.advance(now)
            if note.load in ended or note.over_at < now:
                del self._loads[note.load]
        return now

    def _answer(self, send: Send) -> None:
        if send.retried:
            return  # its client still waits
        self._outcomes[send.endpoint][outcome(send.status, send.error)] += 1
        any(clients.answer(send.intended_at) for clients in self._clients_of(send.endpoint))

    def _clients_of(self, endpoint: Endpoint) -> list[LoadClients]:
        return [clients for note, _, clients in self._loads.values() if note.endpoint == endpoint]

    def _figures(self, endpoint: Endpoint, now: float) -> dict[str, float | None]:
        loads = [clients.waiting for clients in self._clients_of(endpoint)]
        outcomes = self._outcomes[endpoint]
        known = ("accepted", "cancelled", "timeout")
        refused = sum(count for name, count in outcomes.items() if name.startswith("refused"))
        return {
            "waiting": sum(waiting.total() for waiting in loads),
            "longest": max((now - min(waiting) for waiting in loads if waiting), default=None),
            "gave_up": outcomes["timeout"],
            "refused": refused,
            "errors": outcomes.total() - refused - sum(outcomes[name] for name in known),
        }
