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
