"""What can go wrong between a microscope and the ring buffer."""

from acquisition.frame import FrameFormat


class SourceError(Exception):
    """A source that can't deliver frames.

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


class EndOfFrames(Exception):  # noqa: N818 - an event, not a fault
    """The source has delivered its last frame."""


class RunEnded(Exception):  # noqa: N818 - an event, not a fault
    """No frame follows in this segment; `FormatChanged` comes before the next one, whenever."""


class FormatChanged(Exception):  # noqa: N818 - an event, not a fault
    """Frames of another format follow: the segment ends here.

    Parameters
    ----------
    new_format : FrameFormat
        The format of the next frame that the source will deliver.
    """

    def __init__(self, new_format: FrameFormat) -> None:
        super().__init__(f"the camera changed to {new_format}")
        self.new_format = new_format
