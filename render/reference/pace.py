"""How many steps fit into a part's minutes: looked up from how long its own steps take."""

from __future__ import annotations

from dataclasses import dataclass

WARM = 20  # steps of a call that tell nothing: kernels are chosen, memory is claimed
LOOKS = (0.1, 0.5)  # shares of the minutes after which the number of steps is set
RESERVE = 0.97  # of the minutes are for steps; strips and checkpoints take the rest


@dataclass
class Pace:
    """Watches the steps of one call. Without minutes it has nothing to say."""

    minutes: float | None
    most: int
    cycle: int  # steps after which sizes repeat: only whole cycles are compared
    taken: int = 0
    since: tuple[int, float] | None = None

    def steps(self, done: int, seconds: float, looks: int) -> int | None:
        """Steps to take in all, where it is time to set them; None otherwise.

        `done` steps and `seconds` are the part's in all calls so far, `looks` how often they were
        set. The second look mends what the first could not know: other work on the same cores.
        """
        self.taken += 1
        if self.minutes is None or looks == len(LOOKS):
            return None
        if self.since is None:
            if self.taken == WARM:
                self.since = (done, seconds)
            return done if seconds >= 60 * self.minutes else None
        count, spent = done - self.since[0], seconds - self.since[1]
        if count % self.cycle or seconds < 60 * self.minutes * LOOKS[looks]:
            return None
        left = 60 * self.minutes * RESERVE - seconds
        return max(done, min(self.most, done + int(left * count / max(spent, 1e-9))))
