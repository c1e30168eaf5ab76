"""Where the journal is: in a folder beside the notebook, which git does not see."""

from pathlib import Path

from nbagents.errors import JournalWriteError

NAME = ".nbagents"
"""The folder."""

FILE = "journal.sqlite"
"""The file in it."""


DEFAULT = f"{NAME}/{FILE}"
"""Where the journal is if nobody says otherwise, from the folder of the notebook."""


def default_path() -> Path:
    """Return where the journal is: a kernel runs in the folder of its notebook."""
    return Path.cwd() / NAME / FILE


def make(folder: Path) -> None:
    """Make `folder` if it is missing; one of our name is hidden from git.

    Raises:
        JournalWriteError: It cannot be made.
    """
    try:
        is_new = not folder.is_dir()
        folder.mkdir(parents=True, exist_ok=True)
        if is_new and folder.name == NAME:
            _hide(folder)
    except (OSError, ValueError) as error:
        message = f"the folder '{folder}' for the journal cannot be made: {error}"
        remedy = (
            "Try: Orchestrator(..., journal=path), with a place where you can write"
        )
        raise JournalWriteError(message).with_note(remedy) from error


def _hide(folder: Path) -> None:
    # It may hold what a team was asked and answered: not to be shared by mistake.
    (folder / ".gitignore").write_text("*\n", "utf-8")
