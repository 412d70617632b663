"""The invoice, with the fields of EN 16931."""
