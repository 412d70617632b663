"""What both endpoints need of HTTP: server, errors, security."""
