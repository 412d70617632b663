"""The questions of the notebook that predicts before it measures.

Read next: pdflab/notebook/lessons/lesson.py, which asks them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pdflab.notebook.lessons.lesson import Question

PREDICT_THEN_MEASURE: Mapping[str, Question] = MappingProxyType(
    {
        "q1": Question(
            text="""Erlang C said nothing about the burst. Why?
a) the burst was too short: with a minute of it, Erlang C would know the wait
b) it tells what a line is like in the long run, and this one has no long run: it grows
c) documents do not take exponential times, and without those it refuses""",
            right="b",
            why="It needs less work to come than the workers can do. In a burst more comes: the line has no "
            "average, only a length at each instant, and that is what the basin and the simulation tell.",
            hints={
                "a": "Let the burst go on for an hour. How long is the line then, and an hour later?",
                "c": "It would have answered for the calm stretch with the same documents. What differs?",
            },
        ),
        "q2": Question(
            text="""The burst brings three seconds of work within one second, and the calm goes on at 40 % of
what the workers make. You double the calm to 80 %. After how many seconds is the line empty, by pencil?
a) 5: twice as much calm, two seconds more
b) 11: one second of burst, and two seconds of work that drain with a fifth of the capacity
c) 4.3: the calm has nothing to do with the burst""",
            right="b",
            why="A line drains with what is left when the calm has had its part: 2 ÷ (1 − 0.8) = 10 seconds, "
            "after the one of the burst. Nearly full workers forget a burst very slowly.",
            hints={
                "a": "With what does the line shrink: with the capacity, or with what is left of it?",
                "c": "Who works on the jobs that go on coming while the line drains?",
            },
        ),
        "q3": Question(
            text="""On two cores eight workers are not four times as quick as two. By what does the twin know?
a) it has seen a run with eight workers
b) it has a table of what each number of workers loses to the others
c) it lets workers share the cores: a job takes as long as its work, on the share that it gets""",
            right="c",
            why="Rendering is work for a processor. What is learnt is work, not seconds: on a crowded "
            "machine the clock of work goes slower for all, whatever their number.",
            hints={
                "a": "How many workers did the run have that it has learnt from?",
                "b": "It has learnt seconds of work, and a number of cores. Is there more in it?",
            },
        ),
    }
)
