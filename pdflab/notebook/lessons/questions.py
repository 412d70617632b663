"""The questions of each notebook, in the order of the course.

Read next: pdflab/notebook/lessons/lesson.py.
"""

from pdflab.notebook.lessons.lesson import Question

START_HERE: dict[str, Question] = {
    "q1": Question(
        text="""A hundred clients come within one second. What has the queue changed for them?
a) their PDFs are made faster
b) they hear at once that their PDF will be made, and need not keep the connection open
c) nobody waits any more""",
        right="b",
        why="The answer no longer waits for the work. The PDF does, in a queue that can be seen.",
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

QUEUE_AND_WORKER: dict[str, Question] = {
    "q1": Question(
        text="""The answer 202 is on its way to the client. Where is the job?
a) in the memory of the API, which hands it on as soon as a worker is free
b) in Redis: a record, a number in the queue, an event, an entry in the list
c) in pdf_storage, as a file that is still empty""",
        right="b",
        why="All of it was written in one step, before the answer. The API may die in this "
        "instant: it holds nothing that would be missed.",
        hints={
            "a": "Read generate_pdf once more. What is left to do when it returns?",
            "c": "Which hop writes the file, and under which name before it is whole?",
        },
    ),
    "q2": Question(
        text="""Sixty documents are in the queue before yours. Two workers need 0.1 s for each.
After how many seconds does a worker take yours? Answer with a number.""",
        right=3,
        why="Sixty times 0.1 s are six seconds of work, and two workers share them.",
        hints={
            6: "That is the work. How many workers share it?",
            0.1: "Your document is not the next one. What is before it?",
            12: "Do more workers make the wait longer?",
            30: "That is what each worker makes. How long does that take?",
        },
    ),
    "q3": Question(
        text="""By accident the same job id stands in the list twice, and two workers take it.
a) the PDF is made twice, and the job ends twice
b) one worker claims it; the other one gets nothing, and takes the next
c) each waits for the other, until an operator comes""",
        right="b",
        why="The claim is a compare-and-set: it asks whether the record says QUEUED, and changes that in "
        "the same step. An entry in the list is only a hint.",
        hints={
            "a": "What does the claim check before it gives a job to a worker?",
            "c": "Does any of the steps wait?",
        },
    ),
}

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
            "a": "Redis answers BRPOP before the work begins. Does it learn what happens to the job then?",
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
        "worker loses its job. Nothing is lost, but work is done twice; after three losses a job fails.",
        hints={
            "b": "Two dead workers, two leases that run out. Does either depend on the other?",
            "c": "How does a busy machine, or a slow network, look to Redis?",
        },
    ),
}

PREDICT_THEN_MEASURE: dict[str, Question] = {
    "q1": Question(
        text="""Erlang C said nothing about the burst. Why?
a) the burst was too short: with a minute of it, Erlang C would know the wait
b) it describes a queue in the long run, and this one has no long run: it grows
c) documents do not take exponential times, and without those it refuses""",
        right="b",
        why="It holds only while less work arrives than the workers can do. In a burst more arrives: the "
        "queue has no average, only a depth at each instant. Fluid model and simulation compute that.",
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
