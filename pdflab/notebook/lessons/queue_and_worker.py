"""The questions of notebook 02, queue and worker.

Read next: pdflab/notebook/lessons/when_things_fail.py.
"""

from pdflab.notebook.lessons.lesson import Question

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
