import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Clock, event, gate, settle, sockets, welcome } from './fakes.mjs'

const { connect, LIMITS, StentorError } = await import(process.env.STENTOR_JS)

function start(options = {}) {
  const Socket = sockets()
  const clock = new Clock()
  const seen = []
  const states = []
  const client = connect('ws://host/ws', {
    session: 'ada/t1', tab: 'tab1', WebSocket: Socket, clock, random: () => 0.5,
    onEvent: item => { seen.push(item.seq) },
    onState: state => { states.push(state) },
    ...options,
  })
  return { client, Socket, clock, seen, states }
}

async function live(options) {
  const all = start(options)
  await all.Socket.last.open()
  await all.Socket.last.give(welcome())
  all.Socket.last.take()
  return all
}

test('it says hello with the subprotocol and without a resume at first', async () => {
  const { Socket } = start({ token: 'secret' })
  await Socket.last.open()

  assert.deepEqual(['stentor.v1.json'], Socket.last.protocols)
  const [hello] = Socket.last.take()
  assert.deepEqual(
    { t: 'hello', v: 1, session: 'ada/t1', token: 'secret', tab: 'tab1', payload: 'native' },
    Object.fromEntries(['t', 'v', 'session', 'token', 'tab', 'payload'].map(key => [key, hello[key]])),
  )
  assert.equal(undefined, hello.resume)
})

test('an event is acknowledged when an async handler has returned, and not before', async () => {
  const handling = gate()
  const { client, Socket, clock } = await live({ onEvent: () => handling.promise })
  await Socket.last.give(event(1))
  await clock.advance(1000)

  assert.deepEqual([], Socket.last.take())
  assert.equal(0, client.position.seq)
  handling.open()
  await settle()
  await clock.advance(LIMITS.ack)
  assert.deepEqual([{ t: 'ack', epoch: 'A', seq: 1 }], Socket.last.take())
  assert.deepEqual({ epoch: 'A', seq: 1 }, client.position)
})

test('a slow handler gets the next event only after it has returned', async () => {
  const gates = [gate(), gate()]
  const seen = []
  const { Socket } = await live({ onEvent: item => { seen.push(item.seq); return gates[item.seq - 1].promise } })
  await Socket.last.give(event(1), event(2))

  assert.deepEqual([1], seen)
  gates[0].open()
  await settle()
  assert.deepEqual([1, 2], seen)
})

test('it acknowledges every 32 events and at once at the end of a run', async () => {
  const { Socket } = await live()
  await Socket.last.give({ t: 'batch', ev: Array.from({ length: 32 }, (_, index) => event(index + 1)) })
  assert.deepEqual([{ t: 'ack', epoch: 'A', seq: 32 }], Socket.last.take())
  await Socket.last.give(event(33, 'agent_completed'))
  assert.deepEqual([{ t: 'ack', epoch: 'A', seq: 33 }], Socket.last.take())
})

test('a handler that throws refuses its event by name, and the failure is loud', async () => {
  const errors = []
  const { Socket, client } = await live({
    onEvent: () => { throw new TypeError('no such thing') },
    onError: error => errors.push(error.message),
  })
  await Socket.last.give(event(1))

  const rej = [{ seq: 1, code: 'handler_error', msg: 'TypeError' }]
  assert.deepEqual([{ t: 'ack', epoch: 'A', seq: 1, rej }], Socket.last.take())
  assert.deepEqual(['no such thing'], errors)
  assert.equal('live', client.state)
})

test('a refusal whose ack may be lost is said again with the resume', async () => {
  const handling = gate()
  const { Socket, clock } = await live({ onEvent: item => { if (item.seq === 1) throw new TypeError(); return handling.promise }, onError: () => {} })
  await Socket.last.give(event(1), event(2))
  await Socket.last.end(1006)
  handling.fail(new TypeError())
  await clock.advance(250)
  await Socket.last.open()
  assert.deepEqual({ epoch: 'A', seq: 2, rej: [[1, 1], [2, 2]] }, Socket.last.take()[0].resume)
  await Socket.last.give(welcome({ resumed: true, base: 2 }))
  await Socket.last.end(1006)
  await clock.advance(LIMITS.backoffMax / 40)
  await Socket.last.open()
  // A welcome does not say that the log took it: the server may have been fenced right after.
  assert.deepEqual({ epoch: 'A', seq: 2, rej: [[1, 1], [2, 2]] }, Socket.last.take()[0].resume)
})

test('after a cut it resumes from what it handled and ignores what comes twice', async () => {
  const { Socket, clock, seen, states } = await live()
  await Socket.last.give(event(1), event(2))
  await Socket.last.end(1006)
  await clock.advance(250)
  await Socket.last.open()

  assert.equal(2, Socket.all.length)
  assert.deepEqual({ epoch: 'A', seq: 2 }, Socket.last.take()[0].resume)
  await Socket.last.give(welcome({ resumed: true, why: undefined, base: 2, head: 3 }), event(2), event(3))
  assert.deepEqual([1, 2, 3], seen)
  assert.deepEqual(
    ['connecting', 'hello', 'live', 'backoff', 'connecting', 'hello', 'catching_up', 'live'], states,
  )
})

test('what a handler still holds at a cut is not given to it twice', async () => {
  const handling = gate()
  const seen = []
  const { Socket, clock } = await live({ onEvent: item => { seen.push(item.seq); return item.seq === 1 ? handling.promise : null } })
  await Socket.last.give(event(1), event(2))
  await Socket.last.end(1006)
  await clock.advance(250)
  await Socket.last.open()
  assert.deepEqual({ epoch: 'A', seq: 0 }, Socket.last.take()[0].resume)
  await Socket.last.give(welcome({ resumed: true, base: 0, head: 2 }), event(1), event(2))
  handling.open()
  await settle()

  assert.deepEqual([1, 2], seen)
  await clock.advance(LIMITS.ack)
  assert.deepEqual([{ t: 'ack', epoch: 'A', seq: 2 }], Socket.last.take())
})

test('an event joined with the one that the handler holds makes it resume when that has returned', async () => {
  const handling = gate()
  const seen = []
  const { Socket, clock } = await live({ onEvent: item => { seen.push(item.seq); return item.seq === 1 ? handling.promise : null } })
  await Socket.last.give(event(1))
  await Socket.last.end(1006)
  await clock.advance(250)
  await Socket.last.open()
  await Socket.last.give(welcome({ resumed: true, base: 0, head: 3 }), event(3, 'text', { first: 1 }))
  const joined = Socket.last
  assert.equal(null, joined.closed)
  handling.open()
  await settle()

  assert.equal(4103, joined.closed)
  await clock.advance(LIMITS.backoffMax)
  await Socket.last.open()
  assert.deepEqual({ epoch: 'A', seq: 1 }, Socket.last.take()[0].resume)
  await Socket.last.give(welcome({ resumed: true, base: 1, head: 3 }), event(3, 'text', { first: 2 }))
  assert.deepEqual([1, 3], seen)
})

test('a hole in the stream closes the connection with 4103', async () => {
  const { Socket, seen } = await live()
  await Socket.last.give(event(1), event(3))

  assert.equal(4103, Socket.last.closed)
  assert.deepEqual([1], seen)
})

test('a gap is told in order, clipped to what is new, and acknowledged', async () => {
  const order = []
  const { Socket, clock } = await live({
    onEvent: item => order.push(item.seq),
    onGap: item => order.push([item.from, item.to, item.code]),
  })
  await Socket.last.give(event(1), { t: 'gap', from: 1, to: 3, code: 'expired' }, event(4))

  assert.deepEqual([1, [2, 3, 'expired'], 4], order)
  await clock.advance(LIMITS.ack)
  assert.deepEqual([{ t: 'ack', epoch: 'A', seq: 4 }], Socket.last.take())
})

test('a lost position is told once, and its handler ends before the next event', async () => {
  const losing = gate()
  const order = []
  const { client, Socket, clock } = await live({
    onEvent: item => order.push(item.seq),
    onLost: (why, last) => { order.push([why, last]); return losing.promise.then(() => order.push('told')) },
  })
  await Socket.last.give(event(1))
  await Socket.last.end(1006)
  await clock.advance(250)
  await Socket.last.open()
  await Socket.last.give(welcome({ epoch: 'B', why: 'epoch_changed', head: 1 }), event(1))
  assert.equal('resync', client.state)
  losing.open()
  await settle()

  assert.deepEqual([1, ['epoch_changed', { epoch: 'A', seq: 1 }], 'told', 1], order)
  assert.deepEqual({ epoch: 'B', seq: 1 }, client.position)
  assert.equal('live', client.state)
})

test('a loss is told once even where the connection breaks before anything new came', async () => {
  const lost = []
  const { Socket, clock } = await live({ onLost: why => { lost.push(why) } })
  await Socket.last.give(event(1))
  for (const why of ['epoch_changed', 'fresh']) {
    await Socket.last.end(1006)
    await clock.advance(LIMITS.backoffMax)
    await Socket.last.open()
    await Socket.last.give(welcome({ epoch: 'B', why }))
  }
  assert.deepEqual(['epoch_changed'], lost)
  assert.equal(undefined, Socket.last.take()[0].resume)
})

test('an event of the old epoch that is still handled confirms nothing of the new one', async () => {
  const [handling, losing] = [gate(), gate()]
  let first = true
  const onEvent = () => {
    const returned = first ? handling.promise : null
    first = false
    return returned
  }
  const { Socket, clock, client } = await live({ onEvent, onLost: () => losing.promise, onError: () => {} })
  await Socket.last.give(event(1))
  await Socket.last.end(1006)
  await clock.advance(250)
  await Socket.last.open()
  await Socket.last.give(welcome({ epoch: 'B', why: 'epoch_changed', head: 1 }), event(1), { t: 'ping', id: 1, head: 1 })
  handling.fail(new TypeError('late'))
  await settle()
  await clock.advance(1000)

  assert.deepEqual(['hello', 'pong'], Socket.last.sent.map(frame => frame.t))
  assert.deepEqual({ t: 'pong', id: 1 }, Socket.last.sent[1])
  assert.deepEqual({ epoch: 'A', seq: 1 }, client.position)
  losing.open()
  await settle()
  await clock.advance(LIMITS.ack)
  assert.deepEqual({ t: 'ack', epoch: 'B', seq: 1 }, Socket.last.sent[2])
})

test('a snapshot is told once, and only one that stands for what lies before the stream', async () => {
  const snapshots = []
  const handling = gate()
  const { Socket } = start({ onSnapshot: (data, at) => { snapshots.push([data, at.seq]); return handling.promise } })
  await Socket.last.open()
  await Socket.last.give(welcome({ base: 4, head: 4 }))
  for (const upto of [9, 4, 4]) await Socket.last.give({ t: 'snapshot', upto, data: 'state' })
  handling.open()
  await settle()
  assert.deepEqual([['state', 4]], snapshots)
})

test('a socket that was given up is not heard any more', async () => {
  const { client, Socket, clock, seen } = await live()
  const [old] = Socket.all
  client.wake()
  await clock.advance(LIMITS.probe)
  await clock.advance(250)
  await Socket.last.open()
  await Socket.last.give(welcome({ resumed: true, head: 1 }))
  await old.give(event(1))
  await old.end(4504)

  assert.deepEqual([], seen)
  assert.equal('catching_up', client.state)
})

test('a takeover ends the client, and it says so', async () => {
  const { client, Socket, clock } = await live()
  await Socket.last.give({ t: 'error', code: 'taken_over', fatal: true, msg: 'another tab took over' }, { t: 'bye', code: 4504 })

  assert.equal('ended', client.state)
  assert.deepEqual({ code: 'taken_over', closeCode: 4504, message: 'another tab took over' }, await client.ended)
  await clock.advance(100000)
  assert.equal(1, Socket.all.length)
  await assert.rejects(client.say('prompt', {}), { code: 'taken_over' })
})

test('a close code of 45xx and a frame that the library refused end it without a bye', async () => {
  for (const [code, name] of [[4502, 'unauthenticated'], [1009, 'frame_too_large'], [1007, 'bad_utf8']]) {
    const { client, Socket } = await live()
    await Socket.last.end(code)
    assert.equal(name, client.reason.code)
  }
})

test('the delay doubles up to its bound and starts anew only after a connection that held', async () => {
  const delays = []
  const { Socket, clock } = await live({ onState: (state, detail) => { if (state === 'backoff') delays.push(detail.delay) } })
  for (let tries = 0; tries < 8; tries++) {
    await Socket.last.end(1006)
    await clock.advance(delays.at(-1))
  }
  assert.deepEqual([250, 500, 1000, 2000, 4000, 8000, 10000, 10000], delays)
  await Socket.last.open()
  await Socket.last.give(welcome({ resumed: true }))
  await clock.advance(24000)
  await Socket.last.give({ t: 'ping', id: 1, head: 0 })
  await clock.advance(LIMITS.steady - 24000)
  await Socket.last.end(1006)
  assert.equal(250, delays.at(-1))
})

test('the delay that the server asked for is a lower bound, for a wake too', async () => {
  const { client, Socket, clock } = await live()
  await Socket.last.give({ t: 'bye', code: 4100, reconnect: true, after_ms: 1500 })
  client.wake()
  await clock.advance(1499)
  assert.equal(1, Socket.all.length)
  await clock.advance(1)
  assert.equal(2, Socket.all.length)
})

test('a wake tries at once', async () => {
  const { client, Socket } = await live()
  await Socket.last.end(1006)
  client.wake()
  assert.equal(2, Socket.all.length)
})

test('a wake asks an open socket, and gives it up after three seconds without an answer', async () => {
  const { client, Socket, clock } = await live()
  client.wake()
  assert.equal('ping', Socket.last.take()[0].t)
  await Socket.last.give({ t: 'pong', id: 1, head: 0 })
  await clock.advance(LIMITS.probe)
  assert.equal('live', client.state)
  client.wake()
  await clock.advance(LIMITS.probe)
  assert.equal(4101, Socket.last.closed)
  assert.equal('backoff', client.state)
})

test('a server that says nothing for long is asked, then given up', async () => {
  const { Socket, clock } = await live()
  await clock.advance(LIMITS.silence)
  assert.equal('ping', Socket.last.take()[0].t)
  await clock.advance(LIMITS.probe)
  assert.equal(4101, Socket.last.closed)
})

test('a lost tail shows in a ping, and the client resumes', async () => {
  const { Socket } = await live()
  await Socket.last.give(event(1), { t: 'ping', id: 1, head: 2 })
  assert.equal(4103, Socket.last.closed)
})

test('a ping is answered with what was handled', async () => {
  const handling = gate()
  const { Socket } = await live({ onEvent: item => item.seq === 2 && handling.promise })
  await Socket.last.give(event(1), event(2), { t: 'ping', id: 9, head: 2 })
  assert.deepEqual([{ t: 'pong', id: 9, epoch: 'A', seq: 1 }], Socket.last.take())
})

test('an ack whose timer is throttled goes with the next frame that comes', async () => {
  const { Socket, clock } = await live()
  await Socket.last.give(event(1))
  clock.late(LIMITS.ack)
  await Socket.last.give({ t: 'notice', code: 'n' })
  assert.deepEqual([{ t: 'ack', epoch: 'A', seq: 1 }], Socket.last.take())
})

test('a refusal goes before the pong that would acknowledge without it', async () => {
  const handling = gate()
  const { Socket, clock } = await live({ onEvent: () => handling.promise, onError: () => {} })
  await Socket.last.give(event(1))
  await Socket.last.end(1006)
  await clock.advance(250)
  await Socket.last.open()
  Socket.last.take()
  await Socket.last.give(welcome({ resumed: true, head: 1 }))
  handling.fail(new TypeError())
  await settle()
  await Socket.last.give(event(1), { t: 'ping', id: 1, head: 1 })
  assert.deepEqual(['ack', 'pong'], Socket.last.take().map(frame => frame.t))
})

test('says are numbered without a hole and repeated after a resume until they are answered', async () => {
  const { client, Socket, clock } = await live()
  const first = client.say('prompt', { text: 'one' })
  const second = client.say('prompt', { text: 'two' })
  assert.deepEqual([1, 2], Socket.last.take().map(frame => frame.cid))
  await Socket.last.give({ t: 'said', cid: 1 })
  await first
  await Socket.last.end(1006)
  const third = client.say('cancel')
  await clock.advance(250)
  await Socket.last.open()
  Socket.last.take()
  await Socket.last.give(welcome({ resumed: true }))

  assert.deepEqual([[2, 'prompt'], [3, 'cancel']], Socket.last.take().map(frame => [frame.cid, frame.type]))
  const refused = assert.rejects(second, error => error instanceof StentorError && error.code === 'run_in_progress')
  await Socket.last.give({ t: 'said', cid: 2, refused: { code: 'run_in_progress', msg: 'one at a time' } }, { t: 'said', cid: 3 })
  await refused
  await third
})

test('no more says are in flight than the host takes at once', async () => {
  const { client, Socket } = await live()
  for (let count = 0; count < LIMITS.saysInFlight + 2; count++) client.say('prompt', count)
  assert.equal(LIMITS.saysInFlight, Socket.last.take().length)
  await Socket.last.give({ t: 'said', cid: 1 })
  assert.deepEqual([LIMITS.saysInFlight + 1], Socket.last.take().map(frame => frame.cid))
})

test('a notice that is repeated is shown once', async () => {
  const codes = []
  const { Socket } = await live({ onNotice: notice => { codes.push(notice.code) } })
  await Socket.last.give(...[1, 1, 2].map(id => ({ t: 'notice', id, code: `n${id}` })))
  assert.deepEqual(['n1', 'n2'], codes)
})

test('what a handler refused between hello and welcome is told when it is resumed', async () => {
  const handling = gate()
  const { Socket, clock } = await live({ onEvent: () => handling.promise, onError: () => {} })
  await Socket.last.give(event(1))
  await Socket.last.end(1006)
  await clock.advance(250)
  await Socket.last.open()
  handling.fail(new TypeError())
  await settle()
  Socket.last.take()
  await Socket.last.give(welcome({ resumed: true, head: 1 }), event(1))
  await clock.advance(LIMITS.ack)

  const rej = [{ seq: 1, code: 'handler_error', msg: 'TypeError' }]
  assert.deepEqual([{ t: 'ack', epoch: 'A', seq: 1, rej }], Socket.last.take())
})

test('a say over its limit is refused here and takes no number', async () => {
  const { client } = await live()
  await assert.rejects(client.say('prompt', 'é'.repeat(LIMITS.say / 2)), { code: 'too_large' })
  assert.equal(1, client.cid)
})

test('a saved position resumes a new client', async () => {
  const { Socket, seen } = start({ resume: { epoch: 'A', seq: 41 } })
  await Socket.last.open()
  assert.deepEqual({ epoch: 'A', seq: 41 }, Socket.last.take()[0].resume)
  await Socket.last.give(welcome({ resumed: true, base: 41, head: 42 }), event(42))
  assert.deepEqual([42], seen)
})

test('a close inside a handler acknowledges that event, then leaves', async () => {
  const all = await live({ onEvent: () => { all.client.close() } })
  await all.Socket.last.give(event(1), event(2))

  assert.deepEqual([{ t: 'ack', epoch: 'A', seq: 1 }, { t: 'bye', end: false }], all.Socket.last.take())
  assert.equal(1000, all.Socket.last.closed)
  assert.equal('closed', (await all.client.ended).code)
})

test('a frame that it does not know ends the connection unless it may be left out', async () => {
  const { Socket } = await live()
  await Socket.last.give({ t: 'novelty', opt: true })
  assert.equal(null, Socket.last.closed)
  await Socket.last.give({ t: 'novelty' })
  assert.equal(4500, Socket.last.closed)
})

test('a token function is asked for every connection', async () => {
  let count = 0
  const { Socket, clock } = await live({ token: async () => `token${++count}` })
  await Socket.last.end(4105)
  await clock.advance(250)
  await Socket.last.open()
  assert.equal('token2', Socket.last.take()[0].token)
})

test('a wrong call throws at once', () => {
  assert.throws(() => connect('ws://host/ws', { WebSocket: sockets() }), { code: 'bad_usage' })
  assert.throws(() => connect('ws://host/ws', { session: 'ada/t1', WebSocket: null }), { code: 'bad_usage' })
})
