"""A question: what is asked, whom, as whom; and whether it can be put at all."""

from __future__ import annotations

from attrs import frozen
from stentor.protocol import ClientProtocol, session_id
from stentor.protocol.errors import BadUsage, WebSocketContextValidationError

__all__ = ["Question"]


@frozen
class Question:
    """What to ask, whom, as whom; *wait* and *patience* are seconds."""

    text: str
    url: str
    user: str
    thread: str
    token: str | None = None
    crash: str | None = None
    wait: float = 0.0
    patience: float = 60.0

    @property
    def session(self) -> str:
        """The session's name."""
        return session_id(self.user, self.thread)

    def check(self) -> None:
        """Find out, before anybody is called, what no host could take.

        Raises:
            BadUsage: If it is empty or too long, or names no conversation.
        """
        if not self.text.strip():
            raise BadUsage("the question is empty")
        try:
            client = ClientProtocol(self.session, "check")
        except WebSocketContextValidationError as error:
            given = f"--user {self.user!r} and --thread {self.thread!r}"
            raise BadUsage(f"{given} name no conversation: it needs a {error.details['missing']}") from error
        try:
            (self.token or "").encode()
        except UnicodeEncodeError as error:
            raise BadUsage("the token is not UTF-8") from error
        try:
            client.say("prompt", {"text": self.text}, 0.0)
        except BadUsage as error:
            raise BadUsage(f"the question can not be put: {error}") from error
