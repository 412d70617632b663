"""What to look for after each click: a picture that nobody reads teaches nothing.

Read next: pdflab/notebook/panel.py.
"""

from pdflab.jobs import Endpoint

BOTH = "both"  # endpoints at the same time
THREADS = "threads"  # the mode of a lab whose workers are threads of one process

FIRST = "Press <b>Burst of 100</b> at the synchronous endpoint, then at the queued one. Who waits, and where?"
ENDPOINT_HINTS = {
    Endpoint.QUEUED: "<b>Look left:</b> the queue grows and drains. <b>Right:</b> answers (light blue) come "
    "at once, the PDFs (dark blue) follow as they are made.",
    Endpoint.SYNCHRONOUS: "<b>Look right:</b> each dot is a client that waited for its PDF, and for all "
    "before it. Left, nothing: this queue stands at the endpoint, where nobody counts it.",
    BOTH: "<b>Look right:</b> light blue and orange part. Both endpoints get the same documents at once. "
    "The workers, for whom no client waits, give way: their PDFs come later, the answers sooner.",
}
KILLED = {
    "reliable": "<b>Look at the strips:</b> one falls silent, a job in its hands. After {lease:g} s "
    "of silence its lease runs out, and another worker takes that job.",
    "naive": "<b>Look at the strips:</b> one falls silent with a job in hand. Nobody will ever take it.",
}
FROZEN = {
    Endpoint.QUEUED: "<b>Look in the middle:</b> no PDFs for {seconds:g} s, while answers stay "
    "quick. Press <b>Burst of 100</b> meanwhile.",
    Endpoint.SYNCHRONOUS: "<b>Look right:</b> whoever asks within these {seconds:g} s waits for all of them.",
    BOTH: "<b>Look right:</b> both endpoints render nothing for {seconds:g} s. Whose clients notice?",
}
WORKERS = "<b>Look in the middle:</b> more workers make more PDFs a second, until the cores are used up."
WORKER_TYPES = {
    "reliable": "Reliable workers: <b>kill one</b> while it renders; its job comes back.",
    "naive": "Naive workers, as most tutorials write them: <b>kill one</b> while it renders, and count.",
}
STARTS = "The lab starts again, empty: {mode}, {preset} …"
STARTED = {
    "processes": "Everything begins anew, in processes: each worker can have a core of its own.",
    "threads": "Everything begins anew, in threads of one process: they share one core, and cannot be killed "
    "or frozen. <b>Look in the middle:</b> does a second worker help?",
}
