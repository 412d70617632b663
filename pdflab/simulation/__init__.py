"""The model of the service: the same plans in, the same runs out, without a service.

engine.py is the simple case, first come, first served, and quick enough for a hundred million jobs;
events.py is everything else that happens to a real service; theory.py is what pencil and paper say.

Read next: engine.py.
"""
