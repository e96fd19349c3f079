// The event log: every event as it came, newest last, the latest 400 of them.
import { follow, make } from "./dom.js";

const KEPT = 400;
const KINDS = { agent_failed: "bad", tool_failed: "bad", gap: "bad", agent_completed: "good", tool_completed: "good" };

export class EventLog {
  constructor(list, count) {
    this.list = list;
    this.count = count;
    this.seen = 0;
  }

  add(seq, type, data) {
    const row = make("li", "", { "data-kind": KINDS[type] ?? "" });
    row.append(make("span", String(seq)), make("span", type), make("span", brief(type, data)));
    follow(this.list, () => {
      this.list.append(row);
      if (this.list.childElementCount > KEPT) this.list.firstElementChild.remove();
    });
    this.seen += 1;
    this.count.textContent = String(this.seen);
  }
}

function brief(type, data) {
  if (type === "text") return JSON.stringify(data.delta);
  if (type === "agent_thinking") return data.text;
  if (type.startsWith("tool_")) return `${data.tool} ${JSON.stringify(data.arguments ?? data.result ?? data.error)}`.slice(0, 120);
  return JSON.stringify(data).slice(0, 120);
}
