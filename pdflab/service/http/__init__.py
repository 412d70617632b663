"""What both endpoints share: server, errors, security, the cache and the OpenAPI description."""
