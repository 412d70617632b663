"""The control room: a click becomes an order, an order becomes a action, and the picture follows."""

import gc
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from conftest import eventually
from fake_lab import FakeLab

from pdflab.analysis.run import Send
from pdflab.errors import BrokerUnavailable, UsageError
from pdflab.jobs import Endpoint, JobEvent, JobState
from pdflab.load.plan import burst
from pdflab.load.scenarios import OPERATIONS, Operation
from pdflab.load.send_log import LoadNote
from pdflab.notebook.control_room import ControlRoom
from pdflab.notebook.parts import load as load_part
from pdflab.notebook.parts.part import Part
from pdflab.notebook.parts.texts import LogPart, PreviewPart

MadeRoom = Callable[[FakeLab], ControlRoom]


@pytest.fixture
def lab() -> FakeLab:
    return FakeLab()


@pytest.fixture
def made_room() -> Iterator[MadeRoom]:
    """Make rooms that are closed in the end."""
    rooms = []

    def make(lab: FakeLab) -> ControlRoom:
        rooms.append(ControlRoom(lab, lines=400))  # type: ignore[arg-type]
        return rooms[-1]

    yield make
    for room in rooms:
        room.close()


@pytest.fixture
def room(lab: FakeLab, made_room: MadeRoom) -> ControlRoom:
    return made_room(lab)


@pytest.fixture
def watched(lab: FakeLab, made_room: MadeRoom, monkeypatch: pytest.MonkeyPatch) -> ControlRoom:
    """A room as a reader has it, that paints by itself."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    return made_room(lab)


def text_of(room: ControlRoom, kind: type[Part]) -> str:
    [text] = [part.box.value for part in room.parts if isinstance(part, kind)]
    return str(text)


def send(job_id: str, status: int = 202) -> Send:
    return Send("queued", "invoice", 1.0, 1.0, 1.1, status, job_id, None if status == 202 else "refused")


def test_every_button_starts_its_operation_at_the_chosen_endpoint(lab: FakeLab, room: ControlRoom) -> None:
    """Six buttons, six operations; the endpoint is the one chosen at the click."""
    room.endpoint.value = "synchronous"
    for button in (
        room.buttons["custom"],
        room.buttons["invoice"],
        room.buttons["report"],
        room.buttons["batch"],
        room.buttons["burst"],
    ):
        button.click()
    room.endpoint.value = "queued"
    room.buttons["month-end"].click()
    room.wait()

    names = [name for name, _, _ in lab.operations]
    assert names == ["custom", "invoice", "report", "batch", "burst", "month-end"]
    assert [endpoint for _, endpoint, _ in lab.operations] == ["synchronous"] * 5 + ["queued"]
    assert [p.get("n") for _, _, p in lab.operations] == [None, None, None, 50, 100, None]


def test_an_operation_that_is_added_to_the_table_has_a_button(
    lab: FakeLab, made_room: MadeRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its words are filled with its defaults."""
    toy = Operation(
        "rush", "Rush of {n}", "{n} orders at once", ("n",), lambda n=3, *, seed: burst(n, seed=seed)
    )
    monkeypatch.setitem(OPERATIONS, "rush", toy)
    room = made_room(lab)

    button = room.buttons["rush"]
    button.click()
    room.wait()

    assert (button.description, button.tooltip) == ("Rush of 3", "3 orders at once")
    assert lab.operations == [("rush", "queued", {"n": 3, "lines": 400, "seed": 1})]


def test_both_endpoints_get_the_same_load(lab: FakeLab, room: ControlRoom) -> None:
    """The same seed and size, one click for both: a comparison of endpoints compares nothing else."""
    room.endpoint.value = "both"
    room.buttons["burst"].click()
    room.wait()

    (_, one, ours), (_, other, theirs) = lab.operations
    assert (one, other) == ("queued", "synchronous")
    assert ours == theirs


def test_ten_fast_clicks_are_ten_orders(lab: FakeLab, room: ControlRoom) -> None:
    """None is lost and none is doubled, however slow the first one is."""
    for _ in range(10):
        room.buttons["invoice"].click()
    room.wait()

    assert [name for name, _, _ in lab.operations] == ["invoice"] * 10


def test_a_click_returns_at_once_and_its_button_rests_meanwhile(lab: FakeLab, room: ControlRoom) -> None:
    """The callback only notes an order: it may run on a thread that has to go on."""
    release = Event()
    lab.before = lambda action: release.wait(10)

    room.buttons["burst"].click()

    assert room.buttons["burst"].disabled
    assert "The blue dots" in room.hint.value
    assert not lab.operations
    release.set()
    room.wait()
    assert not room.buttons["burst"].disabled


def test_load_goes_on_while_workers_are_frozen(lab: FakeLab, room: ControlRoom) -> None:
    """A freeze takes its time; what is clicked meanwhile is what one wants to see."""
    release = Event()
    lab.before = lambda action: action == "freeze" and release.wait(10)

    room.buttons["freeze"].click()
    room.buttons["burst"].click()

    eventually(lambda: len(lab.operations) == 1, seconds=5)
    assert not lab.actions
    release.set()
    room.wait()
    assert lab.actions == [("freeze", 1.4, "worker-1", "worker-2")]


def test_a_freeze_is_for_those_who_render_at_the_chosen_endpoint(lab: FakeLab, room: ControlRoom) -> None:
    """Else half of the comparison would stand still, and the other half go on."""
    room.endpoint.value = "synchronous"
    room.buttons["freeze"].click()
    room.wait()
    room.endpoint.value = "both"
    room.buttons["freeze"].click()
    room.wait()

    assert lab.actions[0] == ("freeze", 1.4, "sync-api-1", "sync-api-2")
    assert len(lab.actions[1]) == 2 + 4


def test_each_kill_takes_another_worker(lab: FakeLab, room: ControlRoom) -> None:
    """One worker killed again and again would be no accident of the fleet."""
    for _ in range(3):
        room.buttons["kill"].click()
    room.wait()

    assert lab.actions == [("kill", "worker-1"), ("kill", "worker-2"), ("kill", "worker-1")]
    assert "worker-1 was killed between two jobs: nothing was lost" in room.hint.value


def test_workers_are_scaled_and_changed_in_the_order_of_the_clicks(lab: FakeLab, room: ControlRoom) -> None:
    """A burst that follows a choice meets what was chosen."""
    room.choices["workers"].value = 4
    room.choices["worker"].value = "naive"
    room.buttons["burst"].click()
    room.wait()

    assert lab.actions == [("scale", 4), ("set_worker_type", "naive")]


def test_reset_starts_the_lab_again(lab: FakeLab, room: ControlRoom) -> None:
    """What was clicked before belongs to the old lab, what is clicked after to the new one."""
    room.buttons["burst"].click()
    room.buttons["reset"].click()
    room.buttons["invoice"].click()

    assert room.wait() == "the queue accepted it: no, 0"  # of the burst nothing is said: it is forgotten
    assert lab.actions == [("reset",)]
    assert "a core of its own" in room.hint.value


def test_a_reset_waits_for_the_attack_under_way(lab: FakeLab, room: ControlRoom) -> None:
    """Who is frozen has to wake up before the lab can stop."""
    release = Event()
    lab.before = lambda action: action == "freeze" and release.wait(10)
    room.buttons["freeze"].click()
    room.buttons["reset"].click()
    time.sleep(0.1)
    assert not lab.actions

    release.set()
    room.wait()

    assert [action[0] for action in lab.actions] == ["freeze", "reset"]


def test_threads_can_be_neither_killed_nor_frozen(made_room: MadeRoom) -> None:
    """The buttons are grey, and a click from code says why."""
    room = made_room(lab := FakeLab(mode="threads"))

    assert room.buttons["kill"].disabled
    assert room.buttons["freeze"].disabled
    room.buttons["kill"].click()
    with pytest.raises(UsageError, match="Threads cannot be killed"):
        room.wait()
    room.buttons["reset"].click()
    room.wait()
    assert lab.actions == [("reset",)]
    assert "threads of one process" in room.hint.value
    assert room.buttons["kill"].disabled


def test_a_projector_gets_a_larger_picture(room: ControlRoom) -> None:
    """More pixels, not only larger ones."""
    small = room.picture.value

    room.choices["projector"].value = True
    room.wait()

    assert len(room.picture.value) > len(small)
    assert "pdflab-large" in room.box._dom_classes


def test_a_compact_room_is_smaller_and_comes_back(room: ControlRoom) -> None:
    """What stays is the picture and the controls; a style sheet hides the rest."""
    room.choices["compact"].value = True
    assert "pdflab-compact" in room.box._dom_classes

    room.choices["compact"].value = False
    assert "pdflab-compact" not in room.box._dom_classes


def test_the_lab_is_stopped_and_started_by_its_button(lab: FakeLab, room: ControlRoom) -> None:
    """While it is stopped, nothing else can be pressed, and the room waits."""
    power = room.buttons["power"]
    power.click()
    room.await_tasks(time.monotonic() + 5)
    assert (lab.actions, power.description) == ([("halt",)], "Start the lab")
    pressed = [name for name, button in room.buttons.items() if not button.disabled]
    assert pressed == ["power"]

    power.click()
    room.wait()

    assert (lab.actions, power.description) == ([("halt",), ("start",)], "Stop the lab")
    assert not room.buttons["burst"].disabled
    assert "a core of its own" in room.hint.value


def test_the_preview_of_a_lab_that_starts_again_has_its_present_link(
    lab: FakeLab, room: ControlRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program may have taken the port meanwhile."""
    renewed: list[PreviewPart] = []
    monkeypatch.setattr(PreviewPart, "begin", lambda part: renewed.append(part))
    lab.before = lambda action: renewed.clear()

    for _ in range(2):
        room.buttons["power"].click()
        room.await_tasks(time.monotonic() + 5)

    assert renewed == [part for part in room.parts if isinstance(part, PreviewPart)]


def test_a_lab_that_starts_without_its_jobs_begins_a_new_history(lab: FakeLab, room: ControlRoom) -> None:
    """Its Redis was lost meanwhile; what follows is seen from its first event on."""
    lab.reported = [JobEvent(f"old {n}", JobState.QUEUED, time.time(), "custom", n) for n in (1, 2)]
    room.wait()
    room.buttons["power"].click()
    room.await_tasks(time.monotonic() + 5)
    lab.before = lambda action: lab.reported.clear()
    room.buttons["power"].click()
    room.await_tasks(time.monotonic() + 5)

    lab.reported = [JobEvent("new", JobState.QUEUED, time.time(), "custom", 1)]
    look = room._looker.look(lab)  # type: ignore[arg-type]

    assert look.scene[Endpoint.QUEUED].queued == 1


def test_nobody_looks_at_a_lab_that_stops_or_starts(lab: FakeLab, room: ControlRoom) -> None:
    """Half of its parts are gone then: the room's own thread waits, and every control is off."""
    seen: list[tuple[str, bool, bool]] = []

    def try_to_look() -> bool:
        free = room.poller.lock.acquire(blocking=False)
        if free:
            room.poller.lock.release()
        return free

    def note(action: str) -> None:
        with ThreadPoolExecutor(1) as other:
            free = other.submit(try_to_look).result()
        seen.append((action, free, all(button.disabled for button in room.buttons.values())))

    lab.before = note
    for _ in range(2):
        room.buttons["power"].click()
        room.await_tasks(time.monotonic() + 5)

    assert seen == [("halt", False, True), ("start", False, True)]


def test_a_load_is_stopped_and_a_steady_one_changed_while_it_runs(lab: FakeLab, room: ControlRoom) -> None:
    """Another rate replaces the running load; none stops it."""
    room.choices["steady"].value = 5
    room.choices["steady"].value = 20
    room.buttons["stop"].click()
    room.wait()

    assert lab.actions[:4] == [
        ("stop_loads",),
        ("send", "5 a second for 600 s", "queued"),
        ("stop_loads",),
        ("send", "20 a second for 600 s", "queued"),
    ]
    assert set(lab.actions[4:]) == {("stop_loads",)}
    assert room.choices["steady"].value == 0


def test_it_says_what_is_being_sent_and_how_much_is_left(lab: FakeLab, room: ControlRoom) -> None:
    """From the planned instants, before anybody is answered; and that it is over."""
    now, plan = time.time(), burst(10, seconds=60.0)
    lab.noted.append(LoadNote("a", Endpoint.SYNCHRONOUS, now, plan, timeout=30.0))

    room.poller.refresh()

    due = sum(arrival.at <= 0.5 for arrival in plan.arrivals())
    assert f"Sending a burst of 10 in 60 s: {10 - due} to come" in room.load.progress.value
    lab.noted.append(LoadNote("a", Endpoint.SYNCHRONOUS, now + 1))
    room.poller.refresh()
    time.sleep(0.01)  # its last answers may be read once more
    room.poller.refresh()
    assert room.load.progress.value == "<div></div>"


def test_threads_ask_for_less(made_room: MadeRoom) -> None:
    """They share one core with the notebook, and clients must not give up because of that."""
    room = made_room(FakeLab(mode="threads"))

    assert room.buttons["burst"].description == "Burst of 40"
    assert room.buttons["batch"].description == "Batch of 20"


def test_a_burst_fits_the_machine(lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower a document is rendered here, the fewer lines it has."""
    taken = iter([0.05, 1.0, 100.0])
    monkeypatch.setattr(load_part, "seconds_to_render", lambda lines: next(taken))

    assert [load_part.fitting_lines(lab) for _ in range(3)] == [400, 48, 20]  # type: ignore[arg-type]


def test_wait_gives_up_on_an_order_that_does_not_end(lab: FakeLab, room: ControlRoom) -> None:
    """An unattended notebook ends with a sentence, not with a hang."""
    release = Event()
    lab.before = lambda action: release.wait(10)
    room.buttons["burst"].click()

    with pytest.raises(TimeoutError, match="1 tasks are not done"):
        room.wait(timeout=0.05)
    release.set()


def test_what_goes_wrong_is_shown_escaped_and_raised_by_wait(lab: FakeLab, room: ControlRoom) -> None:
    """A callback's exception would be seen by nobody."""

    def refuse(action: str) -> None:
        raise UsageError("no <room> & no Redis")

    lab.before = refuse
    room.buttons["burst"].click()
    eventually(lambda: "no &lt;room&gt; &amp; no Redis" in room.status.value, seconds=5)

    with pytest.raises(UsageError, match="no <room>"):
        room.wait()
    lab.before = lambda action: None
    room.buttons["burst"].click()
    room.wait()
    assert "&lt;room&gt;" not in room.status.value


def test_the_labs_own_words_are_shown_until_the_room_is_closed(room: ControlRoom) -> None:
    """They would be written into whatever cell is running."""
    log = logging.getLogger("pdflab.lab.processes")

    log.warning("%s was killed (SIGKILL); a new one starts.", "worker-1")
    assert "worker-1 was killed (SIGKILL)" in room.status.value

    room.close()
    log.warning("worker-2 ended")
    assert "worker-2" not in room.status.value


def test_the_verdict_is_about_what_was_clicked_since_the_last_wait(lab: FakeLab, room: ControlRoom) -> None:
    """A line that a notebook can compare: yes, or no with the number."""
    lab.asked.append(send("earlier"))
    room.buttons["burst"].click()
    eventually(lambda: bool(lab.operations), seconds=5)
    lab.asked += [send(str(i)) for i in range(3)]

    assert room.wait() == "the queue accepted all 3: yes"
    assert room.wait() == "nothing was asked for"
    room.buttons["burst"].click()
    eventually(lambda: len(lab.operations) == 2, seconds=5)
    lab.asked += [*(send(str(i)) for i in range(3)), send("4", status=429)]
    assert room.wait() == "the queue accepted all 4: no, 3"


def test_a_run_begins_with_the_latest_load_at_its_endpoint(lab: FakeLab, room: ControlRoom) -> None:
    """A comparison is of two loads, not of all that was clicked since breakfast; a single PDF is no load."""
    lab.asked.append(send("earlier"))
    lab.reported.append(JobEvent("earlier", JobState.QUEUED, 0.05, "invoice", number=1))
    room.buttons["burst"].click()
    room.wait()
    lab.asked.append(send("now"))
    lab.reported.append(JobEvent("now", JobState.QUEUED, 1.05, "invoice", number=2))
    room.buttons["invoice"].click()
    room.wait()

    run = room.run("queued")

    assert [send.job_id for send in run.sends] == [event.job_id for event in run.events] == ["now"]
    assert not room.run("synchronous").sends


def test_it_paints_while_there_is_news_and_rests_when_there_is_none(
    lab: FakeLab, watched: ControlRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quiet lab costs no picture; an event brings the picture back."""
    monkeypatch.setattr("pdflab.notebook.poller._QUIET_AFTER", 0.0)
    looks, quiet = lab.looks, watched.picture.value
    eventually(lambda: lab.looks > looks + 2, seconds=5)
    assert watched.picture.value is quiet

    monkeypatch.setattr("pdflab.notebook.poller._QUIET_AFTER", 60.0)
    lab.reported.append(JobEvent("a", JobState.QUEUED, time.time(), "invoice", number=1))

    eventually(lambda: watched.picture.value != quiet, seconds=5)


def test_unwatched_it_paints_only_when_one_waits(lab: FakeLab, room: ControlRoom) -> None:
    """Under nbval nobody sees the frames between, and their messages would drown the answer."""
    first, looks = room.picture.value, lab.looks
    lab.reported.append(JobEvent("a", JobState.QUEUED, time.time(), "invoice", number=1))
    eventually(lambda: lab.looks > looks + 2, seconds=5)
    assert room.picture.value is first

    room.wait()

    assert room.picture.value != first


def test_a_file_that_is_no_pdf_breaks_nothing(lab: FakeLab, room: ControlRoom) -> None:
    """The newest page is not shown, and all the rest is."""
    lab.reported.append(JobEvent("a", JobState.COMPLETED, time.time(), "invoice", number=1))

    room.wait()

    assert text_of(room, PreviewPart) == ""
    assert "COMPLETED" in text_of(room, LogPart)


def test_a_redis_that_is_away_is_reported_and_comes_back(lab: FakeLab, watched: ControlRoom) -> None:
    """The lessons kill Redis on purpose; the room survives that."""
    lab.trouble = BrokerUnavailable("Redis does not answer.")
    eventually(lambda: "Redis does not answer" in watched.status.value, seconds=5)

    lab.trouble = None

    eventually(lambda: "Redis does not answer" not in watched.status.value, seconds=5)
    watched.wait()


def test_a_lab_that_stops_ends_the_room(lab: FakeLab, room: ControlRoom) -> None:
    """No thread is left, nothing can be pressed, and a late click says so."""
    lab.trouble = UsageError("The lab is not running.")
    eventually(lambda: "The lab has stopped" in room.status.value, seconds=5)

    assert room.buttons["burst"].disabled
    room.buttons["burst"].click()
    assert room.buttons["burst"].disabled
    with pytest.raises(UsageError, match="make a new one"):
        room.wait()


def test_a_lab_that_is_forgotten_ends_the_room(made_room: MadeRoom) -> None:
    """The cell that made the lab is run again: nothing of the room's may keep the old one going."""
    lab = FakeLab()
    room, gone = made_room(lab), weakref.ref(lab)
    room.buttons["burst"].click()
    room.wait()

    del lab
    gc.collect()

    eventually(lambda: "The lab has stopped" in room.status.value, seconds=5)
    assert gone() is None


def test_a_picture_that_breaks_is_reported_and_raised(lab: FakeLab, room: ControlRoom) -> None:
    """A thread that dies in silence would leave a picture that looks like a quiet system."""
    lab.trouble = ZeroDivisionError("a <bug>")
    eventually(lambda: "The picture broke: a &lt;bug&gt;" in room.status.value, seconds=5)

    with pytest.raises(ZeroDivisionError):
        room.wait()


def test_closing_twice_is_closing_once(room: ControlRoom) -> None:
    """A reader may run a cell again."""
    room.close()
    room.close()

    assert "closed" in room.status.value


def test_a_second_room_of_the_same_lab_closes_the_first(
    lab: FakeLab, room: ControlRoom, made_room: MadeRoom
) -> None:
    """A cell that is run again leaves one poller, not two."""
    made_room(lab)

    assert room.buttons["burst"].disabled
    assert [t.name for t in threading.enumerate()].count("control room poller") == 1


def test_rooms_of_two_labs_leave_each_other_alone(room: ControlRoom, made_room: MadeRoom) -> None:
    """Two labs are two rooms."""
    other = made_room(another := FakeLab())

    other.buttons["burst"].click()
    other.wait()

    assert not room.buttons["burst"].disabled
    assert len(another.operations) == 1


def test_every_control_is_obeyed_while_a_cell_runs(room: ControlRoom) -> None:
    """ipykernel 7.4 would send a click to the thread of the cell: see controls.respond_at_once."""
    controls = [*room.buttons.values(), *room.choices.values()]

    assert len(controls) == 6 + 1 + 2 + 2 + 1 + 1 + 2 + 2
    assert all(control.comm._reply_subshell_for is None for control in controls)


def test_its_text_is_stable_and_short(room: ControlRoom) -> None:
    """nbval compares it, and a code host shows it instead of the widgets."""
    bundle = room._repr_mimebundle_()

    assert bundle["text/plain"] == (
        "The control room of FakeLab(): run the notebook to see and press its buttons."
    )
    assert "application/vnd.jupyter.widget-view+json" in bundle
