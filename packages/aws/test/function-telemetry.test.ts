import { recordModelCall } from '@plinth/core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { observed } from '../src/handlers/function-telemetry.ts'

const lines: Readonly<Record<string, unknown>>[] = []

beforeEach(() => {
  lines.length = 0
  Object.assign(process.env, { AWS_REGION: 'eu-central-1', PLINTH_PATTERNS: 'rag,analytics' })
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(JSON.parse(String(line)))
    return true
  })
})
afterEach(() => vi.restoreAllMocks())

function callModel(): void {
  recordModelCall({ tenant: 'demo' }, 'bedrock/nova', { input_tokens: 3, output_tokens: 2, usd: 0, latency_ms: 9 })
}

it('a call ends with what it has measured, by the first pattern that the function serves', async () => {
  const answer = await observed(async () => {
    callModel()
    expect(lines).toEqual([])
    return 'done'
  })
  expect(answer).toBe('done')
  expect(lines).toMatchObject([{ Pattern: 'rag', InputTokens: [3], ModelDuration: [9] }])
})

it('one that fails does, too, and its failure is what it was', async () => {
  const failing = observed(async () => {
    callModel()
    throw new Error('Away.')
  })
  await expect(failing).rejects.toThrow(/^Away\.$/)
  expect(lines).toMatchObject([{ Pattern: 'rag', OutputTokens: [2] }])
})

it('one in which nothing is measured writes nothing', async () => {
  await observed(async () => 'idle')
  expect(lines).toEqual([])
})
