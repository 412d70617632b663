"""The class's twenty minutes: seven acts, and the buttons of the teacher. Both are literal tables.

Read next: pdflab/classroom/questions.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pdflab.classroom.questions import Question
from pdflab.jobs import Endpoint


@dataclass(frozen=True, slots=True)
class Act:
    """A scene of the lesson: what the teacher says, what is set when it begins, and a question if it has one.

    The buttons of the phones sleep until the teacher presses Go; `has_go` says whether there is one.
    """

    name: str
    title: str
    minutes: int
    say: str
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    question: Question | None = None
    has_go: bool = True


@dataclass(frozen=True, slots=True)
class Control:
    """A button of the teacher, or a choice among `values`; a harmful one looks harmful."""

    name: str
    label: str
    values: Sequence[Any] = ()
    group: str = "lesson"
    is_harmful: bool = False
    tip: str = ""


_PLAIN: dict[str, Any] = {"worker_type": "reliable", "limit": 0, "retries": False}

ACTS: Sequence[Act] = (
    Act(
        "predict",
        "Predict",
        3,
        "In a minute, all of us ask for a PDF at the same moment, and wait for it as for a web page. "
        "Guess: how long does the middle one of us wait?",
        _PLAIN | {"endpoint": Endpoint.SYNCHRONOUS},
        Question(
            "All of us press at the same moment. After how many seconds does the middle one have a PDF?",
            unit="s",
            measured_by="synchronous",
        ),
        has_go=False,
    ),
    Act(
        "synchronous",
        "Wait for the answer",
        3,
        "The server renders while your phone waits. Press once, as soon as the button wakes, and wait.",
        _PLAIN | {"endpoint": Endpoint.SYNCHRONOUS},
    ),
    Act(
        "queued",
        "Take a number",
        3,
        "The same machine, the same documents. Now the answer is 202 at once; your job is in a queue.",
        _PLAIN | {"endpoint": Endpoint.QUEUED},
        Question(
            "What did the queue buy us?",
            ("The PDFs were made faster.", "The answer came sooner, the PDFs did not.", "Nothing."),
            right="B",
            why="The same processes rendered the same documents. Only the answers came sooner.",
        ),
    ),
    Act(
        "storm",
        "The reload storm",
        3,
        "Wait for the answer again. But do what people do: reload the page when you lose patience.",
        _PLAIN | {"endpoint": Endpoint.SYNCHRONOUS},
        Question(
            "Many PDFs were rendered. Who got them?",
            ("Those who asked first.", "Those who reloaded most.", "Often nobody: the phone had gone."),
            right="C",
            why="The server does not see that a phone has gone. Others wait while it renders for nobody.",
        ),
    ),
    Act(
        "limit",
        "At most twenty",
        3,
        "The queue takes twenty jobs and refuses the rest at once. Those who are refused may press again.",
        _PLAIN | {"endpoint": Endpoint.QUEUED, "limit": 20},
        Question(
            "Is it better to be refused at once?",
            (
                "No: a service must take all.",
                "Yes: I know at once, and can come again later.",
                "It makes no difference.",
            ),
            right="B",
            why="Nobody waited long in the queue, and the refused could come again. It is a trade.",
        ),
    ),
    Act(
        "kill",
        "A worker dies",
        2,
        "All press. Then I kill a worker. Whose phone stops? A worker's claim on a job is a lease: "
        "it renews it all the time, or another one gets the job.",
        _PLAIN | {"endpoint": Endpoint.QUEUED},
    ),
    Act(
        "naive",
        "A naive worker dies",
        3,
        "The same again. These workers are as tutorials write them: take the job, render, done. No lease.",
        _PLAIN | {"endpoint": Endpoint.QUEUED, "worker_type": "naive"},
        Question(
            "A worker is killed while it renders your PDF. What happens to your job?",
            (
                "Redis keeps it; nothing is to do.",
                "It is gone, whatever the workers are.",
                "Another worker takes it when its lease is over, if the workers have leases.",
            ),
            right="C",
            why="Redis forgets what it hands out; only a lease brings it back.",
        ),
    ),
)

CONTROLS: Sequence[Control] = (
    Control("act", "Next act", tuple(act.name for act in ACTS)),
    Control("go", "Go!", tip="3, 2, 1: the buttons of all phones wake"),
    Control("close", "Close the buttons", tip="no phone can press"),
    Control("ask", "Ask the question", tip="the phones show the question of this act; again: vote again"),
    Control("show", "Show the result", tip="on the projector and on the phones"),
    Control("names", "Names on the projector", (True, False)),
    Control("endpoint", "Endpoint", tuple(Endpoint), group="service"),
    Control(
        "work", "A document takes", (0.1, 0.25, 0.5), group="service", tip="seconds, if this machine can"
    ),
    Control("workers", "Workers", (1, 2, 3, 4, 6, 8), group="service"),
    Control("worker_type", "Type of workers", ("reliable", "naive"), group="service"),
    Control("limit", "Limit of the queue", (0, 5, 10, 20, 50), group="service", tip="0 is the usual 10,000"),
    Control("retries", "Phones try again by themselves", (False, True), group="service"),
    Control("kill", "Kill a worker", group="harm", is_harmful=True, tip="SIGKILL"),
    Control("freeze", "Freeze the workers for 5 s", group="harm", is_harmful=True),
    Control("code", "New room code", group="harm", is_harmful=True, tip="who is not connected joins anew"),
    Control(
        "reset", "Begin again", group="harm", is_harmful=True, tip="forgets presses and answers; phones stay"
    ),
    Control("end", "End the class", group="harm", is_harmful=True, tip="forgets names and answers"),
)
