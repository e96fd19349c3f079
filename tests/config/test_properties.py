"""A configuration file never breaks whoever reads it: it is taken, or refused in words."""

from __future__ import annotations

from typing import Any

from attrs import fields
from hypothesis import given
from hypothesis import strategies as st
from stentor.protocol import Limits
from stentor.protocol.errors import BadUsage, NotSupported
from stentor.supervisor import Backoff, Budget, ChildSpec, Hold, Options, RestartPolicy
from stentor.supervisor.config._load import checked

scalars = st.one_of(
    st.booleans(),
    st.integers(-2, 100),
    st.floats(),
    st.sampled_from(["none", "unlimited", "restart", "10s", "64KiB", "supervisor", "os:path", "nowhere_at_all:x", ""]),
    st.text(max_size=3),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)


def table(*names: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return tables with some of the keys *names*, and values that fit or do not; *parts* have tables of their own."""
    optional = {name: st.one_of(values, parts[name]) if name in parts else values for name in (*names, *parts)}
    return st.fixed_dictionaries({}, optional=optional)


def names_of(kind: type[Any]) -> list[str]:
    """Return the keys of *kind*."""
    return [attribute.name for attribute in fields(kind)]


policy = table(
    *names_of(RestartPolicy),
    budget=table(*names_of(Budget)),
    child_budget=table(*names_of(Budget)),
    backoff=table(*names_of(Backoff)),
    hold=table(*names_of(Hold)),
    decide=table("ValueError", "Nothing", "os:path", "StoreUnavailable"),
)
child = table(*names_of(ChildSpec), "policy", children=st.lists(table("id", "actor", "kind"), max_size=2))
files = table(
    "other",
    runtime=table(*names_of(Options), "snapshot"),
    limits=table(*names_of(Limits)[:4]),
    policy=table(sessions=policy, mine=policy),
    children=st.lists(child, max_size=2),
)


@given(files)
def test_a_file_is_taken_or_refused_in_words(values: dict[str, Any]) -> None:
    """Whatever its keys hold; the file's name stands before its faults."""
    try:
        checked("stentor.toml", values)
    except NotSupported:
        return
    except BadUsage as wrong:
        refusal = wrong
    else:
        return

    assert refusal.errors
    assert str(refusal).startswith(("stentor.toml: ", "stentor.toml has "))
