"""The questions of notebook 06, predict then measure.

Read next: pdflab/notebook/lessons/lesson.py.
"""

from pdflab.notebook.lessons.lesson import Question

PREDICT_THEN_MEASURE: dict[str, Question] = {
    "q1": Question(
        text="""Erlang C said nothing about the burst. Why?
a) the burst was too short: with a minute of it, Erlang C would know the wait
b) it describes a queue in the long run, and this one has no long run: it grows
c) documents do not take exponential times, and without those it refuses""",
        right="b",
        why="It holds only while less work arrives than the workers can do. In a burst more arrives: the "
        "queue has no average, only a depth at each instant. The fluid model and the simulation compute "
        "that.",
        hints={
            "a": "Let the burst go on for an hour. How deep is the queue then, and an hour later?",
            "c": "It answered for the baseline with the same documents. What differs?",
        },
    ),
    "q2": Question(
        text="""The burst brings three seconds of work within one second, and the baseline goes on at 40 % of
the capacity. You double the baseline to 80 %. After how many seconds is the queue empty, by the fluid model?
a) 5: twice the baseline, two seconds more
b) 11: one second of burst, and two seconds of work that drain with a fifth of the capacity
c) 4.3: the baseline has nothing to do with the burst""",
        right="b",
        why="A queue drains with the capacity that the baseline leaves: 2 ÷ (1 − 0.8) = 10 seconds, "
        "after the one of the burst. Highly utilised workers need long to recover from a burst.",
        hints={
            "a": "How fast does the queue shrink: with the capacity, or with what the baseline leaves of it?",
            "c": "Who renders the jobs that still arrive while the queue drains?",
        },
    ),
    "q3": Question(
        text="""On two cores eight workers are not four times as quick as two. How does the twin know?
a) it has seen a run with eight workers
b) it has a table of the slowdown for each number of workers
c) it lets workers share the cores: a job takes as long as its work, on the share that it gets""",
        right="c",
        why="Rendering is work for a processor. The twin learns work, not seconds: on a crowded "
        "machine each second does less work, whatever the number of workers.",
        hints={
            "a": "How many workers did the run have that it learned from?",
            "b": "It learned seconds of work, and a number of cores. Does it know more?",
        },
    ),
}
