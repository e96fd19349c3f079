// What a reload keeps: the conversation and, with it, the position in the stream that it describes.
// The two go together, or a reload would repeat words or leave some out. What was said to the host and not answered
// yet is kept too: it is said again under its number, and a host takes a number once.

const MOST = 3000; // entries; what is older is let go

export class Kept {
  constructor(session) {
    this.key = `stentor:${session}`;
    const found = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
    sessionStorage.removeItem(this.key); // one page has it: a second one would count the same words twice
    this.entries = found?.entries ?? [];
    this.position = found?.position ?? null;
    this.armed = found?.armed ?? null; // the crash point that waits for the next answer
    this.tab = found?.tab;
    this.says = found?.says ?? []; // from the oldest unanswered one on: their numbers have no gap
    this.cid = this.says[0]?.cid ?? found?.cid;
  }

  add(entry) {
    this.entries.push(entry);
    if (this.entries.length > MOST) this.entries.splice(0, MOST / 10);
    return entry;
  }

  remove(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
    return entry;
  }

  // The questions that nobody has taken yet.
  unanswered() {
    return this.entries.filter((entry) => entry.ask && this.says.some((say) => say.cid === entry.cid && !say.answered));
  }

  // Says `say` by the client, and remembers it until it is answered.
  async say(client, say) {
    if (!this.says.includes(say)) this.says.push(say);
    say.cid = client.cid;
    try {
      await client.say(say.type, say.data);
    } finally {
      say.answered = true;
      while (this.says[0]?.answered) this.says.shift();
    }
  }

  save({ position, tab, cid }) {
    if (!position) return;
    const { entries, says, armed } = this;
    sessionStorage.setItem(this.key, JSON.stringify({ entries, position, armed, tab, says, cid }, (key, value) => (key === "turn" ? undefined : value)));
  }
}
