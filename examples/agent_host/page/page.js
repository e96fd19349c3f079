// The page: asks, shows what comes, and breaks things on request. The client resumes by itself.
import { connect } from "/stentor.js";
import { byId, make } from "./dom.js";
import { Kept } from "./kept.js";
import { EventLog } from "./log.js";
import { Notices } from "./notices.js";
import { Transcript } from "./transcript.js";
import * as words from "./words.js";

const SAMPLES = ["What happens when a session crashes?", "How many times does “crash” occur?", "What is 15% of 2,048?"];
const BREAKS = new Set(["actor_parked", "session_closed", "store_unavailable"]); // notices that say why a connection ends
const ENDS = new Set(["agent_completed", "agent_failed", "agent_cancelled"]);

const query = new URLSearchParams(location.search);
const session = [query.get("user") || "ada", query.get("thread") || "t1"].map(encodeURIComponent).join("/");
const transcript = new Transcript(byId("transcript"));
const log = new EventLog(byId("log"), byId("count"));
const notices = new Notices(byId("notices"), byId("transcript"));
const kept = new Kept(session);
const hint = byId("armed").textContent;
const connection = { state: "idle", broken: false, told: false, resting: false, lost: null }; // since it last worked

const waiting = new Map(kept.unanswered().map((entry) => [entry.cid, entry]));
for (const entry of kept.entries) replay(entry);

const client = connect(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`, {
  session,
  resume: kept.position,
  tab: kept.tab,
  cid: kept.cid,
  onEvent(event) {
    kept.add({ seq: event.seq, type: event.type, run: event.run, data: event.data });
    if (ENDS.has(event.type)) disarm(); // what waited for this answer does not wait for the next
    shown(event);
  },
  onGap(gap) {
    kept.add({ gap });
    missing(gap);
    notices.add("bad", `${gap.n ?? gap.to - gap.from + 1} events were lost on the way: ${gap.code}.`);
  },
  onLost(why) {
    connection.lost = why;
    notices.add("bad", words.lostWords(why));
    abandon(words.lostWords(why), why === "position_lost" ? "away" : "failed");
    if (why === "epoch_changed") disarm(); // the host that knew of it is gone
  },
  onNotice(notice) {
    notices.add(...words.noticeWords(notice));
    if (BREAKS.has(notice.code)) connection.told = true;
    if (notice.code === "session_restarting") disarm();
    if (notice.code !== "actor_parked") return;
    connection.resting = true;
    abandon(words.PARKED, "failed"); // nothing can be told in it any more
  },
  onState: changed,
});
byId("session").textContent = decodeURIComponent(session);
changed(client.state);
for (const say of kept.says.slice()) again(say);
if (kept.armed) showArmed();

function changed(state, detail) {
  connection.state = state;
  if (state === "backoff") {
    if (!connection.broken && !connection.told) notices.add("warn", words.breakWords(detail.closeCode));
    connection.broken = true;
  } else if (state === "live") {
    if (connection.broken) notices.add("good", backWords());
    Object.assign(connection, { broken: false, told: false, resting: false, lost: null });
  } else if (state === "ended") {
    notices.add("bad", words.endWords(detail));
    const away = detail.code === "taken_over"; // not kept: a reload takes the conversation back, and goes on with it
    transcript.abandon(away ? words.ELSEWHERE : words.endWords(detail), away ? "away" : "failed");
    disarm();
  }
  refresh();
}

function backWords() {
  if (connection.lost) return words.againWords(connection.lost);
  return connection.resting ? words.RESTED : words.RESUMED;
}

// What an entry of the conversation did to the page when it came, it does again after a reload.
function replay(entry) {
  if (entry.ask) entry.turn = asked(entry.ask, !waiting.has(entry.cid));
  else if (entry.gap) missing(entry.gap);
  else if (entry.abandon) transcript.abandon(entry.abandon, entry.end);
  else shown(entry);
}

function asked(question, taken) {
  byId("welcome").hidden = true;
  const turn = transcript.ask(question);
  turn.taken = taken;
  return turn;
}

function shown(event) {
  byId("welcome").hidden = true;
  log.add(event.seq, event.type, event.data);
  transcript.show(event);
  refresh();
}

function missing(gap) {
  log.add(gap.to, "gap", gap);
  transcript.mark(`Something is missing here: events ${gap.from} to ${gap.to} (${gap.code}).`);
}

function abandon(why, end) {
  if (!transcript.busy) return refresh();
  kept.add({ abandon: why, end });
  for (const entry of kept.unanswered()) kept.add(kept.remove(entry)); // put again, it belongs to what comes now
  transcript.abandon(why, end);
  return refresh();
}

function askable() {
  return words.muteWords(connection.state, connection.resting) === "" && connection.state !== "idle" && !transcript.busy;
}

function refresh() {
  const { state, resting } = connection;
  byId("state").dataset.state = state;
  byId("state-text").textContent = words.stateWords(state, resting);
  byId("mute").textContent = words.muteWords(state, resting);
  byId("ask").querySelector("[type=submit]").disabled = !askable();
  for (const sample of byId("samples").querySelectorAll("button")) sample.disabled = !askable();
  const over = state === "ended";
  byId("stop").disabled = over || !transcript.busy;
  byId("crash").disabled = byId("cut").disabled = over || resting;
}

async function ask(question) {
  if (!askable()) return;
  const entry = kept.add({ ask: question, turn: asked(question, false) });
  const said = put(entry, { type: "prompt", data: { text: question } });
  refresh();
  await said;
}

// Puts the question of `entry` to the host: for the first time, or after a reload once more.
async function put(entry, say) {
  try {
    const said = kept.say(client, say);
    entry.cid = say.cid;
    await said;
    entry.turn.taken = true;
  } catch (refused) {
    kept.remove(entry);
    transcript.refuse(entry.turn, refused.message);
  }
  refresh();
}

function again(say) {
  const entry = waiting.get(say.cid);
  return entry ? put(entry, say) : wish(say);
}

// Sends a wish to the host; what it refuses, the person sees.
async function wish(say) {
  try {
    await kept.say(client, say);
    return true;
  } catch (refused) {
    notices.add("bad", refused.message);
    return false;
  }
}

async function crash() {
  const point = byId("point").value;
  const speaking = transcript.speaking;
  if (!(await wish({ type: "crash", data: { point, when: "now" } }))) return;
  if (speaking || point === "on_demand") return;
  kept.armed = point;
  showArmed();
}

function showArmed() {
  const name = byId("point").querySelector(`[value="${kept.armed}"]`).textContent;
  byId("armed").dataset.armed = "true";
  byId("armed").textContent = `Armed: it strikes ${name}, in the middle of the next answer.`;
}

function disarm() {
  kept.armed = null;
  byId("armed").dataset.armed = "false";
  byId("armed").textContent = hint;
}

byId("ask").addEventListener("submit", (submit) => {
  submit.preventDefault();
  const field = byId("question");
  if (!askable() || !field.value.trim()) return;
  ask(field.value.trim());
  field.value = "";
});
byId("stop").addEventListener("click", () => wish({ type: "cancel", data: null }));
byId("crash").addEventListener("click", crash);
byId("cut").addEventListener("click", () => client.socket?.close(4000, "cut on the page"));
for (const text of SAMPLES) {
  const item = make("li");
  const button = make("button", text, { type: "button" });
  button.addEventListener("click", () => ask(text));
  item.append(button);
  byId("samples").append(item);
}
refresh();
addEventListener("pagehide", () => kept.save(client));
