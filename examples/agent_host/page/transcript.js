// The conversation: one article a run, with its question, its steps and its answer.
import { follow, make } from "./dom.js";
import { BEGUN_ELSEWHERE, stopWords } from "./words.js";

export class Transcript {
  constructor(box) {
    this.box = box;
    this.asked = [];        // questions that no run has begun for yet
    this.turns = new Map(); // run → its parts
  }

  // Whether a run is open: there is something to stop.
  get busy() {
    return this.asked.length > 0 || this.#open().length > 0;
  }

  // Whether words of an answer come at the moment.
  get speaking() {
    return this.#open().some((turn) => turn.answer.hasChildNodes());
  }

  // Shows the question; returns its turn.
  ask(question) {
    const turn = this.#turn(question);
    this.asked.push(turn);
    return turn;
  }

  // The host refused the question: it never became a run.
  refuse(turn, message) {
    this.asked = this.asked.filter((other) => other !== turn);
    this.#end(turn, "failed", message);
  }

  show(event) {
    follow(this.box, () => this.#show(event));
  }

  #show({ type, run, data }) {
    if (!run) return;
    const turn = this.#of(run, type);
    switch (type) {
      case "agent_started":
        break;
      case "agent_thinking":
        turn.steps.append(make("li", data.text));
        break;
      case "tool_executing":
        this.#tool(turn, data);
        break;
      case "tool_completed":
        this.#toolEnd(turn, data, "completed", data.result);
        break;
      case "tool_failed":
        this.#toolEnd(turn, data, "failed", data.error);
        break;
      case "text":
        turn.answer.append(data.delta); // append() of a string makes a text node
        break;
      case "agent_completed":
        this.#end(turn, "completed", "");
        break;
      case "agent_failed":
        this.#end(turn, "failed", `The answer failed: ${data.message} (${data.code})`);
        break;
      case "agent_cancelled":
        this.#end(turn, "cancelled", stopWords(data.reason));
        break;
      default: // an event of the host's own: it stands in the log
    }
  }

  // What is being answered does not end here: `words` say why. Should more of it come, it goes on behind a mark.
  // A question that the host has not taken yet stays: it is put again.
  abandon(words, end) {
    const lost = this.asked.filter((turn) => turn.taken);
    this.asked = this.asked.filter((turn) => !turn.taken);
    follow(this.box, () => {
      for (const turn of [...lost, ...this.#open()]) {
        this.#end(turn, end, words);
        turn.cut = true;
      }
    });
  }

  // What was lost on the way is named where it is missing.
  mark(text) {
    follow(this.box, () => this.box.append(make("p", text, { class: "end", "data-end": "failed" })));
  }

  #open() {
    return [...this.turns.values()].filter((turn) => turn.article.dataset.end === "open");
  }

  #of(run, type) {
    let turn = this.turns.get(run);
    if (!turn) {
      const begins = type === "agent_started";
      turn = (begins && this.asked.shift()) || this.#turn("(asked elsewhere)");
      if (!begins) turn.steps.before(make("p", BEGUN_ELSEWHERE, { class: "note" }));
      this.turns.set(run, turn);
    }
    if (turn.cut) this.#goOn(turn);
    return turn;
  }

  #goOn(turn) {
    turn.cut = false;
    if (turn.answer.hasChildNodes()) turn.answer.append(make("span", " […] ", { class: "hole" }));
    this.#end(turn, "open", "");
  }

  #turn(question) {
    const article = make("article", "", { class: "turn", "data-end": "open" });
    const steps = make("ol", "", { class: "steps", "aria-label": "Steps" });
    const answer = make("p", "", { class: "answer" });
    const end = make("p", "", { class: "end", hidden: "" });
    article.append(make("h2", question), steps, answer, end);
    follow(this.box, () => this.box.append(article));
    return { article, steps, answer, end, calls: new Map(), taken: false, cut: false };
  }

  #tool(turn, { tool, call_id, arguments: given }) {
    const step = make("li");
    const details = make("details");
    const summary = make("summary");
    const said = Object.entries(given).map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
    const state = make("b", " …");
    summary.append(make("code", tool), ` ${said.join(", ")}`, state);
    details.append(summary);
    step.append(details);
    turn.steps.append(step);
    turn.calls.set(call_id, { step, details, state });
  }

  #toolEnd(turn, { call_id }, end, result) {
    const call = turn.calls.get(call_id);
    if (!call) return; // it began before this page was opened
    call.step.dataset.end = end;
    call.state.textContent = end === "completed" ? " ✓" : " failed";
    call.details.append(make("pre", typeof result === "string" ? result : JSON.stringify(result, null, 2)));
  }

  #end(turn, end, text) {
    turn.article.dataset.end = end;
    turn.end.dataset.end = end;
    turn.end.textContent = text;
    turn.end.hidden = text === "";
  }
}
