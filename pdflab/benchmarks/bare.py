"""The yardstick of `pdflab bench api`: a Flask view that returns a constant, served as the API is served.

Read next: benchmarks/api.py.
"""

import sys

from flask import Flask

from pdflab.child_process import stop_event
from pdflab.service.http.server import listener, serve

THREADS = 8


def create_bare_app() -> Flask:
    """Make an application that answers every POST with the same 202."""
    app = Flask("bare")

    @app.post("/generate-pdf")
    def answer() -> tuple[dict[str, str], int]:
        return {"job_id": "0" * 32, "state": "QUEUED"}, 202

    return app


if __name__ == "__main__":
    serve(create_bare_app(), listener(int(sys.argv[1])), stop_event(guarded=True), threads=THREADS)
