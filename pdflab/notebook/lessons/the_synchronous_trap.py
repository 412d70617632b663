"""The questions of notebook 01, the synchronous trap.

Read next: pdflab/notebook/lessons/queue_and_worker.py.
"""

from pdflab.notebook.lessons.lesson import Question

THE_SYNCHRONOUS_TRAP: dict[str, Question] = {
    "q1": Question(
        text="""An endpoint makes 20 PDFs a second. For three seconds, 60 a second are asked for.
How many seconds of work wait when the spike is over? Answer with a number.""",
        right=6,
        why="60 come and 20 are made: 40 a second stay, for three seconds. 120 documents are six seconds "
        "of work, and that is how long the last client waits.",
        hints={
            2: "That is so after the first second of the spike. It lasts longer.",
            3: "That is how long the spike lasts. How many documents stay in each of these seconds?",
            9: "That is all the work that came. Did the endpoint do nothing meanwhile?",
            120: "These are documents. How long does the endpoint need for them?",
        },
    ),
    "q2": Question(
        text="""A colleague raises the proxy's timeout from 30 seconds to five minutes. What changes?
a) no client leaves any more, and the PDFs come as soon as before
b) the wait is as long as before: now people leave before the proxy does
c) the server makes more PDFs a second, because it is interrupted less""",
        right="b",
        why="A timeout says when a client gives up. Arrivals and cores decide how long the queue is. "
        "The gain is real, but small: a late PDF finds its client more often.",
        hints={
            "a": "How long would you look at a page that stays white?",
            "c": "What makes a PDF: the proxy, or a core? Which of them has changed?",
        },
    ),
    "q3": Question(
        text="""Where would you leave the rendering inside the request?
a) the statements of 40,000 customers, who get the same mail at nine
b) the preview of a page in an editor: 20 ms each, three a second when all are at work
c) a yearly report: once an hour, 90 seconds each""",
        right="b",
        why="It needs a sixteenth of one core in the busiest second, is over at once, "
        "and asking again costs nothing. A queue would only add parts.",
        hints={
            "a": "What is the rate in the busiest minute, and not in the mean of a month?",
            "c": "The rate is no trouble. How long does a client wait, with an open connection?",
        },
    ),
}
