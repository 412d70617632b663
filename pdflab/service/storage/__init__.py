"""The storage of finished PDFs."""
