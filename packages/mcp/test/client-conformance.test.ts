import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'

interface Check {
  readonly id: string
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'INFO'
}

/** The checks of one scenario of the published suite, carried out by our client, that say more than what was sent. */
async function conform(scenario: string): Promise<Readonly<Record<string, string>>> {
  const output = temporaryFolder()
  const program = new URL('dist/index.js', import.meta.resolve('@modelcontextprotocol/conformance/package.json')).pathname
  const client = `${process.execPath} --conditions=@plinth/source ${import.meta.dirname}/support/conformance-client.ts`
  await new Promise<void>((resolve) => {
    const options = ['client', '--command', client, '--scenario', scenario, '--timeout', '120000', '-o', output]
    // Its exit code says whether all checks passed, which is looked at one by one here.
    execFile(process.execPath, [program, ...options], () => resolve())
  })
  const files = await readdir(output, { recursive: true })
  const file = files.find((name) => name.endsWith('checks.json')) ?? 'no checks.json'
  const checks = JSON.parse(await readFile(join(output, file), 'utf8')) as readonly Check[]
  return Object.fromEntries(checks.filter(({ status }) => status !== 'INFO').map(({ id, status }) => [id, status]))
}

describe('the published suite of conformance, for clients', () => {
  it('passes: initialize', async () => {
    expect(await conform('initialize')).toEqual({ 'mcp-client-initialization': 'SUCCESS' })
  })

  it('passes: tools_call', async () => {
    expect(await conform('tools_call')).toEqual({ 'tool-add-numbers': 'SUCCESS' })
  })

  it('passes: sse-retry', { retry: 2 }, async () => {
    const { 'client-sse-retry-timing': timing, ...checks } = await conform('sse-retry')
    expect(checks).toEqual({ 'client-sse-graceful-reconnect': 'SUCCESS', 'client-sse-last-event-id': 'SUCCESS' })
    // On a busy machine 500 milliseconds may have become more.
    expect(['SUCCESS', 'WARNING']).toContain(timing)
  })

  it.each(['auth/client-credentials-basic', 'auth/pre-registration'])('passes: %s', async (scenario) => {
    const checks = await conform(scenario)
    expect(checks).toMatchObject({ 'valid-bearer-token': 'SUCCESS' })
    expect(Object.values(checks).filter((status) => status !== 'SUCCESS')).toEqual([])
  })

  it('does not pass, since nobody is there to be asked: elicitation-sep1034-client-defaults', async () => {
    expect(Object.values(await conform('elicitation-sep1034-client-defaults'))).toContain('FAILURE')
  })

  it('does not pass, since nobody is there to log in: auth/metadata-default, and those of that kind', async () => {
    expect(Object.values(await conform('auth/metadata-default'))).toContain('FAILURE')
  })
})
