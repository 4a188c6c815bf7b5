import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimateTextTokens } from '../../../src/language-model/token-estimate.ts'
import { ragPrompt, type Turn } from '../../../src/rag/answer/prompt.ts'
import { passageOf } from './support.ts'

const two = [passageOf('Pumps hum. They are old.', 'pumps'), passageOf('Valves hiss.', 'valves', 100)]
const ask = (input: Partial<Parameters<typeof ragPrompt>[0]> = {}): ReturnType<typeof ragPrompt> =>
  ragPrompt({ question: 'Do pumps hum?', passages: two, budgetTokens: 4000, ...input })

function lastText({ messages }: ReturnType<typeof ragPrompt>): string {
  const last = messages.at(-1)
  const part = typeof last?.content === 'string' ? undefined : last?.content[0]
  return part?.type === 'text' ? part.text : ''
}

describe('the prompt', () => {
  it('has its parts in order, each document with source and content, a blank line between [R34, R35, R36]', () => {
    const text = lastText(ask()).replace(/document-[0-9a-f]{16}/g, 'document')
    expect(text).toBe(`Based on the following context documents, please answer the user's question.

Context Documents:
<document number="1">
Source: pumps.txt
Content: Pumps hum. They are old.
</document>

<document number="2">
Source: valves.txt
Content: Valves hiss.
</document>

User Question: Do pumps hum?

Instructions:
1. Use information from the provided context documents
2. If the context doesn't contain relevant information, state that clearly
3. Cite specific sources when making claims: the number of the document in square brackets, such as [1], behind each claim
4. Provide a comprehensive but concise answer

Answer:`)
  })

  it('gives the four instructions, and no line of it is indented [R37, R38, R39, R40, X32]', () => {
    const text = lastText(ask())
    for (const words of ['Use information from', 'state that clearly', 'Cite specific sources', 'comprehensive but concise'])
      expect(text).toContain(words)
    expect(text).not.toMatch(/^[ \t]/m)
  })

  it('is the same for the same input, and its tag changes with anything in it', () => {
    expect(ask()).toEqual(ask())
    const tagOf = (prompt: ReturnType<typeof ragPrompt>): string => /document-[0-9a-f]{16}/.exec(lastText(prompt))?.[0] ?? ''
    expect(tagOf(ask())).toMatch(/^document-/)
    expect(tagOf(ask({ question: 'Do valves hum?' }))).not.toBe(tagOf(ask()))
  })

  it('says so when nothing was found', () => {
    expect(lastText(ask({ passages: [] }))).toContain('Context Documents:\n(none was found)')
  })

  it('keeps its documents apart from any content and any question', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 }), fc.string(), (contents, question) => {
        const prompt = ask({
          question,
          passages: contents.map((content, at) => passageOf(`x${content}y`, `d${at}`)),
          budgetTokens: 100_000,
        })
        const tag = /document-[0-9a-f]{16}/.exec(String(prompt.messages[0]?.content))?.[0] ?? ''
        expect(lastText(prompt).split(`<${tag} `)).toHaveLength(contents.length + 1)
        expect(lastText(prompt).split(`</${tag}>`)).toHaveLength(contents.length + 1)
      }),
    )
  })
})

describe('the conversation before', () => {
  const turns: readonly Turn[] = [
    { role: 'assistant', content: 'Hello.' },
    { role: 'user', content: 'What hums?' },
    { role: 'assistant', content: 'Pumps [1].' },
  ]

  it('stands before the question, from the first turn of the user', () => {
    expect(ask({ history: turns }).messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
  })

  it('gives way when it is long: the newest turns stay [X35]', () => {
    const long = [...turns, { role: 'user' as const, content: 'x'.repeat(60_000) }, ...turns.slice(1)]
    const { messages, tokens } = ask({ history: long })
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
    expect(tokens).toBeLessThan(1000)
  })
})

describe('the budget [X35]', () => {
  const sentences = Array.from({ length: 50 }, (_, at) => `Sentence ${at} tells of station ${at * 7} and its bearing.`)
  const long = passageOf(sentences.join(' '), 'long', 1000)

  it('takes whole passages as long as they fit, then sentences around the one that fits the question', () => {
    const { passages } = ask({ question: 'What of station 210?', passages: [...two, long], budgetTokens: 400 })
    expect(passages.slice(0, 2)).toEqual(two)
    const cut = passages[2]
    expect(cut?.content).toContain('station 210')
    expect(cut?.content).toMatch(/^Sentence .*\.$/)
    expect(cut?.content.length).toBeLessThan(long.content.length)
    expect(long.content.slice((cut?.start ?? 0) - 1000, (cut?.end ?? 0) - 1000)).toBe(cut?.content)
  })

  it('is kept, whatever there is, and passages quote their document', () => {
    const budgets = fc.integer({ min: 0, max: 3000 })
    const content = fc
      .array(fc.constantFrom(...sentences, '泵坏了。', 'é', '\n\n'), { minLength: 1, maxLength: 60 })
      .map((all) => all.join(' '))
    fc.assert(
      fc.property(budgets, fc.array(content, { maxLength: 5 }), (budgetTokens, contents) => {
        const passages = contents.map((text, at) => passageOf(text, `d${at}`, at * 10))
        const shown = ask({ passages, budgetTokens }).passages
        expect(shown.reduce((sum, passage) => sum + estimateTextTokens(passage.content), 0)).toBeLessThanOrEqual(budgetTokens)
        shown.forEach((passage, at) => {
          const whole = passages[at]
          expect(whole?.content.slice(passage.start - at * 10, passage.end - at * 10)).toBe(passage.content)
        })
      }),
    )
  })
})
