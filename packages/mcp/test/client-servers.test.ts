import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import { loadMcpServers, readMcpServers } from '@plinth/mcp'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { addressFor, fits } from '../src/client/servers.ts'

const read = (servers: unknown, variables: Readonly<Record<string, string>> = {}, processes = true) =>
  readMcpServers(JSON.stringify({ mcpServers: servers }), { variables, processes })
const refusal = (servers: unknown, processes = true): string => {
  try {
    read(servers, {}, processes)
    return ''
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError)
    expect((error as InvalidInputError).field).toBe('PLINTH_MCP_SERVERS')
    return (error as InvalidInputError).message
  }
}

describe('the file of MCP servers', () => {
  it('is read as MCP hosts have it, with what Plinth adds', () => {
    const servers = read(
      {
        files: {
          type: 'stdio',
          command: 'npx',
          args: ['-y', 'x', `/data/\${tenant}`],
          env: { KEY: `\${KEY}` },
          tenants: ['acme'],
        },
        web: {
          type: 'http',
          url: `https://mcp.example/\${tenant}/mcp`,
          headers: { authorization: `Bearer \${KEY}`, 'x-tenant': `\${tenant}` },
          ...{ tenants: ['*'], tools: ['read_*'], readOnly: ['read_*'], timeout: 5, startTimeout: 6, idleTimeout: 7 },
        },
        off: { command: 'x', tenants: [], disabled: true },
      },
      { KEY: 'the key' },
    )
    expect([...servers.keys()]).toEqual(['files', 'web'])
    expect(servers.get('files')).toEqual({
      name: 'files',
      address: {
        kind: 'process',
        command: 'npx',
        args: ['-y', 'x', `/data/\${tenant}`],
        env: { KEY: 'the key' },
        cwd: undefined,
      },
      tenants: ['acme'],
      tools: ['*'],
      readOnly: undefined,
      shared: false,
      limits: { call: 60_000, start: 30_000, idle: 300_000 },
    })
    const web = servers.get('web')
    expect(web).toMatchObject({ tools: ['read_*'], readOnly: ['read_*'], limits: { call: 5_000, start: 6_000, idle: 7_000 } })
    expect(web && addressFor(web, 'acme')).toEqual({
      kind: 'url',
      url: 'https://mcp.example/acme/mcp',
      headers: { authorization: 'Bearer the key', 'x-tenant': 'acme' },
    })
  })

  it.each([
    ['no tenants', { files: { command: 'x' } }, '"tenants": ["demo"]'],
    ['a name that is none', { 'my files': { command: 'x', tenants: ['*'] } }, '"my files"'],
    ['a name with two underscores', { a__b: { command: 'x', tenants: ['*'] } }, '"a__b"'],
    ['no address', { files: { tenants: ['*'] } }, 'needs a command or a url'],
    ['two addresses', { files: { command: 'x', url: 'http://x', tenants: ['*'] } }, 'needs a command or a url'],
    ['another protocol', { files: { url: 'file:///etc', tenants: ['*'] } }, 'http or https'],
    ['the older transport', { files: { type: 'sse', url: 'http://x', tenants: ['*'] } }, 'type'],
    ['an unknown field', { files: { command: 'x', tenants: ['*'], readonly: ['a'] } }, 'There is no field "readonly" here.'],
    ['a time-out that is none', { files: { command: 'x', tenants: ['*'], timeout: 0 } }, 'timeout: Must be at least 0.1.'],
    ['a variable that is not set', { files: { command: 'x', env: { A: `\${NOT_SET}` }, tenants: ['*'] } }, `\${NOT_SET}`],
    [
      'one for all tenants that names one',
      { files: { command: 'x', args: [`\${tenant}`], tenants: ['*'], shared: true } },
      'shared',
    ],
    ['text', { files: 'npx' }, 'must be an object'],
  ])('is refused: %s', (_, servers, words) => {
    expect(refusal(servers)).toContain(words)
  })

  it('has no commands where none can be started, as on Lambda', () => {
    expect(refusal({ files: { command: 'x', tenants: ['*'] } }, false)).toContain('servers with a url only')
    expect(refusal({ web: { url: 'https://x', tenants: ['*'] } }, false)).toBe('')
  })

  it.each(['', '[]', '{}', 'null', '{"mcpServers": []}', '{"mcpServers": {}, "more": 1}', '{"mcpServers":'])(
    'is no file: %s',
    (text) => {
      expect(() => readMcpServers(text, { variables: {}, processes: true })).toThrow(InvalidInputError)
    },
  )

  it('is named by the variable, or stands in it', async () => {
    const options = { variables: {}, processes: true }
    const folder = temporaryFolder()
    const path = join(folder, 'mcp.json')
    const text = '{"mcpServers": {"a": {"command": "x", "tenants": ["*"]}}}'
    await writeFile(path, text)
    for (const none of [undefined, '']) expect(loadMcpServers(none, options).size).toBe(0)
    for (const setting of [path, text, ` ${text}`]) expect([...loadMcpServers(setting, options).keys()]).toEqual(['a'])
    expect(() => loadMcpServers(join(folder, 'none.json'), options)).toThrow(/none\.json, which can't be read/)
  })
})

describe('patterns of tool names', () => {
  it('fit as a regular expression would', () => {
    const names = fc.string({ unit: fc.constantFrom('a', 'b', '.', '_'), maxLength: 8 })
    const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 6 })
    fc.assert(
      fc.property(patterns, names, (pattern, name) => {
        const expected = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^]*')}$`)
        expect(fits([pattern], name)).toBe(expected.test(name))
      }),
      { numRuns: 2_000 },
    )
  })

  it('cost no more than their length', () => {
    const from = performance.now()
    fits([`${'a*'.repeat(60)}b`], 'a'.repeat(100_000))
    expect(performance.now() - from).toBeLessThan(1_000)
  })
})
