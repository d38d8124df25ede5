"""A voice-guided audio coach: Markdown routines, spoken offline over ambient sound."""

__version__ = "0.1.0"
