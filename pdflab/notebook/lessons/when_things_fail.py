"""The questions of notebook 05, when things fail.

Read next: pdflab/notebook/lessons/predict_then_measure.py.
"""

from pdflab.notebook.lessons.lesson import Question

WHEN_THINGS_FAIL: dict[str, Question] = {
    "q1": Question(
        text="""A naive worker is killed while it renders. Where is its job now?
a) at the front of the list: BRPOP puts it back when the connection closes
b) in the memory of the dead process, and nowhere else
c) in the dead letters, where an operator will find it""",
        right="b",
        why="BRPOP has taken the id off the list, and the record says PROCESSING, for ever: nobody checks "
        "whether that worker is alive.",
        hints={
            "a": "Redis has answered BRPOP before the work begins. Does it learn what happens to the job "
            "after that?",
            "c": "Some process has to write the job down there. Which process still knows of it?",
        },
    ),
    "q2": Question(
        text="""A worker slept for two leases and wakes up. It finishes its PDF and reports it.
What keeps the job from ending twice?
a) the worker looks at the clock and sees that it is late
b) the other worker has locked the file
c) its token is no longer the one in the record""",
        right="c",
        why="Each claim writes a fresh token into the record, and to complete a job it must be sent. No "
        "clock is involved: a frozen worker cannot know how long it slept, and need not.",
        hints={
            "a": "It may be frozen again between reading the clock and its report. What then?",
            "b": "A file does not end a job. What does the step that ends it check?",
        },
    ),
    "q3": Question(
        text="""You shorten the lease from 10 s to 0.2 s, so that jobs come back sooner. What is the price?
a) workers that only pause for a moment lose their jobs, and documents are rendered twice
b) jobs are lost when two workers die within one lease
c) none, but for a few more messages to Redis""",
        right="a",
        why="A lease says how long a silence counts as death. The shorter it is, the more often a live "
        "worker loses its job. Nothing is lost, but work is done twice, and after three such losses a job "
        "fails.",
        hints={
            "b": "Two dead workers, two leases that run out. Does either depend on the other?",
            "c": "How does a busy machine, or a slow network, look to Redis?",
        },
    ),
}
