// Notices: what happens to the session, in words, where a person sees it and a screen reader says it.
import { follow, make } from "./dom.js";

const KEPT = 3;

export class Notices {
  // `beside` is what gets smaller as notices come: who reads its end goes on reading its end.
  constructor(box, beside) {
    this.box = box;
    this.beside = beside;
  }

  add(kind, text) {
    const notice = make("div", "", { class: "notice", "data-kind": kind });
    notice.append(make("span", text), make("time", new Date().toLocaleTimeString([], { hour12: false })));
    follow(this.beside, () => {
      const last = this.box.lastElementChild;
      if (last?.firstChild.textContent === text) last.remove(); // the same again: one of it, with the new time
      this.box.append(notice);
      while (this.box.childElementCount > KEPT) this.box.firstElementChild.remove();
    });
  }
}
