"""What this machine can do: one file a benchmark, each behind `pdflab bench`."""
