/**
 * stentor's client for browsers and Node: wire protocol v1, one module, no dependencies.
 *
 * It reconnects and resumes by itself, gives each event once and in order to a handler that may be async, and
 * acknowledges an event when that handler has returned. It never gives up silently: `state` says where it is.
 */
export const VERSION = '1.0.0'
export const SUBPROTOCOL = 'stentor.v1.json'
/** Milliseconds and counts; `frame` and `say` in bytes. */
export const LIMITS = Object.freeze({
  ackEvery: 32, ack: 250, welcome: 15000, probe: 3000, silence: 25000, steady: 30000,
  backoff: 500, backoffMax: 20000, frame: 1048576, window: 256, say: 65536, saysInFlight: 32,
})
const RUN_ENDS = new Set(['agent_completed', 'agent_failed', 'agent_cancelled'])
const BEFORE_WELCOME = new Set(['welcome', 'error', 'bye', 'notice', 'ping'])
// The library's own verdicts on what we sent: the same frame would be sent and refused for ever.
const STOPS = new Set([1002, 1003, 1007, 1009, 1010])
const NAMES = {
  1007: 'bad_utf8', 1009: 'frame_too_large', 4100: 'draining', 4101: 'heartbeat_timeout', 4102: 'slow_consumer',
  4103: 'gap_detected', 4104: 'session_restarted', 4105: 'auth_expired', 4106: 'rate_limited', 4107: 'store_unavailable',
  4108: 'flush_timeout', 4109: 'session_parked', 4500: 'protocol_error', 4501: 'version', 4502: 'unauthenticated',
  4503: 'forbidden', 4504: 'taken_over', 4505: 'session_closed', 4506: 'session_unknown', 4507: 'hello_timeout',
  4508: 'frame_too_large', 4509: 'too_many_connections',
}
const clock = {
  now: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms)
    return () => clearTimeout(timer)
  },
}
const upto = item => item?.seq ?? item?.to ?? item?.upto ?? 0

/** A failure with a stable `code`; `closeCode` where a connection ended by it. */
export class StentorError extends Error {
  constructor(code, message, closeCode) {
    super(message)
    Object.assign(this, { name: 'StentorError', code, closeCode })
  }
}

/** Connects to *url* and returns the client. Throws at once where nothing can be tried: no WebSocket, a bad URL. */
export const connect = (url, options) => new Client(url, options)

export class Client {
  #url; #o; #cid; #finish; #ws = null; #state = 'idle'; #reason = null; #bye = null; #fault = null; #closing = null; #timers = {}
  #tries = 0; #notBefore = 0; #welcomed = false; #liveSince = null; #heard = 0; #pings = 0; #notice = 0; #says = new Map(); #saidUpto = 0
  #position; #epoch = null; #base = 0; #head = 0; #received = 0; #seen = 0; #queue = []; #running = null; #busy = false
  #straddled = false; #lossOpen = false; #acked = 0; #ackDue = 0; #rej = []; #refused = []; #wake = () => this.wake()

  constructor(url, options = {}) {
    this.#o = { WebSocket: globalThis.WebSocket, random: Math.random, clock, ...options }
    if (!this.#o.session) throw new StentorError('bad_usage', "say which session: connect(url, {session: 'ada/t1'})")
    if (!this.#o.WebSocket) throw new StentorError('bad_usage', 'there is no WebSocket here: give one as options.WebSocket')
    this.#url = url
    const { epoch, seq, refused = [] } = this.#o.resume ?? {}
    this.#position = epoch === undefined ? null : { epoch, seq }
    this.#refused = refused
    this.#cid = this.#o.cid ?? 1
    this.tab = this.#o.tab ?? crypto.randomUUID()
    this.ended = new Promise(resolve => { this.#finish = resolve })
    this.#open()
    this.#listen('addEventListener')
  }

  get state() { return this.#state }
  get reason() { return this.#reason }
  get position() { return this.#position && { ...this.#position, ...(this.#refused.length && { refused: [...this.#refused] }) } }
  get socket() { return this.#ws }
  get cid() { return this.#cid }

  /** Sends *data* to the host; resolves when the host has taken it. Repeated after a resume until it is answered. */
  say(type, data = null) {
    const over = this.#reason ?? this.#closing
    if (over) return Promise.reject(new StentorError(over.code, over.message, over.closeCode))
    const text = JSON.stringify({ t: 'say', cid: this.#cid, type, data })
    if (new TextEncoder().encode(text).length > LIMITS.say) {
      return Promise.reject(new StentorError('too_large', `a say may have ${LIMITS.say} bytes; send less at a time`))
    }
    return new Promise((resolve, reject) => {
      this.#says.set(this.#cid++, { text, resolve, reject })
      if (this.#welcomed) this.#sendSays()
    })
  }

  /** Ends the client, when a running handler has returned. With `end` it asks the host to end the session too. */
  close({ end = false } = {}) {
    if (this.#reason) return this.ended
    if (end && !this.#welcomed) throw new StentorError('not_connected', 'ending the session needs a connection; wait for one')
    this.#closing = { code: 'closed', closeCode: 1000, message: 'the application closed the client', end }
    this.#queue = []
    if (!this.#running) this.#leave()
    return this.ended
  }

  /** Tries now instead of later, or asks whether an open connection still answers. The browser's events call it. */
  wake() {
    if (globalThis.document?.visibilityState === 'hidden') return
    // A delay that the server asked for holds: it spreads its clients.
    if (this.#state === 'backoff' && this.#o.clock.now() >= this.#notBefore) this.#open()
    else if (this.#welcomed) this.#probe()
  }

  #listen(how) {
    globalThis[how]?.('online', this.#wake)
    globalThis[how]?.('pageshow', this.#wake)
    globalThis.document?.[how]?.('visibilitychange', this.#wake)
  }

  /** Calls one of the application's functions that nothing waits for; its failure is loud and stops nothing here. */
  #tell(call, ...args) {
    try {
      call?.(...args)
    } catch (error) {
      const report = globalThis.reportError ?? console.error
      report(error)
    }
  }

  #go(state, detail = null) {
    if (state === this.#state) return
    this.#state = state
    this.#tell(this.#o.onState, state, detail)
  }

  #after(name, ms, call) {
    this.#cancel(name)
    this.#timers[name] = this.#o.clock.after(ms, () => {
      delete this.#timers[name]
      call()
    })
  }

  #cancel(...names) {
    for (const name of names) {
      this.#timers[name]?.()
      delete this.#timers[name]
    }
  }

  #send(frame) { this.#ws.send(JSON.stringify(frame)) }

  // The connection

  #open() {
    this.#cancel('retry')
    this.#bye = this.#fault = null
    const ws = this.#ws = new this.#o.WebSocket(this.#url, [SUBPROTOCOL])
    // A socket that is no longer ours says nothing to us: its last words may come long after the next one works.
    ws.onopen = () => { if (ws === this.#ws) this.#hello(ws) }
    ws.onmessage = message => { if (ws === this.#ws) this.#receive(message.data) }
    ws.onclose = event => { if (ws === this.#ws) this.#lost(event.code, event.reason) }
    ws.onerror = event => { if (ws === this.#ws && ws.readyState === 3) this.#lost(1006, event.message) }
    this.#after('welcome', LIMITS.welcome, () => this.#drop(4101, 'no welcome came'))
    this.#go('connecting')
  }

  async #hello(ws) {
    this.#go('hello')
    let { token } = this.#o
    try {
      if (typeof token === 'function') token = await token()
    } catch (error) {
      return ws === this.#ws && this.#drop(1000, `the token could not be had: ${error}`)
    }
    if (ws !== this.#ws) return undefined
    // What waits unhandled comes again; what runs now is remembered, so that it is not given twice.
    this.#queue = this.#queue.filter(item => item.t === 'lost' || item.t === 'snapshot')
    const resume = this.#losing() ? { epoch: this.#epoch, seq: this.#base } : this.#position
    const rej = this.#refused.length ? this.#refused : undefined
    this.#received = Math.max(resume?.seq ?? 0, ...[this.#running, ...this.#queue].map(upto))
    return this.#send({
      t: 'hello', v: 1, session: this.#o.session, token, tab: this.tab,
      // Where nothing came since a loss, asking anew brings the snapshot that a resume leaves out.
      resume: this.#lossOpen || !resume ? undefined : { ...resume, rej },
      recv: { frame: LIMITS.frame, window: LIMITS.window }, payload: 'native', client: { n: 'stentor-js', v: VERSION },
    })
  }

  #welcome({ epoch, base, head, resumed, why }) {
    if (this.#welcomed) return
    this.#cancel('welcome')
    this.#welcomed = true
    this.#straddled = false
    this.#saidUpto = this.#notice = 0
    this.#epoch = epoch
    this.#base = this.#seen = this.#acked = base
    this.#head = head
    // A position that was resumed acknowledged what stands below it; that the log took it, a welcome does not say.
    this.#rej = resumed ? this.#rej.filter(({ seq }) => seq > base) : []
    if (!resumed) this.#refused = []
    if (!resumed) this.#restart(why)
    this.#sendSays()
    this.#heard = this.#o.clock.now()
    this.#after('silence', LIMITS.silence, () => this.#listenIn())
    this.#progress()
    this.#pump()
  }

  #restart(why) {
    this.#received = this.#base
    this.#queue = this.#queue.filter(item => item.t === 'lost')
    const first = this.#position === null
    // One loss is told once, however often the connection breaks before anything new came.
    if (!first && !this.#losing() && !this.#lossOpen) this.#queue.push({ t: 'lost', why })
    else if (!this.#losing()) this.#position = { epoch: this.#epoch, seq: this.#base }
    this.#lossOpen = !first
    if (!first) this.#go('resync', { why })
  }

  #waiting(kind) { return [this.#running, ...this.#queue].some(item => item?.t === kind) }

  #losing() { return this.#waiting('lost') }

  #progress() {
    if (!this.#welcomed || this.#losing()) return
    if (this.#received < this.#head) return this.#go('catching_up')
    this.#liveSince ??= this.#o.clock.now()
    this.#go('live')
  }

  /** Gives the socket up first: what it says from now on is not heard. */
  #drop(code, why) {
    const ws = this.#ws
    this.#ws = null
    ws?.close(code, why?.slice(0, 100))
    this.#lost(code, why)
  }

  #lost(code, why) {
    const closeCode = this.#bye?.code ?? code
    const message = this.#fault || why || `the connection closed: ${NAMES[closeCode] ?? closeCode}`
    this.#ws = null
    this.#welcomed = false
    this.#cancel('welcome', 'ack', 'probe', 'silence')
    if (this.#closing) return this.#end(this.#closing)
    if ((closeCode >= 4500 && closeCode < 4600) || STOPS.has(closeCode) || this.#bye?.reconnect === false) {
      return this.#end({ code: NAMES[closeCode] ?? 'closed', closeCode, message })
    }
    const { now } = this.#o.clock
    // Only a connection that held starts the count anew: one that breaks at once must not be tried at once for ever.
    if (this.#liveSince !== null && now() - this.#liveSince >= LIMITS.steady) this.#tries = 0
    this.#liveSince = null
    const least = this.#bye?.after_ms ?? 0
    const delay = Math.max(least, this.#o.random() * Math.min(LIMITS.backoffMax, LIMITS.backoff * 2 ** this.#tries++))
    this.#notBefore = now() + least
    this.#after('retry', delay, () => this.#open())
    return this.#go('backoff', { closeCode, message, delay })
  }

  #leave() {
    if (this.#welcomed) {
      this.#ack()
      this.#send({ t: 'bye', end: this.#closing.end })
    }
    this.#drop(1000, 'closed')
  }

  #end(reason) {
    this.#reason = reason
    this.#queue = []
    this.#cancel(...Object.keys(this.#timers))
    this.#listen('removeEventListener')
    for (const { reject } of this.#says.values()) reject(new StentorError(reason.code, reason.message, reason.closeCode))
    this.#says.clear()
    this.#go('ended', reason)
    this.#finish(reason)
  }

  #listenIn() {
    const left = LIMITS.silence - (this.#o.clock.now() - this.#heard)
    if (left <= 0) this.#probe()
    this.#after('silence', left > 0 ? left : LIMITS.silence, () => this.#listenIn())
  }

  #probe() {
    if (this.#timers.probe) return
    this.#after('probe', LIMITS.probe, () => this.#drop(4101, 'the server did not answer a ping'))
    this.#send({ t: 'ping', id: ++this.#pings })
  }

  // Frames

  #receive(data) {
    this.#heard = this.#o.clock.now()
    this.#cancel('probe')
    let frame
    try {
      frame = JSON.parse(data)
    } catch {
      return this.#drop(4500, 'the server sent a frame that is not JSON')
    }
    this.#frame(frame)
    // A background tab's timers are throttled, what comes from the socket is not.
    if (this.#timers.ack && this.#heard >= this.#ackDue) this.#ack()
  }

  #frame(frame) {
    if (!this.#welcomed && !BEFORE_WELCOME.has(frame.t) && !frame.opt) return this.#drop(4500, `${frame.t} came before welcome`)
    switch (frame.t) {
      case 'welcome': return this.#welcome(frame)
      case 'event': return this.#range(frame, frame.first ?? frame.seq, frame.seq)
      case 'gap': return this.#range(frame, frame.from, frame.to)
      case 'batch': {
        const ws = this.#ws
        return frame.ev.forEach(item => ws === this.#ws && this.#frame({ t: 'event', ...item }))
      }
      case 'snapshot':
        if (frame.upto !== this.#base || this.#received !== this.#base || this.#waiting('snapshot')) return undefined
        return this.#enqueue(frame)
      case 'said': return this.#said(frame)
      case 'ping': return this.#pong(frame)
      case 'pong': return this.#tail(frame)
      case 'error':
        this.#fault = frame.msg
        return this.#tell(this.#o.onNotice, frame)
      case 'notice':
        if (frame.id && frame.id <= this.#notice) return undefined
        this.#notice = frame.id ?? this.#notice
        return this.#tell(this.#o.onNotice, frame)
      case 'bye':
        this.#bye = frame
        return this.#drop(1000)
      default: return frame.opt ? undefined : this.#drop(4500, `${frame.t} came, which this client does not know`)
    }
  }

  #range(item, a, b) {
    const last = this.#received
    if (this.#straddled) return undefined
    if (b <= last) {
      this.#seen = Math.max(this.#seen, b)
      return this.#ackSoon()
    }
    if (a > last + 1) return this.#drop(4103, `event ${last + 1} is missing; ${a} came`)
    if (a <= last && item.t === 'event') {
      // Joined with what the handler has at this moment: resume when it has returned.
      this.#straddled = true
      return this.#pump()
    }
    this.#received = this.#seen = b
    // The server sends no event further than a window beyond what it has on record: a refusal before that arrived.
    if (item.t === 'event') this.#refused = this.#refused.filter(([, last]) => last > b - LIMITS.window)
    return this.#enqueue(item.t === 'gap' ? { ...item, from: last + 1 } : item)
  }

  #enqueue(item) {
    this.#lossOpen = false
    if (this.#closing) return
    this.#queue.push(item)
    this.#progress()
    this.#pump()
  }

  /** Sends what is unanswered and was not said on this connection, as many as may be in flight. */
  #sendSays() {
    const flying = [...this.#says.keys()].filter(cid => cid <= this.#saidUpto).length
    const waiting = [...this.#says].filter(([cid]) => cid > this.#saidUpto).slice(0, Math.max(0, LIMITS.saysInFlight - flying))
    for (const [cid, { text }] of waiting) {
      this.#saidUpto = cid
      this.#ws.send(text)
    }
  }

  #said({ cid, refused }) {
    const say = this.#says.get(cid)
    this.#says.delete(cid)
    this.#sendSays()
    if (refused) say?.reject(new StentorError(refused.code, refused.msg))
    else say?.resolve()
  }

  /** The server names the last event that it sent here: a lost tail shows, with no event after it. */
  #tail({ head = 0 }) {
    if (this.#welcomed && !this.#straddled && head > this.#received) this.#drop(4103, `event ${head} was sent and did not come`)
  }

  #pong({ id, head }) {
    this.#tail({ head })
    if (!this.#ws) return undefined
    if (!this.#welcomed || this.#losing()) return this.#send({ t: 'pong', id })
    // A pong acknowledges and knows no refusals: those go first.
    if (this.#rej.length) this.#ack()
    this.#cancel('ack')
    this.#acked = this.#ackable()
    return this.#send({ t: 'pong', id, epoch: this.#epoch, seq: this.#acked })
  }

  // The handler

  async #pump() {
    if (this.#busy) return
    this.#busy = true
    while (this.#queue.length) {
      const item = this.#running = this.#queue.shift()
      const epoch = this.#epoch
      let refusal = null
      try {
        const returned = this.#give(item, epoch)
        if (typeof returned?.then === 'function') await returned
      } catch (error) {
        refusal = { error }
      }
      this.#running = null
      // Here the handler has returned, and nowhere else: what it had is now our position, and that we acknowledge.
      this.#handled(item, item.t === 'lost' ? this.#epoch : epoch, refusal)
    }
    this.#busy = false
    if (this.#closing && !this.#reason) this.#leave()
    else if (this.#straddled && this.#welcomed) this.#drop(4103, 'an event came joined with one that was handled already')
  }

  #give(item, epoch) {
    const at = { epoch, seq: upto(item) }
    switch (item.t) {
      case 'event': return this.#o.onEvent?.(item, at)
      case 'gap': return this.#o.onGap?.(item, at)
      case 'snapshot': return this.#o.onSnapshot?.(item.data, at)
      case 'lost': return this.#o.onLost?.(item.why, this.position)
      default: throw new TypeError(`a client has no use for ${item.t}`)
    }
  }

  #handled(item, epoch, refusal) {
    if (refusal) this.#refuse(item, epoch, refusal.error)
    this.#position = { epoch, seq: item.t === 'lost' ? this.#base : upto(item) }
    if (this.#reason) return
    this.#progress()
    if (refusal || RUN_ENDS.has(item.type) || this.#ackable() - this.#acked >= LIMITS.ackEvery) this.#ack()
    else this.#ackSoon()
  }

  #refuse(item, epoch, error) {
    const msg = String(error?.name ?? error).slice(0, 200)
    // The epoch may have changed while the handler ran: its event is none of the new one's.
    if (item.t === 'event' && epoch === this.#epoch) {
      const first = item.first ?? item.seq
      for (let seq = first; seq <= item.seq; seq++) this.#rej.push({ seq, code: 'handler_error', msg })
      // Said again on a resume, as its ack may be lost.
      this.#refused = [...this.#refused, [first, item.seq]]
    }
    this.#tell(this.#o.onError ?? globalThis.reportError ?? console.error, error, item)
  }

  /** The server takes no ack of what it has not sent over this connection, though an earlier one brought it. */
  #ackable() {
    return this.#losing() ? this.#acked : Math.min(this.#position.seq, this.#seen)
  }

  #ackSoon() {
    if (this.#timers.ack || this.#ackable() <= this.#acked) return
    this.#ackDue = this.#o.clock.now() + LIMITS.ack
    this.#after('ack', LIMITS.ack, () => this.#ack())
  }

  #ack() {
    this.#cancel('ack')
    const seq = this.#ackable()
    if (!this.#welcomed || seq <= this.#acked) return
    this.#acked = seq
    const rej = this.#rej.filter(item => item.seq <= seq)
    this.#rej = this.#rej.filter(item => item.seq > seq)
    this.#send({ t: 'ack', epoch: this.#epoch, seq, rej: rej.length ? rej : undefined })
  }
}
