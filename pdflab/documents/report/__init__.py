"""The report and its charts."""
