%% OTP's supervisor under traces that come in on standard input, one term a line; what was seen goes out as JSON, one
%% line a trace. The supervisor is OTP's, compiled again from its beam's abstract code under another name, with three
%% things led here: the clock, so that seconds pass when a trace says so; exit/2, so that each order to stop is written
%% down in its turn; and each call as it is taken in, so that a child without an id can be called by a name.
-module(otp_world).
-export([main/0, init/1, start/1, seconds/0, exit/2, taken/1]).

main() ->
    logger:set_primary_config(level, none),
    load_supervisor(),
    ets:new(world, [named_table, public, ordered_set]),
    loop().

loop() ->
    case io:get_line("") of
        eof ->
            ok;
        Line ->
            {ok, Tokens, _} = erl_scan:string(Line),
            {ok, Trace} = erl_parse:parse_term(Tokens),
            {Pid, Mon} = spawn_monitor(fun() -> exit({seen, run(Trace)}) end),
            receive
                {'DOWN', Mon, process, Pid, {seen, Seen}} -> io:put_chars([json(Seen), $\n]);
                {'DOWN', Mon, process, Pid, Why} -> io:put_chars([json(io_lib:format("~0p", [Why])), $\n])
            end,
            loop()
    end.

%% The supervisor

load_supervisor() ->
    {ok, {_, [{abstract_code, {raw_abstract_v1, Forms}}]}} =
        beam_lib:chunks(code:which(supervisor), [abstract_code]),
    [Eof | Rest] = lists:reverse([lead(Form) || Form <- Forms]),
    {ok, Name, Beam} = compile:forms(lists:reverse([Eof, taking() | Rest]), []),
    {module, Name} = code:load_binary(Name, "supervisor.erl", Beam).

lead({attribute, L, module, supervisor}) ->
    {attribute, L, module, otp_supervisor};
lead({function, L, handle_call, 3, Clauses}) ->
    {function, L, otp_handle_call, 3, lead(Clauses)};
lead({attribute, _, spec, {{handle_call, 3}, _}}) ->
    {attribute, 0, file, {"supervisor.erl", 0}};
lead({call, L, {remote, _, {atom, _, erlang}, {atom, _, monotonic_time}}, [_]}) ->
    {call, L, {remote, L, {atom, L, ?MODULE}, {atom, L, seconds}}, []};
lead({call, L, {atom, _, exit}, [Pid, Reason]}) ->
    {call, L, {remote, L, {atom, L, ?MODULE}, {atom, L, exit}}, [lead(Pid), lead(Reason)]};
lead({call, L, {remote, _, {atom, _, gen_server}, {atom, _, start_link}} = F, [{atom, A, supervisor} | Rest]}) ->
    {call, L, F, [{atom, A, otp_supervisor} | Rest]};
lead(Form) when is_tuple(Form) -> list_to_tuple(lead(tuple_to_list(Form)));
lead([Head | Tail]) -> [lead(Head) | lead(Tail)];
lead(Other) -> Other.

taking() ->
    {ok, Tokens, _} = erl_scan:string("handle_call(Q, F, S) -> otp_handle_call(otp_world:taken(Q), F, S)."),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

taken({terminate_child, {name, Id}}) ->
    {terminate_child, pid_of(Id)};
taken({terminate_child, Id} = Question) ->
    ets:insert(world, {{by_hand, Id}}),
    Question;
taken(Question) ->
    Question.

seconds() -> ets:lookup_element(world, seconds, 2).

exit(Pid, Reason) ->
    case is_process_alive(Pid) of
        true -> note(case Reason of kill -> kill; _ -> stop end, ets:lookup_element(world, {name, Pid}, 2));
        false -> ok
    end,
    erlang:exit(Pid, Reason).

init(Flags_and_specs) -> {ok, Flags_and_specs}.

%% The children

start(Id) ->
    case is_group_start() andalso ets:member(world, hold) andalso ets:member(world, {by_hand, Id}) of
        true ->
            ignore;
        false ->
            Outcome = outcome(Id),
            note(tried(Outcome), Id),
            Outcome =/= error andalso ets:delete(world, {by_hand, Id}),
            started(Outcome, Id)
    end.

tried(ok) -> start;
tried(error) -> failed;
tried(ignore) -> declined.

started(error, _) -> {error, scripted};
started(ignore, _) -> ignore;
started(ok, Id) ->
    Self = self(),
    Pid = spawn_link(fun() -> process_flag(trap_exit, true), Self ! {ready, self()}, child(Id) end),
    receive {ready, Pid} -> ok end,
    ets:insert(world, [{{pid, Id}, Pid}, {{name, Pid}, Id}]),
    {ok, Pid}.

outcome(Id) ->
    case ets:lookup(world, {script, Id}) of
        [{_, [Outcome | Rest]}] -> ets:insert(world, {{script, Id}, Rest}), Outcome;
        _ -> ok
    end.

child(Id) ->
    receive
        {leave, How} -> exit(reason(How));
        {'EXIT', _, shutdown} ->
            case ets:lookup(world, {stops, Id}) of
                [{_, How}] -> exit(reason(How));
                [] -> exit(shutdown)
            end
    end.

reason(planned) -> {shutdown, planned};
reason(crash) -> boom;
reason(Reason) -> Reason.

%% Whether this start is one of many, and not one that a call asks for.
is_group_start() ->
    {current_stacktrace, Stack} = process_info(self(), current_stacktrace),
    lists:any(fun({otp_supervisor, F, _, _}) -> lists:prefix("-start_children/2-", atom_to_list(F));
                 (_) -> false end, Stack).

note(What, Id) ->
    ets:insert(world, {{log, erlang:unique_integer([monotonic])}, [What, Id]}).

%% One trace

run({Options, Flags, Specs, Before, Steps}) ->
    process_flag(trap_exit, true),
    ets:delete_all_objects(world),
    ets:insert(world, [{seconds, 0} | [{Option} || Option <- Options]]),
    Dynamic = maps:get(strategy, Flags) =:= simple_one_for_one,
    [act(none, Dynamic, Step) || Step <- Before],
    case otp_supervisor:start_link(?MODULE, {Flags, [spec(Dynamic, Spec) || Spec <- Specs]}) of
        {ok, Sup} ->
            First = seen([], settle(Sup, Dynamic)),
            [First | steps(Sup, Dynamic, Steps)];
        {error, {shutdown, {failed_to_start_child, Id, scripted}}} ->
            [seen([], {[], [<<"start_failed ">>, atom_to_list(Id)]})]
    end.

spec(Dynamic, {Id, Restart, Shutdown, Type, Significant}) ->
    Args = case Dynamic of true -> []; false -> [Id] end,
    #{id => Id, start => {?MODULE, start, Args}, restart => Restart, shutdown => Shutdown, type => Type,
      significant => Significant}.

steps(_, _, []) -> [];
steps(Sup, Dynamic, [Step | Rest]) ->
    Burst = case Step of {burst, Several} -> Several; _ -> [Step] end,
    length(Burst) > 1 andalso sys:suspend(Sup),
    Asked = [act(Sup, Dynamic, One) || One <- Burst],
    length(Burst) > 1 andalso sys:resume(Sup),
    Answers = [answered(Request) || {request, Request} <- Asked],
    case settle(Sup, Dynamic) of
        {_, alive} = Now -> [seen(Answers, Now) | steps(Sup, Dynamic, Rest)];
        Now -> [seen(Answers, Now)]
    end.

seen(Answers, {Children, End}) ->
    Log = [Note || [Note] <- ets:match(world, {{log, '_'}, '$1'})],
    ets:match_delete(world, {{log, '_'}, '_'}),
    #{log => {list, [{list, Note} || Note <- Log]}, children => {list, [{list, Child} || Child <- Children]},
      answers => {list, Answers}, 'end' => End}.

act(_, _, {script, Id, Outcomes}) -> ets:insert(world, {{script, Id}, Outcomes});
act(_, _, {stops, Id, How}) -> ets:insert(world, {{stops, Id}, How});
act(_, _, {advance, Seconds}) -> ets:update_counter(world, seconds, Seconds);
act(Sup, _, {exit, Id, How}) -> leave(Sup, ets:lookup(world, {pid, Id}), How);
act(Sup, _, {stop}) -> erlang:exit(Sup, shutdown);
act(Sup, true, {start_child, Spec}) -> ask(Sup, {start_child, [element(1, Spec)]});
act(Sup, false, {start_child, Spec}) -> ask(Sup, {start_child, spec(false, Spec)});
act(Sup, true, {terminate_child, Id}) -> ask(Sup, {terminate_child, {name, Id}});
act(Sup, _, {What, Id}) -> ask(Sup, {What, Id});
act(Sup, _, {What}) -> ask(Sup, What).

ask(Sup, Question) -> {request, gen_server:send_request(Sup, Question)}.

pid_of(Id) ->
    case ets:lookup(world, {pid, Id}) of
        [{_, Pid}] -> Pid;
        [] -> {Pid, Mon} = spawn_monitor(fun() -> ok end), receive {'DOWN', Mon, _, _, _} -> Pid end
    end.

leave(Sup, [{_, Pid}], How) ->
    Mon = monitor(process, Pid),
    case How of
        killed -> erlang:exit(Pid, kill);
        _ -> Pid ! {leave, How}
    end,
    receive {'DOWN', Mon, process, Pid, _} -> unlinked(Sup, Pid) end;
leave(_, [], _) -> ok.

%% The link goes when the exit has come in; only then is what we send next behind it.
unlinked(Sup, Pid) ->
    case process_info(Sup, links) of
        {links, Links} -> lists:member(Pid, Links) andalso unlinked(Sup, Pid);
        undefined -> ok
    end.

%% A retry waits in the supervisor's own mailbox exactly while some child is restarting.
settle(Sup, Dynamic) ->
    try gen_server:call(Sup, which_children) of
        Children ->
            case lists:keymember(restarting, 2, Children) of
                true -> settle(Sup, Dynamic);
                false -> {in_order(Dynamic, [state(Child) || Child <- Children]), alive}
            end
    catch
        exit:_ -> receive {'EXIT', Sup, Reason} -> {[], io_lib:format("~0p", [Reason])} end
    end.

in_order(true, Children) -> lists:sort(Children);
in_order(false, Children) -> lists:reverse(Children).

state({undefined, restarting, _, _}) -> ["?", restarting];
state({_, Pid, _, _}) when is_pid(Pid) -> [ets:lookup_element(world, {name, Pid}, 2), running];
state({Id, undefined, _, _}) -> [Id, stopped];
state({Id, restarting, _, _}) -> [Id, restarting].

answered(Request) ->
    case gen_server:wait_response(Request, 5000) of
        {reply, Answer} -> answer(Answer);
        {error, _} -> dead
    end.

answer(ok) -> ok;
answer({ok, undefined}) -> ignored;
answer({ok, _}) -> ok;
answer({error, {already_started, _}}) -> already_started;
answer({error, {scripted, _}}) -> start_error;
answer({error, scripted}) -> start_error;
answer({error, Word}) when is_atom(Word) -> Word;
answer([{specs, Specs}, {active, Active}, {supervisors, Supervisors}, {workers, Workers}]) ->
    io_lib:format("~p specs, ~p active, ~p supervisors, ~p workers", [Specs, Active, Supervisors, Workers]).

json(Map) when is_map(Map) ->
    [${, lists:join($,, [[json(Key), $:, json(Value)] || {Key, Value} <- maps:to_list(Map)]), $}];
json({list, List}) -> [$[, lists:join($,, [json(Value) || Value <- List]), $]];
json([Map | _] = Seen) when is_map(Map) -> json({list, Seen});
json(Atom) when is_atom(Atom) -> [$", atom_to_list(Atom), $"];
json(Text) -> [$", string:replace(string:replace(lists:flatten(io_lib:format("~ts", [Text])), "\\", "\\\\", all), "\"", "\\\"", all), $"].
