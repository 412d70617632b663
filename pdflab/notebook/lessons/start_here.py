"""The questions of notebook 00, start here.

Read next: pdflab/notebook/lessons/the_synchronous_trap.py.
"""

from pdflab.notebook.lessons.lesson import Question

START_HERE: dict[str, Question] = {
    "q1": Question(
        text="""A hundred clients come within one second. What has the queue changed for them?
a) their PDFs are made faster
b) they hear at once that their PDF will be made, and need not keep the connection open
c) nobody waits any more""",
        right="b",
        why="The answer no longer waits for the work. The PDF does, and takes its turn in a queue that "
        "can be seen.",
        hints={
            "a": "Look at the left-hand chart: does one curve climb faster than the other?",
            "c": "Look at the chart in the middle: what does its curve count?",
        },
    ),
    "q2": Question(
        text="""Every evening the queue grows, and it is empty by midnight. What does its depth tell you?
a) that jobs are being lost
b) that the queue is too slow, and needs a faster Redis
c) that for some hours more is asked for than the workers can render""",
        right="c",
        why="A queue that drains was long, not lost. Whether that is a fault depends on how long a client "
        "may wait for the PDF: more workers shorten the evening.",
        hints={
            "a": "A job that is lost leaves the queue as well. Could the queue then be empty by PDFs alone?",
            "b": "How long did an answer take at the queued endpoint, with a hundred jobs in the queue?",
        },
    ),
}
