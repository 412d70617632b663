"""Load: plans of requests, and the open-loop generator that sends them."""
