"""A configuration file: everything that code can say, refused in the same words, all faults at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from stentor.protocol.errors import BadUsage, NotSupported, StoreUnavailable, WebSocketConnectionLostError
from stentor.supervisor import (
    Backoff,
    Budget,
    ChildSpec,
    Hold,
    Restart,
    RestartPolicy,
    Runtime,
    Supervisor,
)
from stentor.supervisor.config._load import Config, load
from stentor.supervisor.config._write import as_toml
from stentor.supervisor.runtime._tree import SESSIONS_POLICY

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "stentor.toml"


@pytest.fixture
def myhost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module of the host's own that can be imported."""
    (tmp_path / "myhost_of_a_test.py").write_text(
        "from stentor.actors import Actor\n"
        "class Indexer(Actor): pass\n"
        "class Broken(Exception): pass\n"
        "async def answer(session, message): pass\n"
        "def identity(token): pass\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "myhost_of_a_test"


def config(tmp_path: Path, text: str) -> Config:
    """Load *text*, whoever uses its policies."""
    path = tmp_path / "stentor.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, spare=True)


def refused(tmp_path: Path, text: str) -> list[str]:
    """Return the errors of *text*; the file is named once, before all of them."""
    with pytest.raises(BadUsage) as caught:
        config(tmp_path, text)
    file = str(tmp_path / "stentor.toml")
    errors = caught.value.errors
    one = f"{file}: {errors[0]}"
    listed = "\n".join([f"{file} has {len(errors)} faults:", *(f"  {each}" for each in errors)])

    assert file == caught.value.file
    assert (one if len(errors) == 1 else listed) == str(caught.value)
    return list(errors)


def test_the_example_loads_and_starts_a_runtime() -> None:
    """The file that the docs show is one that works."""

    async def tree() -> str:
        async with Runtime.from_config(EXAMPLE) as runtime:
            return repr(runtime.tree())

    assert "tools" in asyncio.run(tree())


def test_an_empty_file_is_a_runtime_without_options(tmp_path: Path) -> None:
    """What is left out has its default."""
    assert {} == config(tmp_path, "").given


def test_every_value_of_a_policy_comes_from_the_file(tmp_path: Path, myhost: str) -> None:
    """The same value as in code, with times as texts."""
    text = f"""
[policy.mine]
strategy = "one_for_one"
ladder = true
unpark_after = "2m"
auto_shutdown = "any_significant"
budget = {{max_restarts = 4, max_seconds = "6s"}}
child_budget = {{max_restarts = 2, max_seconds = 10}}
backoff = {{initial = "200ms", factor = 3, maximum = "1m", jitter = 0.1, reset_after = "2m"}}
hold = {{children = 5, seconds = "1s"}}
[policy.mine.decide]
StoreUnavailable = "escalate"
ValueError = "resume"
"{myhost}:Broken" = {{restart = {{charged = false}}}}
"""
    found = config(tmp_path, text).policies["mine"]
    broken = next(kind for kind in found.decide if kind.__name__ == "Broken")

    assert found == RestartPolicy(
        strategy="one_for_one",
        ladder=True,
        unpark_after=120.0,
        auto_shutdown="any_significant",
        budget=Budget(4, 6.0),
        child_budget=Budget(2, 10),
        backoff=Backoff(0.2, 3, 60.0, 0.1, 120.0),
        hold=Hold(5, 1.0),
        decide={StoreUnavailable: "escalate", ValueError: "resume", broken: Restart(charged=False)},
    )


def test_the_sessions_policy_is_changed_knob_by_knob(tmp_path: Path) -> None:
    """What the file does not speak of stays as it is for sessions; none takes a knob away."""
    text = '[policy.sessions]\nunpark_after = "none"\n[policy.sessions.child_budget]\nmax_restarts = 7\n'
    found = config(tmp_path, text).given["sessions"]

    assert found.child_budget == Budget(7, 60.0)
    assert found.unpark_after is None
    assert found.decide == SESSIONS_POLICY.decide
    assert WebSocketConnectionLostError in found.decide
    assert found.budget == SESSIONS_POLICY.budget


def test_an_unlimited_budget_is_said_in_words(tmp_path: Path) -> None:
    """As in code."""
    assert "unlimited" == config(tmp_path, '[policy.mine]\nbudget = "unlimited"').policies["mine"].budget


def test_runtime_options_and_limits_come_from_the_file(tmp_path: Path, myhost: str) -> None:
    """Functions by name, sizes and times with their unit."""
    text = f"""
[runtime]
on_message = "{myhost}:answer"
authenticate = "{myhost}:identity"
says = {{feedback = "{myhost}:answer"}}
concurrency = "reject"
origins = ["https://example.org"]
drain = "2m"
emit_timeout = "none"
[limits]
buffer_bytes = "16MiB"
slow_consumer = "1m"
"""
    given = config(tmp_path, text).given

    assert ("answer", "identity") == (given["on_message"].__name__, given["authenticate"].__name__)
    assert given["says"] == {"feedback": given["on_message"]}
    assert (120.0, None, "reject") == (given["drain"], given["emit_timeout"], given["concurrency"])
    assert (16 * 1024 * 1024, 60.0) == (given["limits"].buffer_bytes, given["limits"].slow_consumer)


def test_children_come_from_the_file_with_their_own_children(tmp_path: Path, myhost: str) -> None:
    """A supervisor takes its policy by name."""
    text = f"""
[policy.tools]
strategy = "one_for_all"
[[children]]
id = "tools"
kind = "supervisor"
policy = "tools"
[[children.children]]
id = "indexer"
actor = "{myhost}:Indexer"
args = [1]
kwargs = {{deep = true}}
shutdown = "brutal_kill"
start_timeout = "1m"
"""
    (tools,) = config(tmp_path, text).children
    (indexer,) = tools.kwargs["children"]

    assert (Supervisor, "supervisor", "one_for_all") == (tools.actor, tools.kind, tools.kwargs["policy"].strategy)
    assert indexer == ChildSpec(
        "indexer", indexer.actor, (1,), {"deep": True}, shutdown="brutal_kill", start_timeout=60.0
    )
    assert "Indexer" == indexer.actor.__name__


def test_all_faults_are_told_at_once_with_the_path_of_their_key(tmp_path: Path) -> None:
    """One refusal, in the words of the constructors."""
    text = """
[runtime]
concurrency = "sometimes"
drain = "soon"
on_message = "nowhere_at_all:answer"
store = 5
[limits]
tabs = 0
event_bytes = "1parsec"
[policy.sessions]
strategy = "one_for_none"
[policy.sessions.backoff]
initial = -1
maximum = "forever"
[policy.other.decide]
NoSuchError = "restart"
ValueError = "ignore"
KeyError = {restart = {charged = 3}}
[[children]]
id = "a/b"
kind = "supervisor"
policy = "nobodys"
restart = "always"
"""
    errors = refused(tmp_path, text)

    assert [
        'runtime.on_message is "nowhere_at_all:answer"; allowed: a text "package.module:name" that can be imported; '
        "No module named 'nowhere_at_all'",
        'runtime.store is 5; allowed: a text such as "memory"',
        'runtime.concurrency is "sometimes"; allowed: queue, reject, parallel',
        'runtime.drain is "soon"; allowed: seconds, 0 or more, or a text such as "500ms", "30s", "10m", "2h", "1d"',
        'limits.event_bytes is "1parsec"; allowed: a whole number of bytes, 1 or more, or a text such as "64KiB", '
        '"256MiB", "10MB"',
        "limits.tabs is 0; allowed: a whole number of tabs, 1 or more",
        'policy.sessions.backoff.initial is -1; allowed: seconds, 0 or more, or a text such as "500ms", "30s", '
        '"10m", "2h", "1d"',
        'policy.sessions.backoff.maximum is "forever"; allowed: seconds, 0 or more, or a text such as "500ms", '
        '"30s", "10m", "2h", "1d"',
        'policy.sessions.strategy is "one_for_none"; allowed: one_for_one | one_for_all | rest_for_one',
        "policy.other.decide.NoSuchError: allowed as key: the name of an exception of stentor or of Python, or "
        "\"package.module:Name\"; 'NoSuchError' is none",
        'policy.other.decide.ValueError is "ignore"; allowed: resume | restart | stop | escalate | '
        "{restart = {charged = false}}",
        "policy.other.decide.KeyError.restart.charged is 3; allowed: true | false",
        'children[0].policy is "nobodys"; allowed: the name of a [policy.NAME] of this file: sessions, other',
        'children[0].id is "a/b"; allowed: a text that is not empty, without / and control characters',
        'children[0].restart is "always"; allowed: permanent | transient | temporary',
    ] == errors


def test_a_policy_that_can_never_be_spent_is_refused_with_its_place(tmp_path: Path) -> None:
    """The check of the policy itself, in the file's words."""
    errors = refused(tmp_path, "[policy.sessions.child_budget]\nmax_restarts = 20\n")

    assert 1 == len(errors)
    assert errors[0].startswith("policy.sessions.child_budget allows 20 restarts in 60 s, but the first 20 waits")


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ("[runtim]", "runtim", "runtime"),
        ("[runtime]\nconcurency = 'queue'", "runtime.concurency", "concurrency"),
        ("[limits]\nbuffer_byte = 1", "limits.buffer_byte", "buffer_bytes"),
        ("[policy.sessions]\nstrategie = 1", "policy.sessions.strategie", "strategy"),
        ("[policy.sessions.backoff]\ninital = 1", "policy.sessions.backoff.inital", "initial"),
        ("[[children]]\nid='a'\nactor='x.y:Z'\nresart='permanent'", "children[0].resart", "restart"),
    ],
)
def test_an_unknown_key_is_refused_with_the_one_that_was_meant(tmp_path: Path, text: str, key: str, meant: str) -> None:
    """Nothing in a file is ignored."""
    (error, *_) = refused(tmp_path, text)

    assert error.startswith(f"{key} is ")
    assert error.endswith(f"did you mean {meant}?")


@pytest.mark.parametrize(
    ("text", "key", "place"),
    [("[runtime]\nlimits = 1", "limits", "[limits]"), ("[runtime.sessions]", "sessions", "[policy.sessions]")],
)
def test_what_has_a_table_of_its_own_is_sent_there(tmp_path: Path, text: str, key: str, place: str) -> None:
    """An option of the code that stands elsewhere in the file."""
    (error,) = refused(tmp_path, text)

    assert error.startswith(f"runtime.{key} is ")
    assert error.endswith(f"it has a table of its own, {place}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("policy = 1", "policy is 1; allowed: a table [policy]"),
        ("children = 1", "children is 1; allowed: a list of tables [[children]]"),
        ("[policy]\nsessions = 1", "policy.sessions is 1; allowed: a table [policy.sessions]"),
        ("[[children]]", "children[0].id is missing; allowed: a text"),
        ("[policy.a]\nbudget = 3", 'policy.a.budget is 3; allowed: a Budget | "unlimited", as a table: '),
    ],
)
def test_what_is_no_table_is_told_so(tmp_path: Path, text: str, words: str) -> None:
    """The shape is checked as well as the values."""
    errors = refused(tmp_path, text)

    assert errors[0].startswith(words)


def test_a_file_that_is_not_there_or_not_toml_is_told_so(tmp_path: Path) -> None:
    """With the file's name, as every other fault."""
    assert refused(tmp_path, "= 1")[0].startswith("is not TOML: ")
    with pytest.raises(BadUsage, match=r"nowhere\.toml: can not be read: No such file"):
        load(tmp_path / "nowhere.toml")


def test_what_code_gives_goes_before_the_file(tmp_path: Path) -> None:
    """A test's port, a function that has no name."""
    (tmp_path / "s.toml").write_text("[runtime]\ndrain = 5\nnode = 'from-file'\n", encoding="utf-8")

    assert "from-code" in repr(Runtime.from_config(tmp_path / "s.toml", node="from-code"))
    assert "from-file" in repr(Runtime.from_config(tmp_path / "s.toml"))


def test_a_store_that_a_later_version_has_is_refused_with_file_and_key(tmp_path: Path) -> None:
    """The runtime opens the store, and the refusal still names the file."""
    (tmp_path / "s.toml").write_text("[runtime]\nstore = 'redis:there'\n", encoding="utf-8")

    with pytest.raises(NotSupported, match=r"s\.toml: runtime\.store="):
        Runtime.from_config(tmp_path / "s.toml")


def test_a_synchronous_host_reads_the_file_too() -> None:
    """``Runtime.in_thread(config=…)``."""
    with Runtime.in_thread(config=EXAMPLE) as runtime:
        assert "tools" in repr(runtime.tree())


def test_a_policy_that_is_written_to_a_file_is_read_back_the_same(tmp_path: Path) -> None:
    """What ``stentor tune`` prints can be pasted."""
    policy = RestartPolicy(
        budget="unlimited",
        child_budget=Budget(2, 9.5),
        hold=Hold(3, 2.0),
        decide={ValueError: "stop", WebSocketConnectionLostError: Restart(charged=False)},
    )
    text = as_toml("mine", policy)

    assert policy == config(tmp_path, text).policies["mine"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[policy.sessons]\nunpark_after = '1m'", "policy.sessons is used by no child; did you mean sessions?"),
        ("[policy.tools]", "policy.tools is used by no child; allowed: sessions, or the policy of a child"),
        (
            "[policy.tool]\n[policy.tools]\n[[children]]\nid='a'\nkind='supervisor'\npolicy='tools'",
            "policy.tool is used by no child; did you mean tools?",
        ),
    ],
)
def test_a_policy_that_nobody_uses_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """A slip in its name must not leave the built-in policy in force, silently."""
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")

    with pytest.raises(BadUsage) as caught:
        Runtime.from_config(tmp_path / "s.toml")

    assert [words] == caught.value.errors


def test_an_id_that_stands_twice_is_told_with_all_other_faults(tmp_path: Path) -> None:
    """Also where one of the two is wrong in other ways."""
    text = "[runtime]\ndrain = 'ten'\n" + "[[children]]\nid = 'a'\nkind = 'supervisor'\nrestart = 'always'\n" * 2
    errors = refused(tmp_path, text)

    assert 4 == len(errors)
    assert 'children: the id "a" stands twice; allowed: each id once' in errors


def test_a_policy_of_an_inner_supervisor_is_used(tmp_path: Path) -> None:
    """Children of children take policies too."""
    inner = "[[children.children]]\nid='b'\nkind='supervisor'\npolicy='deep'"
    (tmp_path / "s.toml").write_text(f"[policy.deep]\n[[children]]\nid='a'\nkind='supervisor'\n{inner}", "utf-8")

    assert ["deep"] == list(load(tmp_path / "s.toml").policies)


def test_a_slip_in_the_name_that_a_child_takes_is_told_once(tmp_path: Path) -> None:
    """The policy that it meant is no second fault."""
    (tmp_path / "s.toml").write_text(
        "[policy.tools]\n[[children]]\nid='a'\nkind='supervisor'\npolicy='tols'", encoding="utf-8"
    )

    with pytest.raises(BadUsage) as caught:
        load(tmp_path / "s.toml")

    assert [
        'children[0].policy is "tols"; allowed: the name of a [policy.NAME] of this file: tools'
    ] == caught.value.errors


def test_what_is_not_supported_stands_in_the_same_list_as_the_other_faults(tmp_path: Path) -> None:
    """All errors at once, whatever is wrong with them."""
    errors = refused(
        tmp_path, "[runtime]\nstore = 'sqlite:x'\nsnapshot = 'os:getcwd'\ndrain = 'ten'\n[limits]\ntabs = 0"
    )

    assert ["runtime.drain", "runtime.snapshot=…", 'runtime.store="sqlite:x"', "limits.tabs"] == [
        each.partition(" is ")[0] for each in errors
    ]


def test_several_options_of_a_later_version_are_told_at_once(tmp_path: Path) -> None:
    """If nothing else is wrong, it is what they are."""
    (tmp_path / "s.toml").write_text("[runtime]\nstore = 'redis:there'\nsnapshot = 'os:getcwd'\n", encoding="utf-8")

    with pytest.raises(NotSupported) as caught:
        Runtime.from_config(tmp_path / "s.toml")

    assert 2 == len(caught.value.errors)
    assert str(caught.value).startswith(f"{tmp_path / 's.toml'} has 2 faults:\n  runtime.")


def test_a_store_that_code_gives_goes_before_one_that_is_not_supported(tmp_path: Path) -> None:
    """What is not used is not judged."""
    (tmp_path / "s.toml").write_text("[runtime]\nstore = 'redis:there'\n", encoding="utf-8")

    assert Runtime.from_config(tmp_path / "s.toml", store="memory")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[runtime]\nemit_timeout = -1",
            'runtime.emit_timeout is -1; allowed: seconds, 0 or more; "none" for no bound, ',
        ),
        ("[runtime]\ndrain = true", "runtime.drain is true; allowed: "),
        (
            "[policy.a]\nunpark_after = 0",
            'policy.a.unpark_after is 0; allowed: seconds, more than 0 | "none", or a text',
        ),
        ("[policy.a]\nladder = 1", "policy.a.ladder is 1; allowed: true | false"),
        ("[policy.a]\nstrategi = {a = [true, 1.5]}", "policy.a.strategi is {a = [true, 1.5]}, an unknown key; "),
        ("[[children]]\nid = 'x'\nactor = 'json:dumps'", 'children[0].actor is "json:dumps"; allowed: a class derived'),
    ],
)
def test_values_of_a_file_are_told_in_its_own_words(tmp_path: Path, text: str, words: str) -> None:
    """As they stand there, and as they would have to."""
    assert refused(tmp_path, text)[0].startswith(words)
