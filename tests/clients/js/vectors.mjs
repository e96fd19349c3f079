/** Runs one conformance vector against the JavaScript client: node vectors.mjs FILE. Exits 1 and says which step failed. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { Clock, gate, settle, sockets } from './fakes.mjs'

const { connect } = await import(process.env.STENTOR_JS)
const vector = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const Socket = sockets()
const clock = new Clock()
const heard = []
let held = null
let rejection = null

function handle(note, refusable) {
  heard.push(note)
  if (refusable && rejection) {
    const error = Object.assign(new Error('refused by the vector'), { name: rejection })
    rejection = null
    throw error
  }
  return held?.promise
}

const client = connect('ws://host/ws', {
  session: 'ada/t1', tab: 'tab1', WebSocket: Socket, clock, random: () => 0.5, resume: vector.resume,
  onEvent: item => handle(['event', item.first ?? item.seq, item.seq], true),
  onGap: item => handle(['gap', item.from, item.to, item.code]),
  onLost: (why, last) => handle(['lost', why, last]),
  onSnapshot: (data, at) => handle(['snapshot', at.seq]),
  onNotice: item => { heard.push(['notice', item.code]) },
  onError: () => {},
})

/** Compares only what *expected* names, at every depth; null there means that it may be left out. */
function includes(expected, actual) {
  if (expected === null || typeof expected !== 'object') return assert.deepEqual(actual ?? null, expected)
  assert.ok(actual, `${JSON.stringify(expected)} is missing`)
  for (const [key, value] of Object.entries(expected)) includes(value, actual[key])
}

const steps = {
  open: () => Socket.last.open(),
  give: frames => Socket.last.give(...frames),
  lose: code => Socket.last.onclose && Socket.last.end(code),
  advance: seconds => clock.advance(Math.round(seconds * 1000)),
  wake: () => client.wake(),
  hold: () => { held = gate() },
  release: () => { const { open } = held; held = null; open() },
  reject: name => { rejection = name },
  say: ([type, data]) => {
    const cid = client.cid
    client.say(type, data).then(() => heard.push(['said', cid, null]), error => heard.push(['said', cid, error.code]))
  },
  sent: frames => {
    const sent = Socket.last.take()
    assert.equal(sent.length, frames.length, JSON.stringify(sent))
    frames.forEach((frame, index) => includes(frame, sent[index]))
  },
  heard: notes => assert.deepEqual(heard.splice(0), notes),
  closed: code => assert.equal(Socket.last.closed, code),
  sockets: count => assert.equal(Socket.all.length, count),
  state: state => assert.equal(client.state, state),
  position: position => assert.deepEqual(client.position, position),
}

for (const [index, step] of vector.steps.entries()) {
  const [[name, value]] = Object.entries(step)
  try {
    await steps[name](value)
    await settle()
  } catch (error) {
    console.error(`step ${index}, ${JSON.stringify(step)}: ${error.message}`)
    process.exit(1)
  }
}
