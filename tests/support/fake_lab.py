"""What a control room asks of a lab, without a system behind it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from pdflab.analysis.run import Send
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint, JobEvent
from pdflab.load.plan import Plan
from pdflab.load.send_log import LoadNote
from pdflab.service.jobqueue.base import WorkerStatus


class FakeLab:
    """Notes what it is asked to do; `reported` and `asked` are what it shows, `trouble` what it raises."""

    redis, url = "no Redis", "http://127.0.0.1:1"
    worker = "reliable"

    def __init__(self, mode: str = "processes") -> None:
        self.mode = mode
        self.settings = SimpleNamespace(workers=2, lease=10.0)
        self.operations: list[tuple[str, str, dict[str, Any]]] = []
        self.actions: list[tuple[Any, ...]] = []
        self.looks = 0
        self.reported: list[JobEvent] = []
        self.asked: list[Send] = []
        self.living: list[str] = []
        self.noted: list[LoadNote] = []
        self.is_halted = False
        self.names = ["recorder", "api", "worker-1", "worker-2", "sync-api-1", "sync-api-2"]
        self.trouble: Exception | None = None
        self.before: Callable[[str], object] = lambda action: None

    def link(self, path: str = "/") -> str:
        return f"{self.url}{path}?token=secret"

    def __repr__(self) -> str:
        return "FakeLab()"

    def operate(self, name: str, *, endpoint: str, **parameters: Any) -> None:
        self.before("operate")
        self.operations.append((name, endpoint, parameters))

    def scale(self, workers: int) -> None:
        self._note("scale", workers)

    def set_worker_type(self, worker: str) -> None:
        self._note("set_worker_type", worker)

    def kill(self, name: str) -> None:
        if self.mode == "threads":
            raise UsageError("Threads cannot be killed.")
        self._note("kill", name)

    def freeze(self, seconds: float, *names: str) -> None:
        self._note("freeze", seconds, *names)

    def reset(self) -> None:
        self._note("reset")
        self.reported, self.asked = [], []

    def halt(self) -> None:
        self._note("halt")
        self.is_halted = True

    def start(self) -> None:
        self._note("start")
        self.is_halted = False

    def stop_loads(self) -> None:
        self._note("stop_loads")

    def send(self, plan: Plan, at: str) -> None:
        self._note("send", plan.name, at)

    def target(self, endpoint: str) -> str:
        return str(endpoint)

    def loads(self) -> list[LoadNote]:
        return list(self.noted)

    def pids(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names, 9_000_001) if name}

    def frozen(self) -> frozenset[str]:
        return frozenset()

    def process_names(self) -> list[str]:
        return self.names

    def wait(self, timeout: float) -> None: ...

    def stats(self) -> Any:
        numbers = dict.fromkeys(("queued", "processing", "completed", "failed", "queue_depth"), 0)
        return SimpleNamespace(**numbers, workers=2, oldest_age=0.0)

    def workers(self) -> list[WorkerStatus]:
        self.looks += 1
        if self.trouble:
            raise self.trouble
        return [WorkerStatus(worker, 0.0) for worker in self.living]

    def events(self, endpoint: Endpoint = Endpoint.QUEUED) -> list[JobEvent]:
        return list(self.reported) if endpoint == Endpoint.QUEUED else []

    def sends(self) -> list[Send]:
        return list(self.asked)

    def pdf(self, job_id: str) -> bytes:
        return b"not a PDF"

    def _note(self, *action: Any) -> None:
        self.before(action[0])
        self.actions.append(action)
