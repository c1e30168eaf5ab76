"""Goes round until a program works: written, run, told what failed, repaired."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nbagents.agents.coding import outcomes
from nbagents.agents.coding.conversation import Conversation, ended
from nbagents.agents.coding.extract import program
from nbagents.agents.coding.place import Place
from nbagents.coded import CodeResult
from nbagents.errors import CodeError
from nbagents.models import ChatModel
from nbagents.redaction import head, redacted
from nbagents.reporting import report

_MOST_SAID = 300  # characters of what a traceback ends with, in an error
_MOST_SILENT = 2  # answers without a program, in a row: there will be none


@dataclass(slots=True, kw_only=True)
class Repairs:
    """The programs of one attempt.

    Attributes:
        model: Who writes them.
        parameters: Passed with each question.
        place: Where they run.
        files: What each of them is given.
        seconds: When each of them is killed.
        most: How often a repair may be asked for.
    """

    model: ChatModel
    parameters: Mapping[str, Any]
    place: Place
    files: Mapping[str, bytes]
    seconds: float
    most: int
    _last: CodeResult | None = field(default=None, init=False)
    _same: bool = field(default=False, init=False)
    _silent: int = field(default=0, init=False)

    async def result(self, talk: Conversation) -> CodeResult:
        """Return what came of the first program that works.

        Raises:
            CodeError: None did.
        """
        for number in range(self.most + 1):
            report(f"repairing {number} of {self.most}" if number else "writing")
            answer = await self.model.chat(talk.messages, **self.parameters)
            result = await self._answered(talk, answer.text, number)
            if result is not None:
                return result
            if self._silent == _MOST_SILENT:
                break
        raise self._error(number)

    async def _answered(
        self, talk: Conversation, text: str, number: int
    ) -> CodeResult | None:
        """Return what came of an answer; `None` where it has to be repaired."""
        code = program(text)
        self._silent = 0 if code else self._silent + 1
        if code is None:
            talk.empty(text)
            return None
        # What fails in the same way twice is not worth a minute in a sandbox.
        self._same = self._last is not None and code == self._last.code
        if self._same:
            talk.repeated(text)
            return None
        self._last = result = await self._run(code, number)
        if result.ok:
            return result
        talk.failed(text, result)
        return None

    async def _run(self, code: str, number: int) -> CodeResult:
        report(f"running ({self.place.level})")
        outcome = await self.place.run(code, self.files, self.seconds)
        return outcomes.result_of(outcome, self.files, number)

    def _error(self, repairs: int) -> CodeError:
        message = f"{self._why()}, and {_without_effect(repairs)}"
        error = CodeError(redacted(message), result=self._last, repairs=repairs)
        if self._last is not None:
            error = error.with_note("The program and what it wrote: error.result")
        return error.with_note(
            "Try: run.retry(id) for a new attempt, or Agent.coder(..., repairs=5)"
        )

    def _why(self) -> str:
        if self._last is None or self._silent:
            return "the model answered without a program"
        again = "; the model gave the same program again" if self._same else ""
        return f"{_last_line(self._last)} ({ended(self._last)}{again})"


def _without_effect(repairs: int) -> str:
    if not repairs:
        return "no repair was asked for"
    return f"{repairs} repair{'s' if repairs != 1 else ''} did not help"


def _last_line(result: CodeResult) -> str:
    """Return what a traceback ends with, which says what it was."""
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    return head(lines[-1], _MOST_SAID) if lines else "the program failed"
