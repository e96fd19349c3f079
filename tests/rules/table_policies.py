"""Rules of policies: what is refused when it is built, directives, ladder, hold, un-parking, live policy."""

from __future__ import annotations

from .rule import Rule, rule

__all__ = ["TABLE"]

TABLE: dict[str, Rule] = {
    "R1": rule(
        "A budget that can never be spent is refused with its sum, unless unlimited; slow starts are pointed out.",
        values="""
            a budget that one child can never spend is refused with its sum
            a budget exactly as long as its waits is allowed
            with a child budget it is that one which is tested
            an unlimited budget has to be asked for in words
        """,
        rules="""
            restarts too slow for the budget to be spent are pointed out once
            a failed restart that took too long is pointed out
            a sibling whose stop takes too long is pointed out
            a first start may take its time
        """,
    ),
    "R2": rule(
        "What is allowed and hardly meant so is warned about, with the reason.",
        values="""
            a row that can never match is warned about with its reason
            a row by which a start could be tried for ever without a wait is warned about
        """,
        tree="nested budgets are pointed out in the record",
        tree_live="""
            a permanent supervisor that shuts itself down is warned about and started again
            a significant temporary child in a group is warned about
        """,
    ),
    "X1": rule(
        "A row for the most specific class decides, wherever it stands: restart, resume, stop or escalate.",
        rules="""
            the most specific class decides in any order of writing
            resume keeps the incarnation and is charged
            escalate stops the rest and fails the supervisor with the cause
            explain names the rule and changes nothing
        """,
        tree="""
            resume keeps the state of the child
            escalate hands the childs own exception up
        """,
    ),
    "ladder": rule(
        "With each charged failure in the window a restart throws away more: the connection, then what was in memory.",
        ladder="""
            each charged failure in the window is one rung more
            a rung is left with the window
            an uncharged failure throws nothing away
            a restart that fails climbs and a free one keeps the rung
            a parked child is tried again on the highest rung
            a child parked by hand keeps what it has
            a child that was stopped for good begins with nothing
            without a ladder every restart throws away the incarnation only
            a sibling of a group throws away no more than its own failures ask for
        """,
        values="a ladder without a child budget is refused",
        tree_live="a child finds its rung",
        sessions="""
            the first crash in a row costs a notice the second the connection the third what was in memory
            what was accepted while nobody was there survives every rung
        """,
    ),
    "hold": rule(
        "Many children that fail alike are one incident: one unit, one of them probes, the others follow spread.",
        hold="""
            as many different children as the hold says are one incident
            it costs the supervisor one unit and its children none
            the same child many times is no incident
            failures too far apart are no incident
            failures of different causes are no incident
            what costs nothing never counts
            a failing start counts like a crash
            only one probes
            a probe that stays up lets the others follow spread
            a later failure of the same cause joins and costs nothing
            a probe that fails alike is followed by another after a longer wait
            a probe that fails of something else is on its own and another probes
            another probes where the probe is taken away
            too many incidents make the supervisor give up
            without child budgets the supervisor gets its charges back
            a probe that loses its connection again and again keeps nobody waiting
            a child that the cause had parked waits with the others
        """,
        values="a hold under a group strategy is refused",
        tree_live="children that lose one provider are one incident and one of them probes",
        sessions="the sessions of a runtime are on a ladder and under a hold",
    ),
    "un-park": rule(
        "A parked child comes back by a call or after a wait that grows, on trial: one failure parks it again.",
        rules="""
            an unparked child is on trial
            an unparked child that stays well is no longer on trial
            an unpark whose start fails answers the caller and parks again
            a parked child is tried again after a wait that grows
            a child that stays well after its trial begins with the first wait
            a terminated parked child is tried no more
        """,
        live="""
            a parked child stays so until the new time
            a parked child waits for ever where the new policy has no time
            a child parked by hand is tried by no new policy
        """,
        tree="a parked child is visible and its callers learn of it",
        runs="an unparked session delivers what waited",
    ),
    "live policy": rule(
        "A policy is changed at once and as a whole, with a reason and a number, keeps the history, and may revert.",
        live="""
            a new policy decides on the next failure
            the window keeps what was charged
            a childs restarts before count in its own window when it gets one
            what the restarts cost is handed down once
            what a park cost the supervisor still counts without child budgets
            a restart that waits keeps its time
            a policy for a while reverts by itself
            a shorter window for a while makes nothing be forgotten
            a newer permanent policy cancels the revert
            a newer policy for a while reverts to the last permanent one
            a policy that does not fit the children is refused whole
            a policy is set also while a start goes on
            a supervisor that stops takes no policy and leaves no timer
        """,
        tree_live="""
            some fields of the policy are changed and the rest stays
            a policy for a while ends by the supervisors clock
            all faults of a change come in one refusal and nothing changes
        """,
    ),
    "last_failure": rule(
        "An incarnation knows at its start which one it is, and what ended the one before.",
        lives="an actor knows at its start which life it is and what ended the last",
        tree="a crashed child comes back after its backoff and handles what waited in order",
        estate="launch builds an incarnation that knows itself",
    ),
}
