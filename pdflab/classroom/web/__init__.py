"""The pages of a classroom: what they are sent, how they stay live, and the routes.

Read next: pdflab/classroom/web/server.py.
"""
