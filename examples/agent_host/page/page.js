// The page: asks, shows what comes, and breaks things on request. The client resumes by itself.
import { connect } from "/stentor.js";
import { byId, make } from "./dom.js";
import { Kept } from "./kept.js";
import { EventLog } from "./log.js";
import { Notices } from "./notices.js";
import { Transcript } from "./transcript.js";
import { endWords, lostWords, noticeWords, stateWords } from "./words.js";

const SAMPLES = ["What happens when a session crashes?", "How many times does “crash” occur?", "What is 15% of 2,048?"];

const query = new URLSearchParams(location.search);
const session = [query.get("user") || "ada", query.get("thread") || "t1"].map(encodeURIComponent).join("/");
const transcript = new Transcript(byId("transcript"));
const log = new EventLog(byId("log"), byId("count"));
const notices = new Notices(byId("notices"), byId("transcript"));
const kept = new Kept(session);
const hint = byId("armed").textContent;
let armed = false; // whether a crash waits for the next answer
let broken = false; // whether the connection was lost since it last worked

for (const entry of kept.entries) entry.ask ? asked(entry.ask) : shown(entry);

const client = connect(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/`, {
  session,
  resume: kept.position,
  onEvent(event) {
    kept.add({ seq: event.seq, type: event.type, run: event.run, data: event.data });
    shown(event);
  },
  onGap(gap) {
    log.add(gap.to, "gap", gap);
    notices.add("bad", `${gap.n ?? gap.to - gap.from + 1} events were lost on the way: ${gap.code}.`);
    transcript.mark(`Something is missing here: events ${gap.from} to ${gap.to} (${gap.code}).`);
  },
  onLost(why) {
    const words = lostWords(why);
    notices.add("bad", words);
    transcript.abandon(words);
    refresh();
  },
  onNotice(notice) {
    notices.add(...noticeWords(notice));
    if (notice.code !== "actor_parked") return;
    transcript.abandon("The session crashed too often to end this answer."); // nothing can be told in it any more
    refresh();
  },
  onState: changed,
});
byId("session").textContent = decodeURIComponent(session);
changed(client.state);
refresh();

function changed(state, detail) {
  byId("state").dataset.state = state;
  byId("state-text").textContent = stateWords(state);
  if (state === "backoff") {
    if (!broken) notices.add("warn", "The connection was lost. It is tried again, and goes on where it stopped.");
    broken = true;
  } else if (state === "live") {
    if (broken) notices.add("good", "Connected again, resumed where it stopped.");
    broken = false;
  } else if (state === "ended") {
    notices.add("bad", endWords(detail));
    disarm();
  }
  refresh();
}

function asked(question) {
  byId("welcome").hidden = true;
  transcript.ask(question);
}

function shown(event) {
  byId("welcome").hidden = true;
  log.add(event.seq, event.type, event.data);
  transcript.show(event);
  if (event.type === "text") disarm();
  refresh();
}

function refresh() {
  const over = byId("state").dataset.state === "ended";
  byId("ask").querySelector("[type=submit]").disabled = over || transcript.busy;
  byId("stop").disabled = over || !transcript.busy;
  byId("crash").disabled = byId("cut").disabled = over;
}

async function ask(question) {
  const entry = kept.add({ ask: question, said: false });
  asked(question);
  refresh();
  try {
    await client.say("prompt", { text: question });
    entry.said = true;
  } catch (refused) {
    kept.remove(entry);
    transcript.refuse(refused.message);
  }
  refresh();
}

// Sends a wish to the host; what it refuses, the person sees.
async function wish(type, data) {
  try {
    await client.say(type, data);
    return true;
  } catch (refused) {
    notices.add("bad", refused.message);
    return false;
  }
}

async function crash() {
  const choice = byId("point");
  const speaking = transcript.speaking;
  if (!(await wish("crash", { point: choice.value, when: "now" }))) return;
  if (speaking || choice.value === "on_demand") return;
  armed = true;
  byId("armed").dataset.armed = "true";
  byId("armed").textContent = `Armed: it strikes ${choice.selectedOptions[0].textContent}, in the middle of the next answer.`;
}

function disarm() {
  if (!armed) return;
  armed = false;
  byId("armed").dataset.armed = "false";
  byId("armed").textContent = hint;
}

byId("ask").addEventListener("submit", (submit) => {
  submit.preventDefault();
  const field = byId("question");
  if (transcript.busy || !field.value.trim()) return;
  ask(field.value.trim());
  field.value = "";
});
byId("stop").addEventListener("click", () => wish("cancel", null));
byId("crash").addEventListener("click", crash);
byId("cut").addEventListener("click", () => client.socket?.close(4000, "cut on the page"));
for (const text of SAMPLES) {
  const item = make("li");
  const button = make("button", text, { type: "button" });
  button.addEventListener("click", () => ask(text));
  item.append(button);
  byId("samples").append(item);
}
addEventListener("pagehide", () => kept.save(client.position));
