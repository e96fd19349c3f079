"""Rules of stopping, calling, significance, waiting and messages."""

from __future__ import annotations

from .rule import Rule, rule

__all__ = ["TABLE"]

TABLE: dict[str, Rule] = {
    "T1": rule(
        "A child is asked to stop ahead of its backlog, has its time for it, and is abandoned after that.",
        rules="""
            a child that ignores the stop is abandoned at its deadline
            brutal kill does not ask
            a child that stops already is not asked again when all stop
        """,
        values="a worker has five seconds to stop and a supervisor as long as it takes",
        stops="""
            a deadline of no seconds asks and abandons at once
            infinity waits as long as it takes
            a dynamic supervisor that stops waits for a child without deadline
        """,
        tree="""
            a child that ignores the stop is abandoned at its deadline
            abandoning a supervisor leaves nobody below it
        """,
        estate="""
            request stop goes ahead of the backlog
            abandon fences cancels and answers
        """,
        thread="an abandoned thread is counted and the asker is answered",
    ),
    "T2": rule(
        "Questions are answered while children start and stop.",
        tree="""
            questions are answered while a child starts and changes wait
            questions are answered while a supervisor stops
            questions are answered while a supervisor starts
        """,
    ),
    "T3": rule(
        "What ends unexpectedly during a stop is recorded and no more; nothing holds a stop up but a blocked loop.",
        rules="""
            a crash while stopping is recorded and nothing else
            a sibling that crashes before its turn to stop does not abort the group
        """,
        stops="a crash while a call stops a child is recorded and free",
        tree="""
            a supervisor that is told to stop abandons who ignores it
            a crash that meets the order to stop does not hold it up
        """,
        watchdog="a handler that blocks its loop is named with its line",
    ),
    "T4": rule(
        "An abandoned incarnation is refused at every door by its number, and each refusal is recorded.",
        rules="a stale report of an old incarnation changes nothing",
        stops="what an abandoned incarnation reports late changes nothing",
        tree="what an incarnation reported that is replaced concerns nobody",
        estate="an abandoned handler that will not die is refused at every door",
        guard="a timer of a dead incarnation fires into the record",
        thread="what an abandoned thread tries is refused and recorded",
    ),
    "C1": rule(
        "To stop a stopped child is no fault; to delete or restart one it has to be stopped, and else is told why not.",
        rules="""
            wrong calls are refused in words
            calls on a restarting child say so
        """,
        calls="""
            only a stopped child is restarted or deleted
            a deleted child is forgotten
        """,
        tree="a terminated child can be started again and counts its lives on",
    ),
    "C2": rule(
        "An id that is taken is refused: with the address of who runs, or as present, or before anything starts.",
        rules="""
            wrong calls are refused in words
            a duplicate in the list is refused before anything starts
        """,
        calls="an id is taken also by a child that is stopped or parked",
        tree="wrong calls are refused and the supervisor goes on",
    ),
    "C3": rule(
        "Each wrong value is refused in words of its own, all of them at once, and so is a key that nobody knows.",
        values="""
            all faults of a policy come in one refusal
            a value that is not allowed is refused
            all faults of a spec come in one refusal
        """,
        hands="an id that would break the path is refused",
        tree="wrong calls are refused and the supervisor goes on",
    ),
    "G1": rule(
        "Significance that could come to nothing is refused when it is built.",
        values="""
            a significant permanent child is refused
            a significant child under a policy that never shuts down is refused
        """,
        significant="all faults of significance come at once",
        calls="what concerns siblings is refused on a dynamic supervisor",
        tree_live="a change that the children do not fit is refused",
    ),
    "G2": rule(
        "A significant end counts if it came by itself and for good: the first one, or the one that leaves no other.",
        significant="""
            the first significant end stops the rest in reverse and ends as planned
            a significant child that is restarted ends nothing
            the crash of a significant temporary child counts
            a crash that a row says to stop for counts
            with all significant the last end counts
            one that waits for its restart keeps the supervisor up
            one stopped by hand counts as gone and ends nothing itself
            the last significant child stopped by hand ends nothing
            a significant end during the start waits until that is over
        """,
    ),
    "G3": rule(
        "An auto-shutdown stops the rest in reverse and is a planned end, which goes up only through significance.",
        significant="the first significant end stops the rest in reverse and ends as planned",
        tree_live="""
            the end of a significant child ends its supervisor as planned
            an auto shutdown goes up where the supervisor is significant itself
        """,
    ),
    "W1": rule(
        "Waits grow by their factor up to a maximum that no jitter exceeds and no number overflows.",
        rules="the wait grows and the child is restarting meanwhile",
        backoff="""
            a wait grows by its factor up to its maximum
            no jitter lifts a wait over the maximum
            a wait after very many attempts is the longest
        """,
    ),
    "W2": rule(
        "Attempts are counted anew only after a life long enough, in which a session has also done something.",
        rules="the count of attempts begins anew after reset after",
        backoff="""
            the seconds of waiting are no seconds of being up
            a good time before does not clear what came after it
            a session that did nothing has not been well
        """,
        healthy="""
            a session that handled a message begins with the first wait
            a session that only stood there waits longer
            a worker that only stood there begins with the first wait
        """,
    ),
    "W3": rule(
        "Waits and budgets know nothing of each other; an uncharged failure neither waits nor counts.",
        rules="an uncharged failure is recorded free and restarted at once",
        backoff="""
            the waits are the same under any budget
            a budget is spent by as many failures under any backoff
        """,
    ),
    "W4": rule(
        "No second incarnation starts before the first is gone or fenced.",
        rules="a stale report of an old incarnation changes nothing",
        backoff="a group is not started before the last of it is gone",
        estate="no second incarnation starts before the first is gone or fenced",
    ),
    "M1": rule(
        "Address and mailbox outlive a crash; what waited is handled once and in order, what crashed is a dead letter.",
        tree="a crashed child comes back after its backoff and handles what waited in order",
        estate="""
            the address and waiting messages survive a restart in order
            an asker of a crash gets the exception with the failures id
        """,
    ),
    "M2": rule(
        "What crashes two incarnations, an event or a client's message, is set aside, with the ids of both failures, "
        "and its neighbours go through.",
        quarantine="a message of a client that crashes two incarnations is set aside",
        session="an event that crashes two incarnations is quarantined alone",
        scenarios="an event that crashes its session twice fails as a gap and holds nobody up",
    ),
    "M3": rule(
        "Who waits for a child that does not come back is answered at once, and no message vanishes.",
        tree="a parked child is visible and its callers learn of it",
        lives="""
            what waited for a child that is stopped for good is answered and on record
            an ask of a child that gives its supervisor up is answered
        """,
        estate="""
            close answers asks records tells and tells watchers once
            park keeps the address and fails what waits
        """,
    ),
    "M4": rule(
        "A watcher hears once that somebody is gone for good, also if that was before, and of no restart.",
        lives="a watcher hears once of the end and of no restart",
        estate="""
            a watcher hears of the end but of no restart
            close answers asks records tells and tells watchers once
        """,
    ),
}
