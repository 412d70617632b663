"""A request in, PDF bytes out: pure, deterministic, no I/O.

Nothing is imported here: the API needs requests.py alone, and never loads the renderer.
Read next: requests.py, then render.py.
"""
