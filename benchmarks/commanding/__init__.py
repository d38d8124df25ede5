"""What ``spoken_control.py`` is made of: who speaks, in which room, and what is counted."""
