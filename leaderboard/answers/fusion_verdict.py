"""The verdict counts on how many datasets fusing helps."""

from collections.abc import Sequence
from dataclasses import dataclass

from fuseboard.leaderboard.answers.answer import Answer, Outcome
from fuseboard.leaderboard.output.plain import listed


@dataclass(frozen=True)
class FusionVerdict:
    """It holds the datasets by what fusing does there; each dataset is judged at 95 % on its own."""

    answers: tuple[Answer, ...]

    def of(self, outcome: Outcome) -> tuple[Answer, ...]:
        """Return the answers with one outcome."""
        return tuple(answer for answer in self.answers if answer.fused and answer.fused.outcome == outcome)

    @property
    def judged(self) -> int:
        """Return on how many datasets something was chosen among subsets."""
        return sum(answer.fused is not None for answer in self.answers)

    @property
    def sentence(self) -> str:
        """Return the verdict in one sentence; empty where nothing was chosen anywhere."""
        if not self.judged:
            return ""
        said = {
            "helps": "helps on {}",
            "hurts": "hurts on {}",
            "open": "cannot be told from the best single backbone on {}",
            "single": "is not chosen on {}",
            "unknown": "was measured without an interval on {}",
        }
        parts: list[str] = []
        for outcome, text in said.items():
            own = self.of(outcome)  # type: ignore[arg-type]
            if own or outcome in ("helps", "hurts"):
                none = "none" if parts else "no dataset"
                parts.append(text.format(_named([answer.dataset for answer in own], self.judged) or none))
        return f"Fusing {', '.join(parts[:-1])} and {parts[-1]}." if len(parts) > 1 else f"Fusing {parts[0]}."


def _named(datasets: Sequence[str], of: int) -> str:
    return f"{len(datasets)} of {of} datasets ({listed(datasets)})" if datasets else ""
