"""Takes what browsers ask for, has it done, and replies.

A message is only noted where it arrives, on whatever thread that is. Verbs are done in
one lane and questions answered in another, so that no question holds up a stop. Every
message gets exactly one reply, whatever is in it and whatever happens.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from nbagents.display import asked, commands, questions, safe, values
from nbagents.display.asked import AskedWronglyError
from nbagents.display.lanes import Lane, Work
from nbagents.display.pictures import Pictures
from nbagents.display.source import Steered

log = logging.getLogger("nbagents")

MOST_WAITING = 200
"""Messages that wait in a lane; what comes beyond that is refused."""

_MOST_SAID = 1000  # characters of an error, and of a note
_MOST_NOTES = 10

Reply = dict[str, Any]


class Desk:
    """Does what is asked for one run."""

    def __init__(
        self,
        run: Steered,
        pictures: Pictures,
        send: Callable[[Reply], None],
        perform: Callable[[Work], None],
    ) -> None:
        """Be ready.

        Args:
            run: The run.
            pictures: What the places stand for that messages name.
            send: Takes each reply, on any thread.
            perform: Called with each piece of work, on the thread of its lane.
        """
        self._run = run
        self._pictures = pictures
        self._send = send
        self._verbs, self._questions = Lane(perform), Lane(perform)

    def take(self, said: Any) -> None:
        """Note what a browser says; may be called on any thread."""
        is_question = asked.verb(said) in questions.QUESTIONS
        lane = self._questions if is_question else self._verbs
        if len(lane) < MOST_WAITING:
            lane.put(partial(self._answer, said))
        else:
            error = AskedWronglyError("too much is asked for at once")
            self._reply(said, refusal(error))

    def _answer(self, said: Any) -> None:
        try:
            reply = {"ok": True, **self._done(said)}
        except BaseException as error:  # noqa: BLE001 - agents and values may raise all
            reply = refusal(error)
        self._reply(said, reply)

    def _done(self, said: Any) -> Reply:
        verb = asked.verb(said)
        if not verb:
            raise AskedWronglyError("this message asks for nothing")
        if verb in questions.QUESTIONS:
            return questions.answer(self._run, self._pictures, said)
        commands.perform(self._run, self._pictures, said)
        return {}

    def _reply(self, said: Any, reply: Reply) -> None:
        number = {"reply": asked.number(said)}
        try:
            self._send(number | reply)
        except Exception as error:
            # Nothing may be printed: it would stand in a cell that did nothing wrong.
            log.debug("a reply could not be sent", exc_info=True)
            with suppress(Exception):
                self._send(number | refusal(error))


def refusal(error: BaseException) -> Reply:
    """Return what is said in reply instead of what was asked for."""
    words = values.guarded(str, error) or type(error).__name__
    notes = list(values.guarded(lambda each: each.__notes__, error) or ())
    shown = [note for note in notes[:_MOST_NOTES] if isinstance(note, str)]
    return {
        "error": safe.one_line(words, _MOST_SAID),
        "notes": [safe.visible(safe.shortened(note, _MOST_SAID)) for note in shown],
    }
