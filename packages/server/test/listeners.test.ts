import { execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { Listeners } from '../src/listeners.ts'

const host = '127.0.0.1'
const sharesPorts = process.platform === 'linux'

async function opened(port = 0) {
  const server = createServer((_, response) => response.end('well'))
  const listeners = await Listeners.open(server, { host, port })
  return { server, listeners, port: (server.address() as AddressInfo).port }
}

it.skipIf(!sharesPorts)('takes many who connect at once in a few turns of the loop [X8]', async () => {
  const { server, listeners, port } = await opened()
  let turns = 0
  let counting = true
  const count = (): void => {
    turns++
    if (counting) setImmediate(count)
  }
  const clients: Socket[] = []
  const taken = new Promise<number>((resolve) => {
    let accepted = 0
    server.on('connection', () => {
      if (++accepted === 1) count()
      if (accepted === 64) resolve(turns)
    })
  })
  for (let client = 0; client < 64; client++) clients.push(connect(port, host))
  expect(await taken).toBeLessThan(32)
  counting = false
  for (const client of clients) client.destroy()
  await listeners.close()
})

it('answers on every one of its sockets, and has ended when the last connection has', async () => {
  const { server, listeners, port } = await opened()
  const answers = Array.from({ length: 40 }, async () => (await fetch(`http://${host}:${port}`)).text())
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['well']))
  const client = connect(port, host)
  await new Promise((resolve) => server.once('connection', resolve))
  let ended = false
  const closing = listeners.close().then(() => {
    ended = true
  })
  server.closeIdleConnections()
  await new Promise(setImmediate)
  expect(ended).toBe(false)
  client.destroy()
  server.closeAllConnections()
  await closing
  await expect(fetch(`http://${host}:${port}`)).rejects.toThrow()
})

it('shares its port with nobody else', async () => {
  const { listeners, port } = await opened()
  await expect(opened(port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await listeners.close()
  await (await opened(port)).listeners.close()
})

it.skipIf(!sharesPorts)('listens on none of its sockets where the system has no room for all', () => {
  // Room for three, in a process that may have few files open.
  const code = `
    import { closeSync, openSync } from 'node:fs'
    import { createServer } from 'node:http'
    import { Listeners } from '${new URL('../src/listeners.ts', import.meta.url)}'
    const taken = []
    try {
      for (;;) taken.push(openSync('/dev/null'))
    } catch {}
    for (const each of taken.splice(-3)) closeSync(each)
    const server = createServer()
    const { code } = await Listeners.open(server, { host: '${host}', port: 0 }).catch((error) => error)
    console.log(code, server.listening)`
  const node = [process.execPath, '--conditions=@plinth/source', '--input-type=module', '-e', code]
  const said = execFileSync('sh', ['-c', 'ulimit -n 200 && exec "$@"', 'sh', ...node], { encoding: 'utf8', timeout: 60_000 })
  expect(said.trim()).toBe('EMFILE false')
})
