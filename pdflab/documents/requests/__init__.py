"""The request models: what may be asked for, with limits and messages."""
