"""``python -m mock_truv`` is the ``mock-truv`` command."""

from mock_truv.cli import main

if __name__ == "__main__":
    main()
