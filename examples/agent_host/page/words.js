// What states, notices and endings are called where a person reads them.

const STATES = {
  idle: "not connected",
  connecting: "connecting",
  hello: "connecting",
  catching_up: "catching up",
  live: "connected",
  resync: "starting anew",
  backoff: "connection lost, trying again",
  ended: "ended",
};

const NOTICES = {
  session_restarting: ["warn", "The session crashed and was restarted. What it had to say was kept."],
  actor_parked: ["bad", "The session crashed too often and rests for a while. What was being answered has ended."],
  store_unavailable: ["warn", "The store does not answer; nothing new is accepted until it does."],
  session_closed: ["warn", "The host goes down; the page comes back when it does."],
};

const LOST = {
  epoch_changed: "The host was started anew; what it had not yet said is gone. Ask again.",
  position_lost: "You were away too long: some of the answer is no longer kept.",
  position_future: "The host does not know this position in the conversation; it starts anew.",
};

const ENDS = {
  taken_over: "Another tab has taken over this conversation. Reload this page to take it back.",
  session_closed: "The host closed this session.",
  unauthenticated: "The host does not know you.",
  forbidden: "This conversation is not yours.",
};

export const stateWords = (state) => STATES[state] ?? state;
export const lostWords = (why) => LOST[why] ?? `Some of the conversation was lost: ${why}.`;
export const endWords = (reason) => ENDS[reason?.code] ?? `The conversation ended: ${reason?.message ?? "no reason given"}.`;

export function noticeWords({ code, msg, after_ms: wait, failure }) {
  const [kind, words] = NOTICES[code] ?? ["info", msg || code];
  const soon = wait ? ` Next attempt in ${(wait / 1000).toFixed(1)} s.` : "";
  return [kind, `${words}${soon}${failure ? ` (failure ${failure.slice(-8)})` : ""}`];
}
