/** stentor's client for browsers and Node: wire protocol v1. */

export declare const VERSION: string
export declare const SUBPROTOCOL: 'stentor.v1.json'
export declare const LIMITS: Readonly<Record<
  | 'ackEvery' | 'ack' | 'welcome' | 'probe' | 'silence' | 'steady' | 'backoff' | 'backoffMax' | 'frame' | 'window' | 'say'
  | 'saysInFlight',
  number
>>

/** The last event that was handled, in the numbering of `epoch`. Keep it together with the state that it describes. */
export interface Position {
  epoch: string
  seq: number
  /** Ranges of refused events that the host may not know of yet; save them with the position. */
  refused?: [number, number][]
}

export interface StentorEvent<Data = any> {
  t: 'event'
  type:
    | 'agent_started' | 'agent_thinking' | 'text' | 'tool_executing' | 'tool_completed' | 'tool_failed'
    | 'agent_completed' | 'agent_failed' | 'agent_cancelled' | 'custom' | (string & {})
  seq: number
  /** Present where several events were joined without loss: this one stands for `first` to `seq`. */
  first?: number
  run: string | null
  /** Milliseconds since 1970, when it was emitted; to be read by people. */
  ts: number
  data: Data
}

/** Events `from` to `to` will not come; `code` says why. */
export interface Gap {
  t: 'gap'
  from: number
  to: number
  code: string
  n?: number
  types?: string[]
}

/** What the user may know: the session restarts, the host is busy, a frame was refused. */
export interface Notice {
  t: 'notice' | 'error'
  code: string
  msg?: string
  after_ms?: number
  failure?: string
  fatal?: boolean
}

export type State = 'idle' | 'connecting' | 'hello' | 'resync' | 'catching_up' | 'live' | 'backoff' | 'ended'
export type Why = 'fresh' | 'epoch_changed' | 'position_lost' | 'position_future' | (string & {})

/** Why the client ended. `taken_over`: another tab uses the session. */
export interface Reason {
  code:
    | 'closed' | 'bad_utf8' | 'frame_too_large' | 'protocol_error' | 'version' | 'unauthenticated' | 'forbidden'
    | 'taken_over' | 'session_closed' | 'session_unknown' | 'hello_timeout' | 'too_many_connections'
  closeCode: number
  message: string
}

export interface Waiting {
  closeCode: number
  message: string
  /** Milliseconds until the next try. */
  delay: number
}

export interface Options {
  /** The session's id: `user/thread`, each part percent-encoded. */
  session: string
  /** Sent in `hello` on every connection; a function is asked each time, so that it can bring a fresh one. */
  token?: string | null | (() => string | null | Promise<string | null>)
  /** Where the application was, as it saved it. Without it the host sends what it still holds. */
  resume?: Position | null
  /** Name of this tab, made up where left out. Give one only together with `cid`. */
  tab?: string
  /** The next number of a say in this tab: what `client.cid` was when the tab was last open. */
  cid?: number
  /** Awaited before the next event. When it has returned the event is acknowledged; when it throws, refused. */
  onEvent?: (event: StentorEvent, at: Position) => unknown
  onGap?: (gap: Gap, at: Position) => unknown
  /** The position is worth nothing any more: drop what was built on `last`. Awaited before the next event. */
  onLost?: (why: Why, last: Position | null) => unknown
  /** State for a client that lost its position, up to and with `at`. */
  onSnapshot?: (data: any, at: Position) => unknown
  onNotice?: (notice: Notice) => void
  onState?: (state: State, detail: Waiting | Reason | { why: Why } | null) => void
  /** What a handler threw; by default the page's error event, or console.error. */
  onError?: (error: unknown, item: StentorEvent | Gap | object) => void
  /** For Node, and for tests. */
  WebSocket?: new (url: string, protocols: string[]) => any
  random?: () => number
  clock?: { now(): number; after(ms: number, call: () => void): () => void }
}

/** A failure with a stable code; `closeCode` where a connection ended by it. */
export declare class StentorError extends Error {
  readonly code: string
  readonly closeCode?: number
}

export declare class Client {
  constructor(url: string, options: Options)
  readonly state: State
  /** Null until the client has ended. */
  readonly reason: Reason | null
  readonly position: Position | null
  readonly tab: string
  readonly cid: number
  /** The socket in use, or null between connections. */
  readonly socket: WebSocket | null
  /** Resolves when the client has ended, with the reason. */
  readonly ended: Promise<Reason>
  /** Resolves when the host has taken it; rejects with its refusal, or when the client ends first. */
  say(type: string, data?: unknown): Promise<void>
  /** Ends the client; with `end` the session too. */
  close(options?: { end?: boolean }): Promise<Reason>
  /** Tries now instead of later, or asks whether an open connection still answers. */
  wake(): void
}

/** Connects to `url` and returns the client; throws at once where nothing can be tried. */
export declare function connect(url: string, options: Options): Client
