"""What can go wrong between a bundle on disk and a restored frame."""

from engines.foreign_text import one_line


class EngineError(Exception):
    """An engine that can't be loaded or can't serve.

    Parameters
    ----------
    problem : str
        What is wrong, in the user's words.
    fix : str
        What the user can do about it; a command where there is one.
    """

    def __init__(self, problem: str, fix: str) -> None:
        self.problem, self.fix = one_line(problem), one_line(fix)
        super().__init__(f"{self.problem} {self.fix}")


class OpeningGivenUpError(EngineError):
    """Nobody wants the engine any more that was being opened."""

    def __init__(self, engine: str) -> None:
        super().__init__(f"Opening the engine {engine} was stopped.", "Open it again.")
