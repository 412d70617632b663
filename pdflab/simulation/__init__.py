"""The simulation of the service: the same plans in, the same runs out, without a service.

Read next: pdflab/simulation/fcfs.py.
"""
