"""Measuring a file as a listener would judge it: loudness, words over the bed, faults."""
