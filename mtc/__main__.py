"""`python -m mtc` is `mtc`."""

from mtc.cli import main

if __name__ == "__main__":
    main()
