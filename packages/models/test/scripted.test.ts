import { APICallError } from '@ai-sdk/provider'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createScriptedModel } from '../src/index.ts'
import { fill, HandClock, promptOf, readAll, say, textOf } from './support.ts'

const clock = new HandClock()
const model = createScriptedModel({ clock })

describe('the scripted model', () => {
  it('says one short line that depends on the prompt alone and does not repeat it', async () => {
    const other = createScriptedModel({ clock: new HandClock() })
    const lines = new Set<string>()
    for (let number = 0; number < 500; number++) {
      const line = await say(model, `Prompt ${number}`)
      expect(line).toMatch(/^[^\n]{1,80}$/)
      expect(await say(other, `Prompt ${number}`)).toBe(line)
      lines.add(line)
    }
    expect(lines.size).toBe(500)
  })

  it('never holds the prompt, however short', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, maxLength: 40 }).filter((text) => text.trim() !== ''),
        async (text) => {
          expect(await say(model, text)).not.toContain(text.trim())
        },
      ),
    )
    // What chance seldom draws: all that is a part of every line, or of many.
    const ordinary =
      'Scripted 0123abcd amber basin cedar delta ember fjord grove heath inlet jetty knoll lagoon mesa notch oasis prairie.'
    const parts = new Set(
      Array.from(ordinary, (_, at) => [1, 2, 3, 5, 8, 10].map((length) => ordinary.slice(at, at + length).trim())).flat(),
    )
    parts.delete('')
    for (const text of parts) expect(await say(model, text)).not.toContain(text)
  })

  it('takes every message into account', async () => {
    const user = promptOf('hello')
    const one = textOf((await model.doGenerate({ prompt: [{ role: 'system', content: 'Be brief.' }, ...user] })).content)
    const two = textOf((await model.doGenerate({ prompt: [{ role: 'system', content: 'Be long.' }, ...user] })).content)
    expect(one).not.toBe(two)
    expect((await model.doGenerate({ prompt: [] })).usage.inputTokens.total).toBeGreaterThan(0)
  })

  it('fills a schema with the smallest value', async () => {
    const schema = {
      type: 'object',
      properties: { steps: { type: 'array', minItems: 1, items: { type: 'integer' } } },
      required: ['steps'],
    }
    expect(await fill(model, 'x', schema)).toEqual({ steps: [0] })
    expect(await say(model, 'x', { responseFormat: { type: 'json' } })).toBe('{}')
  })

  it('counts tokens by bytes', async () => {
    const { usage, finishReason } = await model.doGenerate({ prompt: promptOf('é'.repeat(10)) })
    expect(usage.inputTokens).toEqual({ total: 5, noCache: 5, cacheRead: 0, cacheWrite: 0 })
    expect(usage.outputTokens.total).toBe(Math.ceil((await say(model, 'é'.repeat(10))).length / 4))
    expect(finishReason).toEqual({ unified: 'stop', raw: 'end_turn' })
  })

  it('has no tools, and says so', async () => {
    const tools = [{ type: 'function' as const, name: 'add', inputSchema: { type: 'object' as const } }]
    const { content, warnings } = await model.doGenerate({
      prompt: promptOf('add 1 and 1'),
      tools,
      toolChoice: { type: 'required' },
    })
    expect(content.map(({ type }) => type)).toEqual(['text'])
    expect(warnings).toEqual([{ type: 'unsupported', feature: 'tools' }])
  })

  it('fails for good on the marker, without the prompt in the error', async () => {
    const error = await say(createScriptedModel({ clock, failureRate: 1 }), 'secret [[fail]]').catch((reason) => reason)
    expect(APICallError.isInstance(error) && [error.statusCode, error.isRetryable]).toEqual([400, false])
    expect(JSON.stringify(error) + error.message).not.toContain('secret')
  })

  it('throttles its share of calls, retryably', async () => {
    const throttled = createScriptedModel({ clock: new HandClock(), failureRate: 0.3 })
    let failures = 0
    for (let call = 0; call < 2000; call++) {
      const error = await say(throttled, 'x').catch((reason) => reason)
      if (typeof error === 'string') continue
      failures++
      expect([error.statusCode, error.isRetryable]).toEqual([429, true])
    }
    expect(failures / 2000).toBeGreaterThan(0.26)
    expect(failures / 2000).toBeLessThan(0.34)
  })

  it('waits on the clock, and stops waiting when aborted', async () => {
    const hand = new HandClock()
    const slow = createScriptedModel({ clock: hand, latencyMs: 800 })
    let done = false
    const answer = say(slow, 'x').then((text) => {
      done = true
      return text
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect([done, hand.waiting[0]?.delay]).toEqual([false, 800])
    hand.runAll()
    expect(await answer).toMatch(/^Scripted/)

    const controller = new AbortController()
    const aborted = say(slow, 'x', { abortSignal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(hand.waiting).toEqual([])
    await expect(say(model, 'x', { abortSignal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })

  it('streams the same answer word by word', async () => {
    const { stream } = await model.doStream({ prompt: promptOf('hello') })
    const parts = await readAll(stream)
    expect(parts.map(({ type }) => type)).toEqual([
      'stream-start',
      'response-metadata',
      'text-start',
      'text-delta',
      'text-delta',
      'text-delta',
      'text-delta',
      'text-end',
      'finish',
    ])
    expect(parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')).toBe(await say(model, 'hello'))
    const { usage, finishReason } = await model.doGenerate({ prompt: promptOf('hello') })
    expect(parts.at(-1)).toMatchObject({ usage, finishReason })
  })

  it('is cheap', async () => {
    const options = { prompt: promptOf('Tell me about the weather in the north. '.repeat(5)) }
    const run = async (calls: number): Promise<number> => {
      const start = performance.now()
      for (let call = 0; call < calls; call++) await model.doGenerate(options)
      return ((performance.now() - start) / calls) * 1000
    }
    await run(2000)
    // The target is 5 µs; a busy machine may need more, a fault needs far more.
    expect(Math.min(await run(5000), await run(5000), await run(5000))).toBeLessThan(25)
  })
})
