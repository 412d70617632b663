"""The request models, with their limits and messages."""
