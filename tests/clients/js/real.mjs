/** The JavaScript client over a real socket: node --experimental-websocket real.mjs URL. Prints what it handles, a line each. */
const { connect } = await import(process.env.STENTOR_JS)
const print = (...words) => console.log(JSON.stringify(words))

const client = connect(process.argv[2], {
  session: 'ada/t1',
  random: () => 0,
  async onEvent(event) {
    await new Promise(resolve => setTimeout(resolve, 1))
    print('event', event.seq, event.data.delta ?? event.type)
    if (event.type === 'agent_completed') client.close()
  },
  onGap: gap => print('gap', gap.from, gap.to),
  onLost: why => print('lost', why),
})
client.say('prompt', { text: 'hello' }).then(() => print('said'), error => print('refused', error.code))
print('ended', (await client.ended).code, client.position.seq)
