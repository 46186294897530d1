"""What can go wrong in a command, said so that a user can mend it."""


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
        super().__init__(f"{problem} {fix}")
        self.problem = problem
        self.fix = fix


def describe(error: Exception) -> str:
    """Say in one line what went wrong and what to do.

    Parameters
    ----------
    error : Exception
        Ours carry a fix; others are named, with the way to see more.

    Returns
    -------
    str
    """
    if hasattr(error, "fix"):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        words = f"{error.filename} can't be used: {error.strerror or error}."
        return f"{words} Check that it is what you meant, that you may use it, and the disk's room."
    return f"{type(error).__name__}: {error}. Run the command with --debug and report what it says."
