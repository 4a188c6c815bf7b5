import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { JsonObject } from '@plinth/core'
import { afterEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { type Entry, openSource, published, signal } from './support/open-source.ts'
import { recordedLog } from './support/recorded-log.ts'

const call = { key: 'k', signal }
const folder = temporaryFolder()

describe('the published server of files', () => {
  const files = async (name: string) => {
    const root = join(folder, name)
    await mkdir(root, { recursive: true })
    await writeFile(join(root, 'a.txt'), 'Twelve boxes of screws.\n')
    return { root, source: openSource({ files: published('server-filesystem', [root]) }) }
  }

  it('offers its tools, of which those that write change something', async () => {
    const { source } = await files('one')
    const tools = await source.list('alpha', ['files.*'], signal)
    expect(tools.filter(({ changes }) => changes).map(({ name }) => name)).toEqual([
      'files.write_file',
      'files.edit_file',
      'files.create_directory',
      'files.move_file',
    ])
    expect(tools.length).toBe(14)
  })

  it('reads, writes and refuses', async () => {
    const { root, source } = await files('two')
    const read = await source.call('alpha', 'files.read_text_file', { path: join(root, 'a.txt') }, call)
    expect(read).toEqual({ text: 'Twelve boxes of screws.\n', failed: false })
    await source.call('alpha', 'files.write_file', { path: join(root, 'b.txt'), content: 'new' }, call)
    expect(await readFile(join(root, 'b.txt'), 'utf8')).toBe('new')
    await symlink('/etc', join(root, 'out'))
    for (const path of ['/etc/passwd', join(root, '../../etc/passwd'), join(root, 'out/passwd')])
      expect(await source.call('alpha', 'files.read_text_file', { path }, call), path).toMatchObject({ failed: true })
    expect((await source.call('alpha', 'files.read_text_file', { path: 5 }, call)).failed).toBe(true)
  })

  it('has a folder for each tenant', async () => {
    for (const tenant of ['alpha', 'beta']) {
      await mkdir(join(folder, tenant), { recursive: true })
      await writeFile(join(folder, tenant, 'who.txt'), tenant)
    }
    const source = openSource({ files: published('server-filesystem', [join(folder, `\${tenant}`)]) })
    const who = (tenant: string, of: string) =>
      source.call(tenant, 'files.read_text_file', { path: join(folder, of, 'who.txt') }, call)
    expect([(await who('alpha', 'alpha')).text, (await who('beta', 'beta')).text]).toEqual(['alpha', 'beta'])
    expect((await who('alpha', 'beta')).failed).toBe(true)
  })
})

describe('the published server of memories', () => {
  it('keeps what it is told', async () => {
    const source = openSource({
      memory: published('server-memory', [], { env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') } }),
    })
    const tools = await source.list('alpha', ['memory.*'], signal)
    expect(tools.filter(({ changes }) => changes)).toHaveLength(6)
    const entities = [{ name: 'Plinth', entityType: 'base', observations: ['carries a column'] }]
    await source.call('alpha', 'memory.create_entities', { entities }, call)
    const { text, failed } = await source.call('alpha', 'memory.search_nodes', { query: 'column' }, call)
    expect(failed).toBe(false)
    expect(JSON.parse(text)).toMatchObject({ entities: [{ name: 'Plinth' }] })
  })
})

const answers: readonly (readonly [string, JsonObject, string | RegExp])[] = [
  ['echo', { message: 'Grüße' }, 'Echo: Grüße'],
  ['get-sum', { a: 2, b: 3 }, /5/],
  ['get-tiny-image', {}, /\n\[image, image\/png, \d+ bytes\]\n/],
  ['get-structured-content', { location: 'Chicago' }, /^\{"temperature":\d+,"conditions":"[^"]+","humidity":\d+\}$/],
  ['get-resource-links', {}, /\n\[resource demo:\/\/resource\/dynamic\/text\/2: Text Resource 2\]/],
  [
    'get-resource-reference',
    { resourceType: 'Text', resourceId: 1 },
    /\n\[resource demo:\/\/resource\/dynamic\/text\/1, text\/plain\]\nResource 1: /,
  ],
  [
    'get-resource-reference',
    { resourceType: 'Blob', resourceId: 1 },
    /\[resource demo:\/\/resource\/dynamic\/blob\/1, text\/plain, \d+ bytes\]/,
  ],
]

describe.each(['pipes', 'Streamable HTTP'])('the published server of everything, over %s', (way) => {
  let server: Served | undefined
  const open = async (more: Entry = {}, options: Parameters<typeof openSource>[1] = {}) => {
    if (way === 'pipes') return openSource({ e: published('server-everything', ['stdio'], more) }, options)
    server = await serveEverything()
    return openSource({ e: { url: server.url, ...more } }, options)
  }
  afterEach(() => server?.stop())

  it('is called in the revision that it speaks, and gives texts of all that it has', async () => {
    const log = recordedLog()
    const source = await open({}, { log })
    const tools = await source.list('alpha', ['e.*'], signal)
    expect(tools.length).toBeGreaterThanOrEqual(13)
    for (const [name, input, text] of answers)
      expect(await source.call('alpha', `e.${name}`, input, call), name).toEqual({
        text: expect.stringMatching(text),
        failed: false,
      })
    expect(log.lines).toContainEqual(['An MCP server is in use.', { server: 'e', revision: '2025-11-25' }])
  })

  it('is told of a cancellation, and left at a time-out', async () => {
    const source = await open({ timeout: 0.5 })
    await source.list('alpha', ['e.*'], signal)
    const slow = { duration: 60, steps: 60 }
    await expect(source.call('alpha', 'e.trigger-long-running-operation', slow, call)).rejects.toMatchObject({
      code: 'tool_timeout',
    })
    const stop = new AbortController()
    const running = source.call('alpha', 'e.trigger-long-running-operation', slow, { key: 'k', signal: stop.signal })
    await source.call('alpha', 'e.echo', { message: 'x' }, call)
    stop.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    expect((await source.call('alpha', 'e.echo', { message: 'x' }, call)).text).toBe('Echo: x')
  })

  it('is used again after it was started again', async () => {
    if (way === 'pipes') return
    const source = await open()
    expect((await source.call('alpha', 'e.echo', { message: 'x' }, call)).text).toBe('Echo: x')
    const { port } = server as Served
    await server?.stop()
    await expect(source.call('alpha', 'e.echo', { message: 'x' }, call)).rejects.toMatchObject({
      code: expect.stringMatching(/^tool_server_(unavailable|lost)$/),
    })
    server = await serveEverything(port)
    // It knows nothing of the session that was.
    expect((await source.call('alpha', 'e.echo', { message: 'y' }, call)).text).toBe('Echo: y')
  })
})

interface Served {
  readonly url: string
  readonly port: number
  stop(): Promise<void>
}

async function serveEverything(port?: number): Promise<Served> {
  const chosen = port ?? (await freePort())
  const { command, args } = published('server-everything', ['streamableHttp']) as { command: string; args: string[] }
  const child: ChildProcess = spawn(command, args, {
    env: { PATH: process.env.PATH, PORT: String(chosen) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The server ended.')))
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => /listening/i.test(String(data)) && resolve())
  })
  return {
    url: `http://127.0.0.1:${chosen}/mcp`,
    port: chosen,
    stop: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
