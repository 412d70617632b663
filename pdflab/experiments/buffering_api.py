"""Lesson 02's API that answers 202 first: a job is in its memory until the next of its writes to Redis.

    python -m pdflab.experiments.buffering_api SOCKET REDIS_URL SECONDS

Read next: pdflab/experiments/promises.py.
"""

import json
import sys
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from pdflab.child_process import stop_event
from pdflab.service.http.server import listener
from pdflab.service.jobqueue.base import Submission, new_id
from pdflab.service.jobqueue.producer import RedisProducer
from pdflab.service.jobqueue.redis_server import Broker
from pdflab.settings import Settings

waiting = deque[Submission]()  # all that is known of these jobs


class _Accept(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer one request; a thread puts its job into the queue later."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        job = Submission(new_id(), json.loads(body)["type"], body)
        waiting.append(job)
        answer = json.dumps({"job_id": job.job_id}).encode()
        self.send_response(202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *words: object) -> None:
        """Log nothing."""


def main(fd: int, redis_url: str, seconds: float) -> None:
    """Accept documents on a listening socket; write them to Redis every so many seconds, and at the end."""
    stop, producer = stop_event(guarded=True), RedisProducer(Broker("", redis_url).client(), Settings())
    server = ThreadingHTTPServer(("", 0), _Accept, bind_and_activate=False)
    server.socket.close()
    server.socket = listener(fd)
    Thread(target=server.serve_forever, daemon=True).start()
    while not stop.wait(seconds):
        _write(producer)
    _write(producer)


def _write(producer: RedisProducer) -> None:
    if jobs := [waiting.popleft() for _ in range(len(waiting))]:
        producer.enqueue(jobs)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]))
