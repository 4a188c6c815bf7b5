import { expect } from 'vitest'
import { isSourceToolName, type ToolSource, ToolSourceError } from '../ports/tool-source.ts'
import { type ContractOptions, describeContract } from './contract.ts'

/**
 * What is tried. Tenants alpha and beta have the server `common` with the tools `say` ({text}, reads, answers the text), `save` (changes),
 * `key` (answers the call's key), `fail` (says that it failed), `wait` (never answers), `count` (answers how often it was called in its session)
 * and `huge` (answers ten million letters); beta alone has `own` with `say`. Both have `gone`, which can't be reached.
 */
export interface ToolSourceSubject {
  readonly source: ToolSource
}

const call = (signal: AbortSignal = new AbortController().signal, key = 'a key') => ({ key, signal })
const names = ['say', 'save', 'key', 'fail', 'wait', 'count', 'huge'].map((name) => `common.${name}`)

/** The promises of {@link ToolSource}, one test each. */
export function describeToolSourceContract(adapter: string, options: ContractOptions<ToolSourceSubject>): void {
  describeContract('ToolSource', adapter, options, {
    'a name gives its tool, and SERVER.* all of a server, each once': async (subject) => {
      const { source } = subject().port
      const { signal } = call()
      const some = await source.list('alpha', ['common.say', 'common.save', 'common.say'], signal)
      expect(some.map(({ name, changes }) => [name, changes])).toEqual([
        ['common.say', false],
        ['common.save', true],
      ])
      expect(some[0]?.inputSchema).toMatchObject({ type: 'object', properties: { text: { type: 'string' } } })
      const all = await source.list('alpha', ['common.*', 'common.key'], signal)
      expect(all.map(({ name }) => name).sort()).toEqual([...names].sort())
      for (const { name } of all) expect(isSourceToolName(name), name).toBe(true)
    },

    'what no server offers is left out': async (subject) => {
      const { source } = subject().port
      const { signal } = call()
      expect(await source.list('alpha', ['common.none', 'nobody.say', 'say', '', '*', '.', 'common'], signal)).toEqual([])
      await expect(source.call('alpha', 'common.none', {}, call())).rejects.toMatchObject({ code: 'tool_unknown' })
      await expect(source.call('alpha', 'common.*', {}, call())).rejects.toMatchObject({ code: 'tool_unknown' })
    },

    'a tenant has the servers that it may use, and no sign of others': async (subject) => {
      const { source } = subject().port
      const { signal } = call()
      expect(source.offers('beta', 'own.say')).toBe(true)
      expect((await source.list('beta', ['own.*'], signal)).map(({ name }) => name)).toEqual(['own.say'])
      for (const name of ['own.say', 'own.*', 'nobody.say', 'calculate']) expect(source.offers('alpha', name), name).toBe(false)
      expect(await source.list('alpha', ['own.*', 'own.say'], signal)).toEqual([])
      const [other, none] = await Promise.all(
        ['own.say', 'nobody.say'].map((name) => source.call('alpha', name, { text: 'x' }, call()).catch((error) => error)),
      )
      expect(other).toBeInstanceOf(ToolSourceError)
      expect([other.code, other.message]).toEqual([none.code, none.message])
    },

    'a call gives what the tool says, and whether it says that it failed': async (subject) => {
      const { source } = subject().port
      expect(await source.call('alpha', 'common.say', { text: 'Grüße' }, call())).toEqual({ text: 'Grüße', failed: false })
      expect(await source.call('alpha', 'common.fail', {}, call())).toMatchObject({ failed: true })
    },

    'the key reaches the tool': async (subject) => {
      const { source } = subject().port
      const answer = await source.call('alpha', 'common.key', {}, call(undefined, 'run:step:1'))
      expect(answer.text).toBe('run:step:1')
    },

    "what a tenant's calls leave in a server shows to no other tenant": async (subject) => {
      const { source } = subject().port
      const counts: string[] = []
      for (const tenant of ['alpha', 'alpha', 'beta', 'alpha', 'beta'])
        counts.push((await source.call(tenant, 'common.count', {}, call())).text)
      expect(counts).toEqual(['1', '2', '1', '3', '2'])
    },

    "a call ends soon after its signal, with the signal's reason": async (subject) => {
      const { source } = subject().port
      await expect(
        source.call('alpha', 'common.say', { text: 'x' }, call(AbortSignal.abort(new Error('before')))),
      ).rejects.toThrow('before')
      const stop = new AbortController()
      const waiting = source.call('alpha', 'common.wait', {}, call(stop.signal))
      await source.call('alpha', 'common.say', { text: 'meanwhile' }, call())
      stop.abort(new Error('enough'))
      await expect(waiting).rejects.toThrow('enough')
      await expect(source.list('alpha', ['common.*'], AbortSignal.abort(new Error('late')))).rejects.toThrow('late')
    },

    'answers are bounded': async (subject) => {
      const { source } = subject().port
      const answer = await source.call('alpha', 'common.huge', {}, call()).catch((error) => error)
      if (answer instanceof ToolSourceError) expect(answer.code).toBe('tool_answer_too_large')
      else expect(answer.text.length).toBeLessThan(1_000_000)
    },

    'a server that can not be reached fails what asks for it, in words that name nothing, and nothing else': async (subject) => {
      const { source } = subject().port
      const { signal } = call()
      const refused = { code: 'tool_server_unavailable', retryable: true }
      await expect(source.list('alpha', ['common.say', 'gone.*'], signal)).rejects.toMatchObject(refused)
      await expect(source.call('alpha', 'gone.say', {}, call())).rejects.toSatisfy(
        (error) => error instanceof ToolSourceError && !error.message.includes('gone'),
      )
      expect(await source.list('alpha', ['common.say'], signal)).toHaveLength(1)
    },
  })
}
