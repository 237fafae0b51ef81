"""The model hub: what of it is on this machine, and one line when it cannot be reached."""

from __future__ import annotations

import os

from huggingface_hub import constants, try_to_load_from_cache
from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled
from huggingface_hub.utils import get_session

from .errors import RenderError

PATIENCE = 10.0  # seconds for the hub's first answer; its own library tries six times


def offline() -> bool:
    """What `--offline` sets, and the hub's own library reads."""
    return os.environ.get("HF_HUB_OFFLINE") == "1"


def expect_within_reach(repo: str, revision: str | None, file: str) -> None:
    """Refuses at once what is neither on this machine nor to be had from the hub.

    `file` is one that is surely there. Whether the hub has it is for the download itself to find.
    """
    if isinstance(try_to_load_from_cache(repo, file, revision=revision), str):
        return
    if offline():
        raise absent(repo, revision)
    try:
        get_session().head(
            f"{constants.ENDPOINT}/{repo}/resolve/{revision}/{file}", timeout=PATIENCE
        )
    except Exception as error:  # of whichever HTTP library the hub's own uses
        raise absent(repo, revision, error) from None


def absent(repo: str, revision: str | None, error: BaseException | None = None) -> RenderError:
    """The line that names the command to run where there is a network."""
    told = "found none. Download them with"
    if error is not None:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        told = (
            f"found none or not all, and {constants.ENDPOINT} cannot be reached ({reason}). "
            "Download them where it can"
        )
    return RenderError(
        f"{repo}: expected its files on this machine, {told}: "
        f"hf download {repo} --revision {revision}"
    )


def cut_off(error: BaseException) -> BaseException | None:
    """The first cause, where a download failed for want of a network; libraries wrap it."""
    causes = [error]
    while cause := causes[-1].__cause__ or causes[-1].__context__:
        causes.append(cause)
    missing = any(isinstance(e, LocalEntryNotFoundError | OfflineModeIsEnabled) for e in causes)
    return causes[-1] if missing else None
