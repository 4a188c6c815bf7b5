import { type Advice, type AdviseOptions, advise } from '../../src/advisor/advise.ts'
import { type Answers, answersForm } from '../../src/advisor/profile.ts'
import { InvalidInputError } from '../../src/errors.ts'
import type { ModelEntry } from '../../src/language-model/catalogue.ts'
import { readInput } from '../../src/read-input.ts'

export const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
export const sonnet = 'anthropic.claude-sonnet-5'
export const nova = 'amazon.nova-lite-v1:0'
export const retired = 'anthropic.claude-3-5-sonnet-20241022-v2:0'

/** The day on which the prices of models are read. */
const read = '2026-11-22'
export const today: number = Date.parse('2026-11-27')

const entry = (id: string, [input, output]: readonly [number, number], more: Partial<ModelEntry> = {}): ModelEntry => ({
  ...{ id, kind: 'language', family: 'any', provider: 'bedrock' },
  ...{ context: 200_000, maxOutput: 64_000 },
  capabilities: { tools: true, images: false, structuredOutput: false, streaming: true, sampling: true },
  lifecycle: { status: 'active' },
  price: { input, output, date: read, source: 'a price list' },
  ...more,
})

const claude = { family: 'anthropic.claude', promptCache: { leastTokens: 4_096 } }
const cached = { read: 0.1, write: 1.25 }
const priced = (input: number, output: number) => ({ price: { input, output, cached, date: read, source: 'a price list' } })

/** A few models of the catalogue. */
export const entries: readonly ModelEntry[] = [
  entry(nova, [0.06, 0.24], { family: 'amazon.nova', maxOutput: 5_000 }),
  entry(haiku, [1, 5], { ...claude, ...priced(1, 5) }),
  entry(sonnet, [2, 10], { ...claude, ...priced(2, 10) }),
  entry(retired, [3, 15], { ...claude, lifecycle: { status: 'retired', retired: '2025-10-28', successor: sonnet } }),
  entry('local/extractive', [0, 0], { family: 'local', provider: 'local' }),
  entry('amazon.titan-embed-text-v2:0', [0.02, 0], { kind: 'embedding', family: 'amazon.titan-embed' }),
]

function findModel(id: string, kind: ModelEntry['kind']): ModelEntry {
  const found = entries.find((one) => one.id === id.replace(/^us\./, '') && one.kind === kind)
  if (!found) throw new InvalidInputError('The catalogue has no model of that id.', { code: 'model_unknown', field: 'model_id' })
  return found
}

/** Advice on answers as they come from outside. */
export function advised(answers: Answers, options: Partial<AdviseOptions> = {}): Advice {
  return advise(readInput(answersForm, answers), { today, findModel, entries, ...options })
}
