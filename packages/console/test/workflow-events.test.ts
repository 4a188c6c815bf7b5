import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { expect, it } from 'vitest'
import { takeEvent, type Workflow } from '../src/screens/agents/workflow.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
const usage = { input_tokens: 0, output_tokens: 0, usd: 0 }

/** As far as events are put into it. */
function workflowAt(second: number, status: string): Workflow {
  const steps = { one: { step_id: 'one', status, tool_calls: 0, usage } }
  return { workflow_id: 'w', status: 'running', updated_at: at(second), tool_calls: 0, usage, steps } as unknown as Workflow
}

it('a step stays as an event told it, also when an answer from before comes behind that', async () => {
  const queries = new QueryClient()
  const queryKey = ['/api/workflows', 'one', 'w']
  const answers = Array.from({ length: 3 }, () => Promise.withResolvers<Workflow>())
  let asked = 0
  const observer = new QueryObserver(queries, {
    queryKey,
    queryFn: () => answers[asked++]?.promise ?? expect.fail('It asks on.'),
  })
  const stop = observer.subscribe(() => undefined)
  answers[0]?.resolve(workflowAt(1, 'pending'))
  await expect.poll(() => observer.getCurrentResult().data?.steps.one?.status).toBe('pending')
  void queries.invalidateQueries({ queryKey })
  takeEvent(queries, 'w', 'step', { ...workflowAt(3, 'completed').steps.one, at: at(3) })
  expect(observer.getCurrentResult().data?.steps.one?.status).toBe('completed')
  const seen: unknown[] = []
  observer.subscribe(({ data }) => seen.push(data?.steps.one?.status))
  answers[1]?.resolve(workflowAt(2, 'running'))
  answers[2]?.resolve(workflowAt(4, 'completed'))
  await expect.poll(() => observer.getCurrentResult().data?.updated_at).toBe(at(4))
  expect(new Set(seen)).toEqual(new Set(['completed']))
  stop()
  queries.clear()
})
