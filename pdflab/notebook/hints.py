"""What to look for after each click.

Read next: pdflab/notebook/fault_panel.py.
"""

from pdflab.jobs import Endpoint

BOTH = "both"  # endpoints at the same time

FIRST = "Press <b>Burst of 100</b> at the synchronous endpoint, then at the queued one. Who waits, and where?"
SENT = {
    Endpoint.QUEUED: "<b>Look left:</b> the queue grows and drains. <b>Right:</b> answers (light blue) come "
    "at once, the PDFs (dark blue) follow as they are made.",
    Endpoint.SYNCHRONOUS: "<b>Look right:</b> each dot is a client that waited for its PDF, and for all "
    "before it. Left, nothing: this queue is inside the server, and not counted.",
    BOTH: "<b>Look right:</b> light blue and orange part. Both endpoints get the same documents at once. "
    "The workers have a lower priority: their PDFs come later, the answers sooner.",
}
KILLED = {
    "reliable": "<b>Look at the strips:</b> one worker is dead, with a claimed job. After {lease:g} s "
    "of silence its lease expires, and another worker takes that job.",
    "naive": "<b>Look at the strips:</b> one worker is dead, with a job. No other worker will ever take it.",
}
FROZEN = {
    Endpoint.QUEUED: "<b>Look in the middle:</b> no PDFs for {seconds:g} s, while answers stay "
    "quick. Press <b>Burst of 100</b> meanwhile.",
    Endpoint.SYNCHRONOUS: "<b>Look right:</b> a client that asks within these {seconds:g} s waits for "
    "their end.",
    BOTH: "<b>Look right:</b> both endpoints render nothing for {seconds:g} s. Whose clients notice?",
}
WORKERS = "<b>Look in the middle:</b> more workers make more PDFs a second, until the cores are used up."
WORKER_TYPES = {
    "reliable": "Reliable workers: <b>kill one</b> while it renders; its job comes back.",
    "naive": "Naive workers, as most tutorials write them: <b>kill one</b> while it renders, and count.",
}
STARTS = "The lab starts again, empty …"
STARTED = {
    "processes": "The lab is empty and runs in processes: each worker can have a core of its own.",
    "threads": "The lab is empty and runs in threads of one process: they share one core, and cannot be "
    "killed or frozen. <b>Look in the middle:</b> does a second worker help?",
}
