"""What can go wrong in a command, said so that a user can mend it."""

from pathlib import Path

from engines import NO_MORE_FILES, holds_no_more_files, lacks_room, one_line


class UserError(Exception):
    """Something that the user can put right.

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


def describe(error: Exception) -> str:
    """Say in one line what went wrong and what to do.

    Parameters
    ----------
    error : Exception
        Any; see `problem_and_fix`.

    Returns
    -------
    str
    """
    return " ".join(problem_and_fix(error))


def problem_and_fix(error: Exception) -> tuple[str, str]:
    """Say what went wrong, and what to do.

    Parameters
    ----------
    error : Exception
        Each room has an error class that knows; others are named, with the way to see more.

    Returns
    -------
    tuple of str
        A sentence or more each.
    """
    problem, fix = _problem_and_fix(error)
    return one_line(problem), one_line(fix)


def _problem_and_fix(error: Exception) -> tuple[str, str]:
    # Whoever asks has imported them long since; the command line has not when it starts.
    from acquisition import SourceError
    from engines import EngineError

    if isinstance(error, UserError | EngineError | SourceError):
        return error.problem, error.fix
    if isinstance(error, MemoryError):
        return "There is not enough memory.", "Close other programs, or use smaller frames."
    if isinstance(error, OSError) and lacks_room(error):
        place = f"{error.filename} can't be written: there" if error.filename else "There"
        if error.filename and holds_no_more_files(Path(str(error.filename))):
            return (
                f"{error.filename} can't be written: {NO_MORE_FILES}.",
                "Delete files there that you don't need, then try again.",
            )
        return f"{place} is no room left on the disk.", "Free some space, then try again."
    if isinstance(error, OSError) and error.filename:
        return (
            f"{error.filename} can't be used: {error.strerror or error}.",
            "Check that it is what you meant, that you may use it, and the disk's room.",
        )
    if isinstance(error, OSError) and error.strerror:
        # Libraries that write don't say to where.
        return (
            f"The system refuses a file or a connection: {error.strerror}.",
            "Check the disk's room, and that you may use what you named.",
        )
    return (
        f"{type(error).__name__}: {error}.",
        "Run the command with --debug and report what it says.",
    )
