"""The questions of each notebook: one table a notebook, with a hint for every likely wrong answer.

Read next: pdflab/notebook/lessons/lesson.py, which asks them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pdflab.notebook.lessons.lesson import Question


def _table(**questions: Question) -> Mapping[str, Question]:
    return MappingProxyType(questions)


START_HERE = _table(
    q1=Question(
        text="""A hundred clients come within one second. What has the queue changed for them?
a) their PDFs are made faster
b) they hear at once that their PDF will be made, and need not hold the line
c) nobody waits any more""",
        right="b",
        why="The answer no longer waits for the work. The PDF does, and takes its turn in a line that is "
        "written down.",
        hints={
            "a": "Look at the left-hand chart: does one curve climb faster than the other?",
            "c": "Look at the chart in the middle: what does its line count?",
        },
    ),
    q2=Question(
        text="""Every evening the line grows, and it is empty by midnight. What does its depth tell you?
a) that jobs are being lost
b) that the queue is too slow, and wants a faster Redis
c) that for some hours more is asked for than the workers can render""",
        right="c",
        why="A line that drains was long, not lost. Whether that is a fault depends on how long a client may "
        "wait for the PDF: more workers shorten the evening.",
        hints={
            "a": "A job that is lost leaves the line as well. Could the line then be empty by PDFs alone?",
            "b": "How long did an answer take at the queued endpoint, with a hundred in the line?",
        },
    ),
)

WHEN_THINGS_FAIL = _table(
    q1=Question(
        text="""A naive worker is killed while it renders. Where is its job now?
a) at the front of the list: BRPOP puts it back when the connection closes
b) in the memory of the dead process, and nowhere that anybody looks
c) in the dead letters, where an operator will find it""",
        right="b",
        why="BRPOP has taken the id off the list, and the record says PROCESSING, for ever: nobody asks "
        "whether the worker that it names is alive.",
        hints={
            "a": "Redis has answered BRPOP before the work begins. Does it learn what became of the answer?",
            "c": "Somebody has to write the job down there. Who is left that knows of it?",
        },
    ),
    q2=Question(
        text="""A worker slept for two leases and wakes up. It finishes its PDF and reports it.
What keeps the job from ending twice?
a) the worker looks at the clock and sees that it is late
b) the other worker has locked the file
c) its token is no longer the one in the record""",
        right="c",
        why="Each claim writes a fresh token into the record, and to complete is to show it. No clock is "
        "asked: the sleeper cannot know how long it slept, and need not.",
        hints={
            "a": "Between its look at the clock and its report it may be frozen once more. What then?",
            "b": "A file does not end a job. What does the step ask for that ends it?",
        },
    ),
    q3=Question(
        text="""You shorten the lease from 10 s to 0.2 s, so that jobs come back sooner. What is the price?
a) workers that only pause for a moment lose their jobs, and documents are rendered twice
b) jobs are lost when two workers die within one lease
c) none, but for a few more messages to Redis""",
        right="a",
        why="A lease says how much silence counts as death. The shorter it is, the more of the living it "
        "buries. Nothing is lost by that, but work is done twice, and after three such deaths a job is given "
        "up.",
        hints={
            "b": "Two dead workers, two leases that run out. Does either depend on the other?",
            "c": "How does a busy machine, or a slow network, look from where Redis stands?",
        },
    ),
)
