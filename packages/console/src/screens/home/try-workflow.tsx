import { Bot } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Call, get, pathOf, send } from '../../api/client.ts'
import { StatusBadge } from '../../kit/badge.tsx'
import { Field, TextField } from '../../kit/field.tsx'
import { formatCounted, formatDuration } from '../../kit/format.ts'
import { Markdown } from '../../kit/markdown.tsx'
import css from './home.module.css'
import { documentCall, readDocument } from './read-document.ts'
import { type Tried, TryCard, untilFound } from './try-card.tsx'
import { Words } from './words.tsx'

interface Step {
  readonly step_id: string
  readonly agent_type: string
  readonly status: string
  readonly started_at: string | null
  readonly ended_at: string | null
}

interface Workflow {
  readonly workflow_id: string
  readonly status: string
  readonly steps: Readonly<Record<string, Step>>
  readonly result: { readonly text: string } | null
}

const source = 'try-this-drinks.txt'
const sampleText =
  'Drinks in the office. Tea costs 4 cents a cup. Coffee costs 11 cents a cup. A cup of tea has 40 mg of caffeine, and a cup of coffee has 95 mg of caffeine. Both machines have to be cleaned once a week.'
const sampleQuestions = ['What does a cup of coffee cost?', 'How much caffeine does a cup of coffee have?'] as const

/** Multi-agent: steps run as soon as what they need is there. */
export function TryWorkflow({ round, permissions }: Tried): ReactNode {
  const [content, setContent] = useState(sampleText)
  const [first, setFirst] = useState<string>(sampleQuestions[0])
  const [second, setSecond] = useState<string>(sampleQuestions[1])
  const putIn = documentCall(source, content)
  const call: Call = { method: 'POST', path: '/api/workflows', body: workflowOf(first, second) }
  return (
    <TryCard<Workflow>
      title="Run a small workflow"
      about="Agents: two research steps side by side, from a document, then a report that waits for both."
      icon={Bot}
      permissions={permissions}
      steps={() => [
        { ...putIn, follows: true },
        { ...call, follows: true },
      ]}
      round={round}
      run={async (running) => {
        running.tell('Reading the document')
        await readDocument(running, putIn)
        const { workflow_id } = await send<{ readonly workflow_id: string }>(call, running.signal)
        return untilFound(running, 'end of the workflow', async () => {
          const workflow = await get<Workflow>(pathOf('/api/workflows/{}', [workflow_id]), running.signal)
          const steps = Object.values(workflow.steps)
          running.tell(
            `${steps.filter(({ status }) => status === 'completed').length} of ${formatCounted(steps.length, 'step')} are done`,
          )
          return ['completed', 'failed', 'cancelled'].includes(workflow.status) ? workflow : undefined
        })
      }}
      show={({ steps, result }) => (
        <>
          <ul className={css.steps} aria-label="Steps">
            {Object.values(steps).map((step) => (
              <li key={step.step_id}>
                <span>{step.step_id}</span>
                <StatusBadge status={step.status} />
                <span>{durationOf(step)}</span>
              </li>
            ))}
          </ul>
          {result && (
            <Words name="Report">
              <Markdown text={result.text} />
            </Words>
          )}
        </>
      )}
      link={(workflow) =>
        workflow
          ? { to: pathOf('/agents/workflows/{}', [workflow.workflow_id]), name: 'Its graph, step by step' }
          : { to: '/agents', name: 'Agents' }
      }
    >
      <TextField label="What the agents may read" rows={4} value={content} onChange={(event) => setContent(event.target.value)} />
      <Field label="First question" value={first} onChange={(event) => setFirst(event.target.value)} />
      <Field label="Second question" value={second} onChange={(event) => setSecond(event.target.value)} />
    </TryCard>
  )
}

/** Two steps at the same time, and one that waits for both. */
function workflowOf(first: string, second: string): object {
  const steps = [
    { id: 'first', agent_type: 'research', prompt: first, dependencies: [] },
    { id: 'second', agent_type: 'research', prompt: second, dependencies: [] },
    { id: 'report', agent_type: 'report', prompt: 'Answer both questions.', dependencies: ['first', 'second'] },
  ]
  return { request: `${first} ${second}`, plan: { steps } }
}

function durationOf({ started_at, ended_at }: Step): string {
  return started_at === null || ended_at === null ? '' : formatDuration(Date.parse(ended_at) - Date.parse(started_at))
}
