// What a reload keeps: the conversation and, with it, the position in the stream that it describes.
// The two go together, or a reload would repeat words or leave some out.

const MOST = 3000; // entries; what is older is let go

export class Kept {
  constructor(session) {
    this.key = `stentor:${session}`;
    const found = JSON.parse(sessionStorage.getItem(this.key) ?? "null");
    sessionStorage.removeItem(this.key); // one page has it: a second one would count the same words twice
    this.entries = found?.entries ?? [];
    this.position = found?.position ?? null;
  }

  add(entry) {
    this.entries.push(entry);
    if (this.entries.length > MOST) this.entries.splice(0, MOST / 10);
    return entry;
  }

  remove(entry) {
    this.entries = this.entries.filter((other) => other !== entry);
  }

  save(position) {
    if (!position) return;
    const entries = this.entries.filter((entry) => !entry.ask || entry.said);
    sessionStorage.setItem(this.key, JSON.stringify({ position, entries }));
  }
}
