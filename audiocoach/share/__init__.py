"""The way to the phone: a page, a feed and the files, served for a while.

``exports`` makes the files, ``items`` knows what belongs to each, ``site`` lists everything
that can be asked for, ``answers`` is the HTTP, ``guard`` keeps connections in bounds and
``server`` opens the door and closes it again. Nothing here reads a path that a request names:
what is served was put into a table before the door opened.
"""
