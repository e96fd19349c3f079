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
  actor_parked: ["bad", "The session is parked, after crashes or by its operator. What was being answered has ended."],
  store_unavailable: ["warn", "The store does not answer; nothing new is accepted until it does."],
  session_closed: ["warn", "The host goes down; the page comes back when it does."],
};

const BREAKS = {
  4100: "The host goes down; the page comes back when it does.",
  4102: "The host waited too long for this page; reconnecting…",
  4104: "The session was restarted; reconnecting…",
  4108: "The host closed the session before this page had everything; reconnecting…",
  4107: "The store did not answer, so the session closed the connection; reconnecting…",
};

// Why the position is worth nothing any more, and what can be said when the connection works again.
const LOST = {
  epoch_changed: [
    "The host was started anew; what it had not yet said is gone.",
    "Connected again. The conversation begins anew.",
  ],
  position_lost: [
    "Part of the conversation passed while this page was away, and is no longer kept. Another tab may have shown it.",
    "Connected again. Part of the conversation is missing.",
  ],
  position_future: [
    "The host does not know this position in the conversation.",
    "Connected again. The conversation begins anew.",
  ],
};

const ENDS = {
  taken_over: "Another tab has taken over this conversation. Reload this page to take it back.",
  session_closed: "The host closed this session.",
  unauthenticated: "The host does not know you.",
  forbidden: "This conversation is not yours.",
};

export const RESUMED = "Connected again, resumed where it stopped.";
export const RESTED = "The session works again. Ask anew.";
export const PARKED = "The session was parked before this answer ended.";
export const ELSEWHERE = "It goes on in the tab that took over.";
export const BEGUN_ELSEWHERE = "The beginning of this answer went to another tab; here is the rest.";

export const stateWords = (state, resting) => (resting && state !== "live" ? "parked" : STATES[state] ?? state);
export const breakWords = (code) => BREAKS[code] ?? "The connection was lost; reconnecting…";
export const lostWords = (why) => LOST[why]?.[0] ?? `Some of the conversation was lost: ${why}.`;
export const againWords = (why) => LOST[why]?.[1] ?? "Connected again. Some of the conversation was lost.";
export const endWords = (reason) => ENDS[reason?.code] ?? `The conversation ended: ${reason?.message ?? "no reason given"}.`;
export const stopWords = (reason) => (!reason || reason === "stopped by the user" ? "Stopped." : `Stopped: ${reason}.`);

export function noticeWords({ code, msg, after_ms: wait, failure }) {
  const [kind, words] = NOTICES[code] ?? ["info", msg || code];
  const soon = wait ? ` Next attempt in ${(wait / 1000).toFixed(wait < 10000 ? 1 : 0)} s.` : "";
  return [kind, `${words}${soon}${failure ? ` (failure ${failure.slice(-8)})` : ""}`];
}

// Why nothing can be asked in this state; empty where it can, or soon can.
export function muteWords(state, resting) {
  if (state === "ended") return "This page has no connection any more: nothing can be asked here.";
  if (state === "live" || state === "catching_up") return "";
  if (resting) return "The session is parked: nothing can be asked until it is tried again.";
  return state === "backoff" ? "There is no connection: a question can be asked when it is back." : "";
}
