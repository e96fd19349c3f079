%% The peer of benchmarks/supervision.py: OTP's own supervisor under the same work, one figure a line.
-module(otp_peer).
-behaviour(supervisor).
-export([main/1, init/1, start_child/2, handle/2, log/2]).

%% otp_peer:main([Command, Number, Rounds | Recorded]) prints one number and ends.
main(["storm", Number, Rounds, Recorded]) ->
    record(Recorded),
    io:format("~.3f~n", [storm(list_to_integer(Number), list_to_integer(Rounds))]),
    halt(0);
main(["start", Number]) ->
    record("no"),
    io:format("~.3f~n", [start(list_to_integer(Number))]),
    halt(0);
main(["memory", Number]) ->
    record("no"),
    io:format("~.3f~n", [memory(list_to_integer(Number))]),
    halt(0).

%% Without reports at all, or with each of them kept in a table: never printed.
record("no") ->
    ok = logger:set_primary_config(level, none);
record("yes") ->
    ets:new(otp_peer_log, [named_table, public, ordered_set]),
    ok = logger:remove_handler(default),
    ok = logger:add_handler(otp_peer, otp_peer, #{}).

log(Event, _Config) ->
    ets:insert(otp_peer_log, {erlang:unique_integer([monotonic]), Event}).

init(Counter) ->
    {ok, {#{strategy => simple_one_for_one, intensity => 1000000000, period => 1},
          [#{id => child, start => {?MODULE, start_child, [Counter]}, restart => permanent}]}}.

start_child(Counter, _Name) ->
    counters:add(Counter, 1, 1),
    {ok, spawn_link(?MODULE, handle, [self(), Counter])}.

handle(Supervisor, Counter) ->
    receive
        crash -> exit(crashed);
        _ -> handle(Supervisor, Counter)
    end.

filled(Number) ->
    Counter = counters:new(1, []),
    {ok, Supervisor} = supervisor:start_link(?MODULE, Counter),
    [{ok, _} = supervisor:start_child(Supervisor, [Name]) || Name <- lists:seq(1, Number)],
    {Supervisor, Counter}.

%% Restarts a second, all children crashing in each round.
storm(Number, Rounds) ->
    {Supervisor, Counter} = filled(Number),
    Began = erlang:monotonic_time(microsecond),
    [round_of(Supervisor, Counter, Number) || _ <- lists:seq(1, Rounds)],
    Took = erlang:monotonic_time(microsecond) - Began,
    Number * Rounds * 1.0e6 / Took.

round_of(Supervisor, Counter, Number) ->
    Pids = [Pid || {_, Pid, _, _} <- supervisor:which_children(Supervisor), is_pid(Pid)],
    Number = length(Pids),
    Target = counters:get(Counter, 1) + Number,
    [Pid ! crash || Pid <- Pids],
    await(Counter, Target).

await(Counter, Target) ->
    case counters:get(Counter, 1) >= Target of
        true -> ok;
        false -> timer:sleep(1), await(Counter, Target)
    end.

%% Calls of start_child a second.
start(Number) ->
    Began = erlang:monotonic_time(microsecond),
    filled(Number),
    Number * 1.0e6 / (erlang:monotonic_time(microsecond) - Began).

%% Bytes a child.
memory(Number) ->
    Counter = counters:new(1, []),
    {ok, Supervisor} = supervisor:start_link(?MODULE, Counter),
    erlang:garbage_collect(),
    Before = erlang:memory(total),
    [{ok, _} = supervisor:start_child(Supervisor, [Name]) || Name <- lists:seq(1, Number)],
    [erlang:garbage_collect(Pid) || Pid <- processes()],
    (erlang:memory(total) - Before) / Number.
