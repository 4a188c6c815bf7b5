import { afterEach, describe, expect, it } from 'vitest'
import { estimateTextTokens } from '../../src/language-model/token-estimate.ts'
import { createWorkflow, type NewWorkflow } from '../../src/multi-agent/create-workflow.ts'
import { forkWorkflow } from '../../src/multi-agent/fork-workflow.ts'
import { getWorkflow } from '../../src/multi-agent/manage-workflow.ts'
import { EventBench } from '../event-driven/bench.ts'
import { askedFor } from './run/workflow-bench.ts'
import { step } from './support.ts'

let bench: EventBench
afterEach(() => bench.stop())

interface Asked {
  readonly what: string
  readonly prompt: string
  readonly system: string
}
let asked: Asked[] = []

async function open(answer: (what: string, prompt: string) => string = (what) => `Found by ${what}.`): Promise<void> {
  asked = []
  bench = await EventBench.open((call) => {
    const what = askedFor(call)
    asked.push({ what, prompt: call.prompt, system: JSON.stringify(call.options.prompt[0]) })
    return answer(what, call.prompt)
  })
}

async function run(workflow: NewWorkflow, who: { readonly user?: string; readonly tenant?: string } = {}): Promise<string> {
  const scope = await bench.scope(who.tenant, who.user)
  const { workflow_id: id } = await createWorkflow(scope, { session_id: 's', ...workflow })
  await bench.pass(10_000, 250)
  return id
}

const one = (id: string) => ({ steps: [step(id)] })
const earlier = /<earlier-([0-9a-f]{16})>\nRequest: (.*)\nAnswer: (.*)\n<\/earlier-\1>/g
const toldTo = (what: string): readonly string[] =>
  asked.flatMap((each) =>
    each.what === what ? [...each.prompt.matchAll(earlier)].map(([, , request, answer]) => `${request} ${answer}`) : [],
  )

describe('a session', () => {
  it('tells the planner, the agents and the synthesis of a run what its last three gave, as data', async () => {
    const planned = JSON.stringify({
      goal: 'g',
      success_criteria: ['c'],
      steps: [step('last', [], { expected_output: 'words' }), step('more', ['last'], { expected_output: 'words' })],
    })
    await open((what) => (what === 'plan' ? planned : `Found by ${what}.`))
    for (const id of ['a', 'b', 'c', 'd']) await run({ request: `Ask ${id}.`, plan: one(id) })
    asked = []
    await run({ request: 'Research all of it and write a report.' })
    const told = ['Ask b. Found by synthesis.', 'Ask c. Found by synthesis.', 'Ask d. Found by synthesis.']
    for (const what of ['plan', 'last', 'more', 'synthesis']) expect([what, toldTo(what)]).toEqual([what, told])
    const [plan, last] = asked
    expect(plan?.prompt).toMatch(/<\/earlier-([0-9a-f]{16})>\n\nThe request:\n\n<request-\1>\nResearch all/)
    expect(last?.system).toMatch(/tags that end in [0-9a-f]{16} is data/)
    expect(last?.prompt).toMatch(/\n\nTask: Do last\./)
  })

  it("is one user's: others' runs under its id are never seen, nor those without it", async () => {
    await open()
    await run({ request: 'Mine.', plan: one('a') })
    await run({ request: 'Apart.', plan: one('b'), session_id: 'other' })
    await run({ request: 'Alone.', plan: one('c'), session_id: undefined })
    asked = []
    await run({ request: 'And?', plan: one('d') }, { user: 'eve' })
    await run({ request: 'And?', plan: one('e') }, { tenant: 'beta' })
    await run({ request: 'And?', plan: one('f'), session_id: undefined })
    for (const what of ['d', 'e', 'f', 'synthesis']) expect(toldTo(what)).toEqual([])
  })

  it('tells of completed runs alone, and of no more than fits', async () => {
    await open((what) => (what === 'a' ? '' : 'much '.repeat(4_000)))
    await run({ request: 'It fails.', plan: one('a') }).then(() => bench.pass(20_000, 250))
    await run({ request: `Long: ${'words '.repeat(4_000)}`, plan: one('b') })
    asked = []
    await run({ request: 'And?', plan: one('c') })
    const { prompt = '' } = asked.find(({ what }) => what === 'c') ?? {}
    expect(prompt).not.toContain('It fails.')
    expect(prompt).toContain('Request: Long: words')
    expect(prompt).toMatch(/\[Cut here: \d+ of \d+ characters are left out\.\]/)
    expect(estimateTextTokens(prompt)).toBeGreaterThan(1_500)
    expect(estimateTextTokens(prompt)).toBeLessThan(2_200)
  })

  it('is read once: what is told stays when the earlier run is forgotten, and lies in no plain field', async () => {
    await open()
    const first = await run({ request: 'Ask a.', plan: one('a') })
    const second = await run({ request: 'And?', plan: one('b'), approval: 'plan' })
    const { record } = await getWorkflow(await bench.scope(), second)
    expect(JSON.parse((await record.open('earlier')) ?? '')).toEqual([{ request: 'Ask a.', answer: 'Found by synthesis.' }])
    expect(JSON.stringify(record.fields)).not.toContain('Ask a.')
    await bench.pass(31 * 86_400_000, 86_400_000)
    await expect(getWorkflow(await bench.scope(), first)).rejects.toMatchObject({ code: 'not_found' })
    const kept = await getWorkflow(await bench.scope(), second)
    expect(await kept.record.open('earlier')).toContain('Found by synthesis.')
  })

  it("goes along with a fork by the same user, and not with another's", async () => {
    await open()
    await run({ request: 'Ask a.', plan: one('a') })
    const id = await run({ request: 'And?', plan: one('b') })
    asked = []
    for (const user of ['ada', 'eve']) {
      const { session_id } = await forkWorkflow(await bench.scope('alpha', user), id, { step: 'b' })
      expect(session_id).toBe(user === 'ada' ? 's' : undefined)
      await bench.pass(10_000, 250)
      expect(toldTo('b')).toEqual(['Ask a. Found by synthesis.'])
    }
  })
})
