import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const secret = 'what-a-library-was-given'
const ours = (cause: string): string => `new UnavailableError('busy', 'Ours.', { cause: ${cause} })`

/** The lines that a process writes to standard error which logs each of these: the log goes there, and nowhere else. */
async function logged(...fields: readonly string[]): Promise<readonly string[]> {
  const program = `
    import { UnavailableError } from '@plinth/core'
    import { createLog } from '${new URL('../src/logging.ts', import.meta.url)}'
    const log = createLog('debug')
    for (const fields of [${fields}]) log.error(fields, 'It failed.')
    void UnavailableError`
  const words = ['--conditions=@plinth/source', '--input-type=module', '--eval', program]
  return (await promisify(execFile)(process.execPath, words)).stderr.trimEnd().split('\n')
}

it('[X15] [X64] errors of others are told by name and place, never in their words, however deep they lie and whatever was thrown', async () => {
  const thrown = [
    `new TypeError('${secret}')`,
    `Object.assign(new Error('${secret}'), { responseBody: '${secret}', cause: new Error('${secret}') })`,
    `'${secret}'`,
    `['${secret}']`,
    `{ body: '${secret}' }`,
    ours(`'${secret}'`),
    ours(`new SyntaxError('${secret}')`),
    ours(ours(`['${secret}']`)),
  ]
  const lines = await logged(...thrown.map((error) => `{ error: ${error}, request_id: 'r-1' }`))
  expect(lines).toHaveLength(thrown.length)
  for (const [index, line] of lines.entries()) {
    expect(line, thrown[index]).not.toContain(secret)
    expect(JSON.parse(line)).toMatchObject({ msg: 'It failed.', request_id: 'r-1' })
  }
  expect(lines[0]).toContain('"name":"TypeError"')
  expect(lines[7]).toMatch(/"code":"busy".+"code":"busy"/)
})

it('[X64] fields that hold secrets are cut out, at the top and one level down', async () => {
  const inner = `{ token: '${secret}', prompt: '${secret}', result: '${secret}' }`
  const [line = ''] = await logged(`{ authorization: '${secret}', call: ${inner}, id: 'r-1' }`)
  expect(line).not.toContain(secret)
  expect(JSON.parse(line)).toMatchObject({ id: 'r-1', call: {} })
})
