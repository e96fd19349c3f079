"""Rules of restarting: budgets, strategies, restarts that fail, first starts."""

from __future__ import annotations

from .rule import Rule, rule

__all__ = ["TABLE"]

TABLE: dict[str, Rule] = {
    "B1": rule(
        "Only restarts of the supervisor's own accord cost: one unit a decision, and one a retry, paid beforehand.",
        rules="""
            a permanent childs normal exit costs
            a temporary child is dropped free of charge
            a transient child that ends well touches nobody
            parking by hand stops the child and costs nothing
            a restart that fails is tried again after its own charge and wait
            a failed restart of an uncharged type is free and waits longer each time
            a failed restart of a charged type costs also after a free crash
        """,
        budget="""
            calls by hand are free
            a try that somebody asks for is free
            the good end of a transient child is free
            a retry that the budget does not allow is never made
            a group costs as much as one child
            a good end is charged to a permanent child like a bad one
        """,
    ),
    "B2": rule(
        "A window of monotonic seconds slides; what is exactly as old as it counts, and one restart too many ends it.",
        rules="""
            a budget is spent by one restart more than it allows
            an entry exactly as old as the window still counts
            an entry older than the window counts no more
        """,
        budget="the window counts parts of a second",
        lives="a clock on the wall that is set changes no window",
    ),
    "B3": rule(
        "What is paid for is the failure: a whole group that is restarted costs one unit.",
        rules="one for all stops the others in reverse and starts all in order",
        budget="a group costs as much as one child",
    ),
    "B4": rule(
        "What was spent is the instance's own memory; one that gives up says so, stops the rest in reverse, and ends.",
        budget="""
            who gives up says so and then stops the rest in reverse
            a temporary sibling is dropped when its supervisor gives up
        """,
        lives="a supervisor that is started again has its whole budget",
    ),
    "B5": rule(
        "Giving up is a failure with its causes, so that whoever is above decides about it.",
        budget="the failures that spent the budget are handed up",
        tree="""
            a nested supervisor that gives up escalates with its causes
            a restart that fails is charged and tried again until the budget is spent
        """,
        lives="the parent decides about a supervisor that gave up",
    ),
    "B6": rule(
        "With budgets of their own children pay for themselves, are parked one by one, and only parks reach the other.",
        rules="""
            a child that spends its own budget is parked and siblings never notice
            each park charges the supervisor and too many make it give up
        """,
        budget="""
            each child pays for itself under child budgets
            a parked child keeps its slot
        """,
        tree="a parked child is visible and its callers learn of it",
        hands="a child that can not be built is parked without an estate",
        hold="it costs the supervisor one unit and its children none",
        runs="a scope of a parked session fails and its clients are told",
    ),
    "B7": rule(
        "A stop from outside is a good end, an uncharged restart is recorded and free, and going on has its price.",
        rules="""
            an uncharged failure is recorded free and restarted at once
            a failed restart of an uncharged type is free and waits longer each time
            resume keeps the incarnation and is charged
        """,
        budget="a good end is charged to a permanent child like a bad one",
        tree="""
            a child stopped from outside ends normally and is started again
            a lost connection restarts at once and free
        """,
    ),
    "S1": rule(
        "Children start one after the other, those added last, and stop one after the other the other way round.",
        rules="""
            each child of the list waits for the start before it
            stopping goes in strict reverse each awaited
        """,
        groups="a child that was added comes after the others",
        tree="""
            children stop in reverse each awaited
            each child starts after the one before has started
        """,
    ),
    "S2": rule(
        "A strategy says who is restarted with the one that failed; temporary members of the group are dropped.",
        rules="""
            a failed child is recorded and then started again
            one for all stops the others in reverse and starts all in order
            rest for one takes the failed child and those after it
            temporary siblings are stopped and dropped
        """,
    ),
    "S3": rule(
        "Where the child itself is not restarted, no sibling is touched.",
        rules="""
            a transient child that ends well touches nobody
            a temporary child is dropped free of charge
        """,
    ),
    "S4": rule(
        "A group is started whole, but for who was stopped by hand or is parked.",
        rules="""
            a sibling stopped by hand stays so in a group restart
            a transient sibling that had ended is started by a group restart
        """,
        groups="""
            a parked child stays so when its group is restarted
            a child that was started again by hand belongs to its group again
        """,
    ),
    "S5": rule(
        "A dynamic supervisor has many children, each for itself and at the same cost, and stops all at once.",
        rules="""
            a dynamic supervisor stops all at once with one deadline
            in a dynamic supervisor a slow child keeps only its own callers waiting
            a dynamic supervisor counts restarting children against its limit
            a terminated child of a dynamic supervisor is gone
        """,
        calls="""
            a start a crash and a restart cost the same among many
            what concerns siblings is refused on a dynamic supervisor
        """,
        stops="a dynamic supervisor that stops waits for a child without deadline",
        live="a dynamic supervisor takes no other strategy later either",
        tree="""
            a dynamic supervisor makes its children from a template
            a dynamic supervisor stops all at once with one deadline
        """,
    ),
    "F1": rule(
        "A restart that fails waits for its next try, and everything else is served meanwhile, a stop too.",
        rules="""
            a restart that fails is tried again after its own charge and wait
            a failing restart without wait lets other calls in between
            a group that fails to start without wait lets other calls in between
        """,
        groups="a failing restart can be stopped with its supervisor",
        tree="a restart that fails is charged and tried again until the budget is spent",
        hands="a restart that can not be built is tried again and charged",
    ),
    "F2": rule(
        "After a failed start rest_for_one goes on where it was, and one_for_all begins again from its first child.",
        rules="""
            rest for one resumes at the child that failed to start
            one for all stops what it just started and begins again
        """,
        groups="what one for all has just started does not run through the wait for the next try",
    ),
    "F3": rule(
        "A child that waits for its restart is not active, says so to who calls, and can be stopped or hurried.",
        rules="""
            calls on a restarting child say so
            terminating a restarting child cancels the pending try
        """,
        lives="a child that waits for its restart is not active",
    ),
    "F4": rule(
        "A start may decline: a static child keeps its spec, of any other nothing is left.",
        rules="a start may decline",
        groups="""
            of a declined start a dynamic supervisor keeps nothing
            a restart that declines leaves a static child stopped
        """,
        tree="a start may decline",
        estate="a start may be declined",
    ),
    "I1": rule(
        "A list whose k-th child does not start is unwound at once, and the error names that child and its reason.",
        rules="a first start that fails unwinds in reverse",
        tree="a first start that fails names the child and unwinds",
    ),
    "I2": rule(
        "A child that somebody adds and that does not start is that caller's error, and nothing else.",
        rules="a failed start child answers its caller and leaves nothing",
        tree="a start child that fails answers its caller and leaves nothing",
        hands="a child whose address is taken fails its start and the supervisor goes on",
    ),
}
