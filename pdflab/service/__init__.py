"""The system under study, as production would run it: accept, queue, render, store, record."""
