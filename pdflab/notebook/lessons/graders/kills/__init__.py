"""Graders that kill what a student wrote at each of its steps, and look at what was lost.

Read next: pdflab/notebook/lessons/graders/kills/attempts.py.
"""
