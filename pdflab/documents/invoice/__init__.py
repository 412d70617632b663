"""The invoice, by the terms of EN 16931."""
