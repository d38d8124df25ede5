"""What a listener makes of a routine: an offline recogniser in the place of an ear."""
