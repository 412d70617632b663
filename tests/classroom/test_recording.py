"""A recorded class shows what the live one showed, at every instant; and it has no names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdflab.analysis.run import Send
from pdflab.classroom.press import LEFT, REFUSED, TIMED_OUT, Press
from pdflab.classroom.recording import Recording, Replay, prepare_folder, record_class
from pdflab.classroom.script import ACTS
from pdflab.classroom.state import COUNTDOWN, ClassState, Options
from pdflab.errors import UsageError
from pdflab.jobs import Endpoint, JobEvent, JobState

BEGAN, LENGTH = 1_700_000_000.0, 100
QUEUED, PROCESSING, COMPLETED, FAILED = JobState
LIVES = (  # of a queued job
    (),
    (QUEUED,),
    (QUEUED, PROCESSING),
    (QUEUED, PROCESSING, COMPLETED),
    (QUEUED, PROCESSING, QUEUED, PROCESSING, COMPLETED),
    (QUEUED, FAILED),
    (QUEUED, PROCESSING, FAILED),
)


@dataclass
class MadeUp:
    """A class as a table of instants: what happens in each second, and what was noted of it."""

    presses: list[Press] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    joined: list[float] = field(default_factory=list)


def instants(count: int) -> st.SearchStrategy[list[float]]:
    ticks = st.lists(st.integers(1, LENGTH * 4 - 1), min_size=count, max_size=count)
    return ticks.map(lambda some: [BEGAN + tick / 4 for tick in sorted(some)])


@st.composite
def presses(draw: st.DrawFn, number: int) -> Press:
    """One press, at an instant of its own, and all that became of it."""
    endpoint = draw(st.sampled_from(Endpoint))
    is_queued = endpoint == Endpoint.QUEUED
    life = draw(st.sampled_from(LIVES if is_queued else ((), (PROCESSING,), (PROCESSING, COMPLETED))))
    at, answered_at, *event_times = draw(instants(len(life) + 2))
    at += number * 1e-4
    errors = (None, REFUSED, "connection", TIMED_OUT) if is_queued else (None, LEFT, TIMED_OUT, "connection")
    error = draw(st.sampled_from(errors))
    press = Press(f"1-{number}", number % 3, endpoint, at, f"{number:032x}")
    press.answered_at = max(at, answered_at)
    press.status, press.error = (0 if error else 202 if is_queued else 200), error
    if is_queued and error:
        press.job_id, life = None, ()
    if is_queued and draw(st.booleans()):
        event_times = [at, *event_times[1:]] if event_times else []  # the job overtakes its answer
    worker = "worker-1@host:7:abc"
    press.events += [
        JobEvent(press.job_id or "", state, max(when, at), "report", number=1 + step, worker=worker)
        for step, (state, when) in enumerate(zip(life, event_times, strict=False))
    ]
    return press


@st.composite
def classes(draw: st.DrawFn) -> MadeUp:
    """An hour: some presses, and some changes between them."""
    count = draw(st.integers(0, 8))
    controls = st.one_of(
        st.tuples(st.just("act"), st.sampled_from([act.name for act in ACTS])),
        st.tuples(st.sampled_from(["reset", "go", "close", "kill", "freeze", "ask", "show"]), st.none()),
        st.tuples(st.just("workers"), st.sampled_from([1, 2, 4])),
        st.tuples(st.just("work"), st.sampled_from([0.1, 1.0])),
    )
    pressed = draw(st.lists(controls, max_size=6))
    at = draw(instants(len(pressed)))
    changes = [
        {"at": when + 0.05, "control": name, "value": value}
        for when, (name, value) in zip(at, pressed, strict=True)
    ]
    return MadeUp([draw(presses(number)) for number in range(count)], changes, draw(instants(2)))


class Live(ClassState):
    """The class as it went, from what happens at each instant."""

    def __init__(self, made_up: MadeUp) -> None:
        self.now = BEGAN
        super().__init__(Options(patience=5.0), lambda: self.now)
        self._coming = [
            *((press.at, 0, press) for press in made_up.presses),
            *((change["at"], 1, change) for change in made_up.changes),
            *((at, 2, None) for at in made_up.joined),
        ]
        self._coming.sort(key=lambda one: one[:2])

    def until(self, now: float) -> None:
        while self._coming and self._coming[0][0] <= now:
            self.now, _, what = self._coming.pop(0)
            match what:
                case Press():
                    self.note_press(what)
                case None:
                    self.students.join(self.students.code, "Łukasz", now=self.now).joined_at = self.now
                case change:
                    self._change(change["control"], change["value"])
        self.now = now

    def _change(self, name: str, value: Any) -> None:
        match name:
            case "act":
                act = next(act for act in ACTS if act.name == value)
                self.begin_act(act)
                self.stage.endpoint = act.settings["endpoint"]
            case "reset":
                self.begin_again()
            case "go" | "close":
                self.stage.opens_at = self.now + COUNTDOWN if name == "go" else None
            case "ask" if self.stage.act.question:
                self.ask()
            case "show" if self.poll:
                self.poll.is_shown = True
            case "workers":
                self.workers = value
            case "work":
                self.stage.work = value


def lab_of(made_up: MadeUp, further: Sequence[Send] = ()) -> Any:
    """Stand in for a lab that has written down its requests and events."""
    sends = [
        Send(p.endpoint, "report", p.at, p.at, p.answered_at, p.status, p.job_id, p.error, p.student)
        for p in made_up.presses
    ]
    events: Mapping[Endpoint, list[JobEvent]] = {
        endpoint: sorted(
            (event for press in made_up.presses if press.endpoint == endpoint for event in press.events),
            key=lambda event: event.at,
        )
        for endpoint in Endpoint
    }
    return SimpleNamespace(
        sends=lambda: [*sends, *further], events=events.__getitem__, settings=SimpleNamespace(workers=2)
    )


def recorded(made_up: MadeUp, folder: Path) -> Recording:
    """Let the whole class happen, save it, and load it."""
    live = Live(made_up)
    live.until(BEGAN + LENGTH)
    record_class(lab_of(made_up), live, made_up.changes).save(folder)
    return Recording.load(folder)


def seen(state: ClassState) -> dict[str, Any]:
    """What the projector shows of the presses, whatever their keys."""
    now = state.clock()
    presses = sorted(state.presses.values(), key=lambda press: press.at)
    return {
        "states": [press.state(now) for press in presses],
        "seconds": [press.seconds(now) for press in presses],
        "nobody": [press.is_for_nobody(now) for press in presses],
        "figures": state.figures(),
        "measured": state.stage.measured,
        "stage": (state.stage.act.name, state.stage.endpoint, state.stage.opens_at, state.stage.work),
        "poll": state.poll and (state.poll.number, state.poll.round, state.poll.is_shown),
        "phones": len(state.students.all()),
        "open": (state.is_open, state.workers),
    }


@given(classes(), st.lists(st.integers(0, LENGTH * 8), min_size=1, max_size=8).map(sorted))
@settings(deadline=None, max_examples=150)
def test_a_replay_shows_the_class_at_every_instant(
    tmp_path_factory: pytest.TempPathFactory, made_up: MadeUp, looks: list[int]
) -> None:
    """Whatever was pressed and changed, and whenever somebody looks."""
    recording = recorded(made_up, tmp_path_factory.mktemp("class"))
    live, now = Live(made_up), BEGAN
    replay = Replay(recording, clock=lambda: now)

    for look in looks:
        now = BEGAN + look / 8
        live.until(now)
        replay.look()
        assert seen(replay) == seen(live)


@given(classes())
@settings(deadline=None, max_examples=60)
def test_the_run_of_an_act_has_what_was_pressed_in_it(
    tmp_path_factory: pytest.TempPathFactory, made_up: MadeUp
) -> None:
    """Of the last time that it was played; to begin it again is another time."""
    recording = recorded(made_up, tmp_path_factory.mktemp("class"))
    played: dict[str, list[list[Press]]] = {}
    live = Live(made_up)
    moments = [*(change["at"] for change in made_up.changes if change["control"] in ("act", "reset"))]
    for moment in [*moments, BEGAN + LENGTH]:
        live.until(moment - 0.001)
        played.setdefault(live.stage.act.name, []).append([*live.presses.values()])

    for act, times in played.items():
        if last := next((these for these in reversed(times) if these), None):
            first = min(last, key=lambda press: press.at).endpoint
            expected = sorted(press.at for press in last if press.endpoint == first)
            run = recording.run(act)
            assert (run.endpoint, sorted(run.sends.intended_at)) == (first, expected)
            jobs = {press.job_id for press in last if press.endpoint == first}
            assert {event.job_id for event in run.events} <= jobs


def test_an_act_that_nobody_played_has_no_run(tmp_path: Path) -> None:
    """Also of a class in which the teacher pressed nothing."""
    recording = recorded(MadeUp(), tmp_path)

    for act in ("predict", "queued", "nonsense"):
        with pytest.raises(UsageError, match=f"Nobody pressed in the act '{act}'"):
            recording.run(act)


def test_the_run_of_an_act_is_its_last_round(tmp_path: Path) -> None:
    """A second Go has presses of its own, and a replay shows them alone."""
    changes = [
        {"at": BEGAN + 1, "control": "act", "value": "queued"},
        {"at": BEGAN + 5, "control": "round", "value": None},
    ]
    presses = [
        Press(f"1-{at}", 1, Endpoint.QUEUED, BEGAN + at, str(at) * 32, BEGAN + at, 202) for at in (2, 6)
    ]
    recording = recorded(MadeUp(presses, changes, []), tmp_path)

    assert recording.run("queued").sends.intended_at.tolist() == [BEGAN + 6]
    replay = Replay(recording, clock=lambda: BEGAN + 7)
    replay.look()
    assert [press.at for press in replay.presses.values()] == [BEGAN + 6]


def test_no_name_is_in_any_saved_file(tmp_path: Path) -> None:
    """Nor a cookie, nor the room code: who may see the class may keep it."""
    press = Press("7-key", 7, Endpoint.QUEUED, BEGAN + 1, "a" * 32, BEGAN + 2, 202)
    made_up = MadeUp([press], [{"at": BEGAN + 3, "control": "ask", "value": None}], [BEGAN])
    live = Live(made_up)
    live.until(BEGAN + 5)
    live.poll.answer(1, 7.5)  # type: ignore[union-attr]
    record_class(lab_of(made_up), live, made_up.changes).save(tmp_path)

    text = "".join(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())
    [student] = live.students.all()
    assert student.name == "Łukasz"
    assert [
        word for word in (student.name, "ukasz", student.cookie, live.students.code) if word in text
    ] == []
    assert '"joined": [' in text
    assert "7.5" in text


def test_what_others_sent_to_the_lab_is_not_recorded(tmp_path: Path) -> None:
    """A burst of the control room, during the class, is none of its presses."""
    live = Live(made_up := MadeUp())
    burst = [Send(Endpoint.QUEUED, "report", BEGAN + 1, BEGAN + 1, BEGAN + 2, 202, "b" * 32)]

    assert len(record_class(lab_of(made_up, burst), live, ()).runs[Endpoint.QUEUED].sends) == 0


def test_a_replay_shows_the_answers_of_each_round(tmp_path: Path) -> None:
    """As bars of votes; a class votes again after a discussion."""
    ask = [{"at": BEGAN + at, "control": "ask", "value": None} for at in (2, 4)]
    act = [{"at": BEGAN + 1, "control": "act", "value": "queued"}]
    live = Live(made_up := MadeUp([], act + ask))
    live.until(BEGAN + 3)
    live.poll.answer(1, "A")  # type: ignore[union-attr]
    live.until(BEGAN + 5)
    live.poll.answer(1, "B")  # type: ignore[union-attr]
    live.poll.answer(2, "B")  # type: ignore[union-attr]
    recording = record_class(lab_of(made_up), live, made_up.changes)
    instants = iter((BEGAN + 3, BEGAN + 5))
    replay = Replay(recording, clock=lambda: next(instants))

    replay.look()
    assert replay.poll.counts() == {"A": 1, "B": 0, "C": 0}  # type: ignore[union-attr]
    replay.look()
    assert replay.poll.counts() == {"A": 0, "B": 2, "C": 0}  # type: ignore[union-attr]


def test_a_replay_asks_as_the_class_was_asked(tmp_path: Path) -> None:
    """After a reset the same question is a new one; an act without a question has none to ask."""
    pressed = [("act", "synchronous"), ("ask", None), ("act", "queued"), ("ask", None), ("reset", None)]
    pressed += [("ask", None), ("ask", None)]
    changes = [
        {"at": BEGAN + at, "control": name, "value": value}
        for at, (name, value) in enumerate(pressed, start=1)
    ]
    recording = recorded(MadeUp([], changes), tmp_path)
    live, replay = Live(MadeUp([], changes)), Replay(recording, clock=lambda: BEGAN + 50)
    live.until(BEGAN + 50)

    replay.look()
    assert seen(replay) == seen(live)
    assert replay.poll is not None
    assert (replay.poll.number, replay.poll.round) == (2, 2)


def test_a_replay_is_over_after_the_end(tmp_path: Path) -> None:
    """Not before."""
    recording = recorded(MadeUp(), tmp_path)
    now = recording.ended_at
    replay = Replay(recording, clock=lambda: now)

    replay.look()
    assert not replay.is_over
    now += 0.1
    replay.look()
    assert replay.is_over


@pytest.mark.parametrize(
    "text", ["", "x", "[]", "{}", '{"runs": ["queued"]}', '{"runs": [], "changes": [5]}']
)
def test_a_folder_without_a_class_is_named(tmp_path: Path, text: str) -> None:
    """In one sentence, whatever is in it."""
    if text:
        (tmp_path / "class.json").write_text(text)
        (tmp_path / "queued.json").write_text("[]")

    with pytest.raises(UsageError, match="has no class that pdflab saved"):
        Recording.load(tmp_path)


def test_a_saved_class_is_not_overwritten_by_the_next(tmp_path: Path) -> None:
    """The same command a week later asks for another folder, before the class begins."""
    prepare_folder(tmp_path / "new" / "one")
    recorded(MadeUp(), tmp_path / "new" / "one")

    with pytest.raises(UsageError, match="has a class already; name another folder"):
        prepare_folder(tmp_path / "new" / "one")
