"""What this machine can do: one file a benchmark, each behind `pdflab bench`.

Nothing else imports these files before it runs one, so they may load what they like.
Read next: render.py.
"""
