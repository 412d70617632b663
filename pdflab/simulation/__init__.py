"""The model of the service: the same plans in, the same runs out, without a service.

simulation/fcfs.py is the simple case, first come, first served, and quick enough for a hundred million jobs;
simulation/discrete_event.py is everything else that happens to a real service; theory.py is what pencil and
paper say.

Read next: simulation/fcfs.py.
"""
