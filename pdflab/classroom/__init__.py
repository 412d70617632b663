"""A class with phones: one page for the phones, one for the projector, one for the teacher, beside a lab.

    press.py       one request of a phone, and its state at any instant
    students.py    who has joined; nicknames, the room code, limits
    questions.py   votes and predictions        script.py   the six acts, and the teacher's buttons
    document.py    what a press asks for        gateway.py  sends it, and follows it
    classroom.py   the class                    teacher.py  what the teacher changes
    web/           the pages and their routes   host.py     the thread that serves them

Read next: pdflab/classroom/press.py.
"""
