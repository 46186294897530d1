"""``python -m pssr_live``: the command line, for launchers such as torchrun."""

from pssr_live.cli.main import main

if __name__ == "__main__":
    main()
