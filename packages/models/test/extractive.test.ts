import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitSentences } from '../src/extractive/sentences.ts'
import { createExtractiveModel } from '../src/index.ts'
import { fill, promptOf, readAll, say, textOf } from './support.ts'

const model = createExtractiveModel()

const documents = `Source: pumps.txt
Content: Pump P-101 is serviced every 6 months. The pump failed on 3 March 2026 because its bearing overheated. A spare costs 1,200 dollars.

Source: valves.txt
Content: Valve V-7 was replaced in January. Valves are inspected each year by Dr. Lopez. Note: the list is kept by the night shift.`

const template = (context: string, question: string): string => `
        Based on the following context documents, please answer the user's question.

        Context Documents:
        ${context}

        User Question: ${question}

        Instructions:
        1. Use information from the provided context documents
        2. If the context doesn't contain relevant information, state that clearly

        Answer:
        `

const modeOf = async (text: string): Promise<unknown> =>
  (await model.doGenerate({ prompt: promptOf(text) })).providerMetadata?.plinth?.mode

describe('answering from the text', () => {
  it.each([
    ['Why did the pump fail?', 'The pump failed on 3 March 2026 because its bearing overheated. [pumps.txt]'],
    ['How often is pump P-101 serviced?', 'Pump P-101 is serviced every 6 months. [pumps.txt]'],
    ['When was valve V-7 replaced?', 'Valve V-7 was replaced in January. [valves.txt]'],
    ['Who inspects the valves?', 'Valves are inspected each year by Dr. Lopez. [valves.txt]'],
  ])('%s', async (question, answer) => {
    expect(await say(model, template(documents, question))).toBe(answer)
  })

  it.each([
    ['tags', `<context>${documents}</context>\n<question>When was valve V-7 replaced?</question>`],
    ['named tags', `<document source="valves.txt">Valve V-7 was replaced in January.</document>\nWhen was valve V-7 replaced?`],
    [
      'numbers',
      'Context:\n[valves.txt] Valve V-7 was replaced in January.\n[pumps] Pumps hum.\n\nQuestion: When was valve V-7 replaced?',
    ],
    [
      'labels without empty lines',
      'Text: Valve V-7 was replaced in January.\nuser: bob\nQuestion: When was valve V-7 replaced?',
      '',
    ],
  ])('reads passages set apart by %s', async (_, prompt, source = ' [valves.txt]') => {
    expect(await say(model, prompt)).toBe(`Valve V-7 was replaced in January.${source}`)
  })

  it.each([
    'The reactor reached 900 degrees. The crew left. How hot did the reactor get?',
    'How hot did the reactor get? The reactor reached 900 degrees. The crew left.',
  ])('finds passage and question in plain text: %s', async (prompt) => {
    expect(await say(model, prompt)).toBe('The reactor reached 900 degrees.')
  })

  it('reads the passage from an earlier message or the system message, but not what it said itself', async () => {
    const question = { role: 'user' as const, content: [{ type: 'text' as const, text: 'When was the valve replaced?' }] }
    const system = await model.doGenerate({
      prompt: [{ role: 'system', content: '<context>The valve was replaced in May.</context>' }, question],
    })
    expect(textOf(system.content)).toBe('The valve was replaced in May.')
    const history = await model.doGenerate({
      prompt: [
        ...promptOf('The valve was replaced in June, after a long search for the right part.'),
        { role: 'assistant', content: [{ type: 'text', text: 'The valve was replaced in October.' }] },
        question,
      ],
    })
    expect(textOf(history.content)).toBe('The valve was replaced in June, after a long search for the right part.')
  })

  it('says that the text does not answer, instead of quoting something else', async () => {
    expect(await say(model, template(documents, 'What is the capital of France?'))).toMatch(/does not answer/)
    expect(await modeOf(template(documents, 'What is the capital of France?'))).toBe('none')
  })

  it('takes no sentence for an answer that shares but one word of many with the question', async () => {
    const question = 'Which colour is the painted ceiling of the old cathedral at noon?'
    expect(await say(model, `Context: The pump failed at noon. It was repaired.\n\nQuestion: ${question}`)).toMatch(
      /does not answer/,
    )
  })

  it.each(['Say hello', 'What is the capital of France?', 'ping', '', '   \n ', '?'])(
    'knows nothing of its own: %j',
    async (prompt) => {
      const answer = await say(model, prompt)
      expect(answer).toMatch(/extractive model, without knowledge of its own/)
      expect(answer).not.toMatch(/Paris/)
      expect(await modeOf(prompt)).toBe('none')
    },
  )

  it('quotes: every answer is made of pieces of the text', async () => {
    const word = fc.constantFrom(
      'pump',
      'valve',
      'failed',
      'the',
      'sensor',
      'at',
      'noon',
      '3.5',
      'Mr.',
      'oil\n',
      'e.g.',
      '泵',
      'é',
      '(x)',
    )
    const sentence = fc.array(word, { minLength: 3, maxLength: 12 }).map((words) => `${words.join(' ')}.`)
    await fc.assert(
      fc.asyncProperty(fc.array(sentence, { minLength: 1, maxLength: 20 }), sentence, async (sentences, question) => {
        const context = sentences.join(' ')
        const { content, providerMetadata } = await model.doGenerate({
          prompt: promptOf(`Context:\n${context}\n\nQuestion: what ${question}?`),
        })
        const answer = textOf(content)
        if (providerMetadata?.plinth?.mode === 'none') return
        // Without the sentences of the text nothing is left of the answer.
        const pieces = [...splitSentences(context)].sort((one, two) => two.length - one.length)
        expect(pieces.reduce((left, piece) => left.replaceAll(piece, ''), answer).trim()).toBe('')
      }),
      { numRuns: 300 },
    )
  })
})

describe('summing up', () => {
  const story =
    'The pump failed at noon. The pump was repaired by the night shift. Nobody was hurt. Lunch was late. The pump cost 500 dollars to repair.'

  it('takes sentences of the text, and as many as asked for', async () => {
    const summary = await say(model, `Summarise the following text in two sentences: ${story}`)
    const pieces = summary.split(/(?<=\.) /)
    expect(pieces).toHaveLength(2)
    for (const piece of pieces) expect(story).toContain(piece)
    expect(summary).toContain('pump')
  })

  it('sums up long text without a request', async () => {
    const long = Array.from({ length: 40 }, (_, at) => `Sentence ${at} tells of pump number ${at} and its bearing.`).join(' ')
    expect(await modeOf(long)).toBe('summary')
    expect((await say(model, long)).length).toBeLessThan(long.length / 4)
  })
})

describe('filling fields from the text', () => {
  const insight = {
    type: 'object',
    properties: {
      patterns: { type: 'array', items: { type: 'string' } },
      risk_level: { type: 'string', enum: ['low', 'medium', 'high'] },
      recommended_actions: { type: 'array', items: { type: 'string' } },
      confidence: { type: 'number', minimum: 0, maximum: 1 },
      alert_priority: { type: 'integer', minimum: 1, maximum: 5 },
    },
    required: ['patterns', 'risk_level', 'recommended_actions', 'confidence', 'alert_priority'],
  }
  const about = (data: string): string =>
    `Analyse this data point. Return patterns, risk level (low|medium|high) and recommended actions.\n\nData:\n${data}`

  it('changes when the text changes', async () => {
    const bad = await fill(
      model,
      about('Vibration has been rising for 3 hours.\nThe bearing overheated.\nOperators should inspect the bearing.'),
      insight,
    )
    expect(bad).toMatchObject({
      patterns: ['Vibration has been rising for 3 hours.'],
      risk_level: 'high',
      recommended_actions: ['Operators should inspect the bearing.'],
      alert_priority: 5,
    })
    expect(await fill(model, about('Vibration is normal. Everything is stable.'), insight)).toMatchObject({
      risk_level: 'low',
      alert_priority: 1,
    })
    expect(await fill(model, about('No failure was seen, no error, nothing was lost.'), insight)).toMatchObject({
      risk_level: 'low',
    })
  })

  it.each([
    ['{"value": 412.5, "anomaly_score": 0.97}', 'high'],
    ['{"value": 101.5, "anomaly_score": 0.6}', 'medium'],
    ['{"value": 100.1, "anomaly_score": 0.02}', 'low'],
    ['errors: 0', 'low'],
    ['z_score = 6.5', 'high'],
  ])('reads the number, not the name, in %s', async (data, level) => {
    expect(await fill(model, about(data), insight)).toMatchObject({ risk_level: level })
  })

  const invoice = {
    type: 'object',
    properties: {
      total: { type: 'number' },
      tax_share: { type: 'number', minimum: 0, maximum: 1 },
      paid: { type: 'boolean' },
      due_date: { type: 'string', format: 'date' },
      contact: { type: 'string', format: 'email' },
      discount: { anyOf: [{ type: 'number' }, { type: 'null' }] },
      items: {
        type: 'array',
        items: { type: 'object', properties: { id: { type: 'string' }, text: { type: 'string' } }, required: ['id', 'text'] },
      },
    },
    required: ['total', 'tax_share', 'paid', 'due_date', 'contact', 'discount', 'items'],
  }

  it('finds numbers, dates, addresses and what is not there', async () => {
    const text =
      'The total is 1,200.50 dollars. Tax share: 20%. The bill was not paid. It is due on 2026-02-01. Write to bob@acme.com. Items: two bolts.'
    expect(await fill(model, text, invoice)).toMatchObject({
      total: 1200.5,
      tax_share: 0.2,
      paid: false,
      due_date: '2026-02-01',
      contact: 'bob@acme.com',
      discount: null,
    })
    const other = await fill(
      model,
      text.replace('1,200.50', '7').replace('not paid', 'paid in full').replace('02-01', '03-09'),
      invoice,
    )
    expect(other).toMatchObject({ total: 7, paid: true, due_date: '2026-03-09' })
  })

  it('fills a list of numbers with the figures of the sentence that fits', async () => {
    const readings = {
      type: 'object',
      properties: { readings: { type: 'array', items: { type: 'number' } } },
      required: ['readings'],
    }
    expect(await fill(model, 'The pump is old. Readings: 4, 5.5 and 1,200. It has 3 valves.', readings)).toEqual({
      readings: [4, 5.5, 1200],
    })
  })

  it('gives each item of a list its own sentence', async () => {
    const text = 'Step one: close the valve. Step two: drain the oil. Step three: open the cover. Lunch is at noon.'
    const plan = {
      type: 'object',
      properties: {
        steps: {
          type: 'array',
          items: {
            type: 'object',
            properties: { id: { type: 'string' }, prompt: { type: 'string' } },
            required: ['id', 'prompt'],
          },
        },
      },
      required: ['steps'],
    }
    expect(await fill(model, text, plan)).toEqual({
      steps: [
        { id: 'step-1', prompt: 'Step one: close the valve.' },
        { id: 'step-2', prompt: 'Step two: drain the oil.' },
        { id: 'step-3', prompt: 'Step three: open the cover.' },
      ],
    })
  })

  it('picks the option that the text names, not one of a list of options', async () => {
    const mood = { enum: ['positive', 'negative', 'neutral'] }
    expect(await fill(model, 'Classify as positive, negative or neutral: The staff was rude and the food terrible.', mood)).toBe(
      'negative',
    )
    expect(await fill(model, 'Classify as positive, negative or neutral: I love it, the service was excellent.', mood)).toBe(
      'positive',
    )
    const agent = { enum: ['research', 'analysis', 'report'] }
    expect(await fill(model, 'Agents: research, analysis, report. Please choose. We need a report on sales.', agent)).toBe(
      'report',
    )
  })

  it('gives JSON without a schema too', async () => {
    expect(
      JSON.parse(await say(model, template(documents, 'Who inspects the valves?'), { responseFormat: { type: 'json' } })),
    ).toEqual({
      text: 'Valves are inspected each year by Dr. Lopez. [valves.txt]',
    })
  })
})

describe('as a language model', () => {
  it('says what it is', async () => {
    const { providerMetadata, response, finishReason, warnings } = await model.doGenerate({
      prompt: promptOf(template(documents, 'Who inspects valves?')),
      temperature: 1,
    })
    expect(providerMetadata?.plinth).toMatchObject({
      kind: 'extractive',
      note: expect.stringMatching(/rule-based, not a language model/),
      mode: 'answer',
    })
    expect(response?.modelId).toBe('local/extractive')
    expect(finishReason).toEqual({ unified: 'stop', raw: 'end_turn' })
    expect(warnings).toEqual([{ type: 'unsupported', feature: 'temperature' }])
  })

  it('keeps to the token limit', async () => {
    const prompt = promptOf(template(documents, 'Why did the pump fail?'))
    const whole = await model.doGenerate({ prompt })
    const cut = await model.doGenerate({ prompt, maxOutputTokens: 5 })
    expect(textOf(cut.content)).toBe(textOf(whole.content).slice(0, 20))
    expect(cut.finishReason).toEqual({ unified: 'length', raw: 'max_tokens' })
    expect(cut.usage.outputTokens.total).toBe(5)
    const wide = await model.doGenerate({
      prompt: promptOf('Context: Die Übertemperatur: 𝟗𝟗 Grad.\n\nQuestion: Übertemperatur?'),
      maxOutputTokens: 6,
    })
    expect(() => encodeURIComponent(textOf(wide.content))).not.toThrow()
  })

  it('stops before a stop sequence', async () => {
    const { content, finishReason, providerMetadata } = await model.doGenerate({
      prompt: promptOf(template(documents, 'Why did the pump fail?')),
      stopSequences: ['', 'overheated', 'because'],
    })
    expect(textOf(content)).toBe('The pump failed on 3 March 2026 ')
    expect(finishReason).toEqual({ unified: 'stop', raw: 'stop_sequence' })
    expect(providerMetadata?.plinth?.stop_sequence).toBe('because')
  })

  it('streams what it generates, and fails the stream when aborted', async () => {
    const options = { prompt: promptOf(template(documents, 'Why did the pump fail?')) }
    const parts = await readAll((await model.doStream(options)).stream)
    const whole = await model.doGenerate(options)
    expect(parts.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('')).toBe(textOf(whole.content))
    expect(parts.filter(({ type }) => type === 'text-delta').length).toBeGreaterThan(8)
    expect(parts.at(-1)).toMatchObject({ type: 'finish', usage: whole.usage })

    const controller = new AbortController()
    const { stream } = await model.doStream({ ...options, abortSignal: controller.signal })
    const reader = stream.getReader()
    await reader.read()
    controller.abort(new Error('enough'))
    await expect(
      (async () => {
        while (!(await reader.read()).done);
      })(),
    ).rejects.toThrow('enough')
  })

  it('looks past what it cannot read, with a warning', async () => {
    const { content, warnings } = await model.doGenerate({
      prompt: [
        { role: 'user', content: [] },
        {
          role: 'user',
          content: [
            { type: 'file', mediaType: 'image/png', data: { type: 'data', data: new Uint8Array([1]) } },
            { type: 'file', mediaType: 'text/plain', data: { type: 'text', text: 'The gate opens at seven.' } },
            { type: 'text', text: 'When does the gate open?' },
          ],
        },
        {
          role: 'tool',
          content: [{ type: 'tool-result', toolCallId: '1', toolName: 'x', output: { type: 'json', value: { a: 1 } } }],
        },
      ],
    })
    expect(textOf(content)).toContain('The gate opens at seven.')
    expect(warnings).toEqual([expect.objectContaining({ type: 'unsupported', feature: 'files' })])
  })
})
