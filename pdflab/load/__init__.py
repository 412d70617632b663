"""Load: plans of what is sent when, and the open-loop generator that sends it."""
