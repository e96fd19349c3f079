/** A socket and a clock that a test moves by hand. */

export class Clock {
  #now = 0; #due = []

  now = () => this.#now

  after = (ms, call) => {
    const timer = { at: this.#now + ms, call }
    this.#due.push(timer)
    return () => { this.#due = this.#due.filter(other => other !== timer) }
  }

  /** Time goes on, and no timer fires: as in a background tab. */
  late(ms) { this.#now += ms }

  async advance(ms) {
    const end = this.#now + ms
    for (;;) {
      const next = this.#due.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#due = this.#due.filter(timer => timer !== next)
      this.#now = next.at
      next.call()
      await settle()
    }
    this.#now = end
  }
}

/** Lets everything run that only waits for promises. */
export const settle = () => new Promise(resolve => setImmediate(resolve))

export function sockets() {
  return class Socket {
    static all = []
    static get last() { return Socket.all.at(-1) }

    readyState = 0
    sent = []
    closed = null

    constructor(url, protocols) {
      Object.assign(this, { url, protocols })
      Socket.all.push(this)
    }

    send(text) { this.sent.push(JSON.parse(text)) }

    close(code, reason) {
      this.closed = code
      this.reason = reason
      this.readyState = 2
    }

    // The server's side.

    async open() {
      this.readyState = 1
      this.onopen({})
      await settle()
    }

    async give(...frames) {
      for (const frame of frames) this.onmessage({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) })
      await settle()
    }

    async end(code, reason = '') {
      this.readyState = 3
      this.onclose({ code, reason })
      await settle()
    }

    take() { return this.sent.splice(0) }
  }
}

/** A promise that the test resolves or rejects. */
export function gate() {
  let open, fail
  const promise = new Promise((resolve, reject) => { open = resolve; fail = reject })
  return { promise, open, fail }
}

export const welcome = more => ({ t: 'welcome', v: 1, session: 'ada/t1', epoch: 'A', conn: 1, resumed: false, why: 'fresh', base: 0, head: 0, ...more })
export const event = (seq, type = 'text', more = {}) => ({ t: 'event', seq, type, run: 'r1', ts: 1, data: { delta: `w${seq}` }, ...more })
