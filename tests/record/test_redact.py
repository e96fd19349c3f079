"""Redaction: what is blotted out, what is left, and that no text makes it slow."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stentor.supervisor.ledger._redact import clip, clip_middle, hide, redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Authorization: Bearer abcdef123456", "Authorization: [redacted]"),
        ("{'Authorization': 'Basic YWRhOnB3'}", "{'Authorization': '[redacted]'}"),
        ("sent Bearer abcdef123456 to it", "sent Bearer [redacted] to it"),
        ("api_key=abc123, next=1", "api_key=[redacted], next=1"),
        ("apikey: abc123", "apikey: [redacted]"),
        ('{"api-key": "abc 123", "a": 1}', '{"api-key": [redacted], "a": 1}'),
        ("OPENAI_API_KEY=abc123", "OPENAI_API_KEY=[redacted]"),
        ("https://x/?access_token=abc123&page=2", "https://x/?access_token=[redacted]&page=2"),
        ("client_secret='abc123'", "client_secret=[redacted]"),
        ("password=hunter2", "password=[redacted]"),
        ("db_passwd: hunter2;", "db_passwd: [redacted];"),
        ("Cookie: a=1; b=2\nnext", "Cookie: [redacted]\nnext"),
        ("Set-Cookie: sid=abc; HttpOnly", "Set-Cookie: [redacted]"),
        (f"got {JWT} back", "got [redacted] back"),
        ("key sk-proj-abcdef123456 is wrong", "key [redacted] is wrong"),
        ("postgres://ada:hunter2@db/x", "postgres://[redacted]@db/x"),
        ("https://ghp_abcdefghijkl@host/x", "https://[redacted]@host/x"),
        ("AKIAIOSFODNN7EXAMPLE", "[redacted]"),
        ('{\\"password\\": \\"hunter2\\"}', '{\\"password\\": [redacted]\\"}'),
    ],
)
def test_a_secret_is_blotted_out(text: str, expected: str) -> None:
    """By the pattern of its name or of itself."""
    assert expected == redact(text)[0]
    assert 1 == redact(text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "no space left on device",
        "the token was refused",
        "mail ada@example.org",
        "line 12, in risk-management-office",
        "task-abcdefghijkl",
        "https://example.org/a@b",
        "secretary of state",
        "max_tokens=4096, token_count: 12, prompt_tokens: 7, tokenizer=bpe",
        "",
    ],
)
def test_an_ordinary_text_is_left_alone(text: str) -> None:
    """A text without its words tells nothing."""
    assert (text, 0) == redact(text)


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "eyJ",
        "eyJaaaa.",
        "eyJaaaa-",
        "sk-",
        "://",
        "token",
        "token=",
        "cookie: ",
        "authorization: ",
        "bearer ",
        " ",
        "-",
        "\\",
        "'",
        '"',
        "secret'",
        "x@",
    ],
)
def test_no_text_makes_it_slow(unit: str) -> None:
    """The longest text that is ever searched, made of whatever could be tried again and again."""
    text = (unit * 65_536)[:65_536]
    began = time.process_time()
    redact(text)

    assert time.process_time() - began < 1.0


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(2, 50))
def test_a_clipped_text_keeps_to_its_limit(text: str, limit: int) -> None:
    """And is left alone within it."""
    assert len(clip(text, limit)) <= limit
    assert clip(text, len(text) + 1) == text


@settings(deadline=None)
@given(st.text(max_size=3_000), st.integers(100, 500))
def test_head_and_tail_keep_to_their_limit(text: str, limit: int) -> None:
    """Both ends stay."""
    cut = clip_middle(text, limit)

    assert len(cut) <= limit
    assert cut[:20] == text[:20]
    assert cut.endswith(text[-1:])


@pytest.mark.parametrize(
    "secret", ["plain", "a/b c", "it's", 'say "x"', "back\\slash", "new\nline", "bell\x07", "ü€", "\ud800"]
)
@pytest.mark.parametrize("write", [str, repr, json.dumps, quote, quote_plus, ascii])
def test_a_known_secret_is_hidden_however_it_is_written(secret: str, write: Callable[[str], str]) -> None:
    """As it is, as Python or JSON quote it, and as a URL carries it."""
    written = write(secret) if secret != "\ud800" or write not in (quote, quote_plus) else repr(secret)
    hidden, found = hide(f"before {written} after", [secret])

    assert written.strip("'\"") not in hidden
    assert ("before ", " after") == (hidden[:7], hidden[-6:])
    assert found >= 1


def test_a_tail_begins_at_a_line() -> None:
    """A tail that began within a secret could not be known for one."""
    text = "head\n" * 100 + "password=" + "hunter2" * 40 + "\ntail\n" * 12

    assert "hunter2" not in clip_middle(text, 300)
