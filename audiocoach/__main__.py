"""``python -m audiocoach``: the same as the ``audiocoach`` command."""

from audiocoach.cli import main

if __name__ == "__main__":
    main()
