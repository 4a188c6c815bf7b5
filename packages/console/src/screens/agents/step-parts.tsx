/** What `GET /api/workflows/{id}/steps/{step}` tells besides the workflow. @module */
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { useMay } from '../../api/session.ts'
import { Badge, StatusBadge } from '../../kit/badge.tsx'
import { CodeBlock } from '../../kit/copy.tsx'
import { formatDuration, formatTime } from '../../kit/format.ts'
import type { Agent } from './agent.ts'
import css from './agents.module.css'
import { nameOfStep } from './step-words.tsx'
import type { Fault, PlannedStep, Usage } from './workflow.ts'

interface ToolCall {
  readonly tool: string
  readonly input: string
  readonly answer: string
  readonly failed?: boolean
}

interface Tried {
  readonly attempt: number
  readonly status: string
  readonly started_at: string
  readonly ended_at: string | null
  readonly error?: Fault
  readonly usage: Usage
  readonly calls: readonly ToolCall[]
}

export interface StepWhole {
  readonly agent: Agent | null
  readonly prompt: { readonly system: string; readonly user: string } | null
  readonly context: readonly { readonly step_id: string; readonly text: string }[]
  readonly tries: readonly Tried[]
}

/** Each attempt with how it ended, and the tools that it called. */
export function StepTries({ tries }: { readonly tries: readonly Tried[] }): ReactNode {
  if (tries.length === 0) return null
  return (
    <section className={css.part}>
      <h3>Attempts</h3>
      <ol className={css.tries}>
        {tries.map((tried) => (
          <li key={tried.attempt}>
            <div className={css.stepHead}>
              <strong>{tried.attempt}</strong>
              <StatusBadge status={tried.status} />
              <span className={css.note}>
                {formatTime(tried.started_at)}
                {tried.ended_at !== null && `, ${formatDuration(Date.parse(tried.ended_at) - Date.parse(tried.started_at))}`}
              </span>
            </div>
            {tried.error && (
              <p className={css.bad}>
                {tried.error.message} <code>{tried.error.code}</code>
              </p>
            )}
            {tried.calls.length > 0 && (
              <ul className={css.calls} aria-label={`Tool calls of attempt ${tried.attempt}`}>
                {tried.calls.map((call, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: calls have no ids, and are only added
                  <li key={index}>
                    <ShownCall call={call} />
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}

function ShownCall({ call }: { readonly call: ToolCall }): ReactNode {
  return (
    <details>
      <summary>
        <code>{call.tool}</code> {call.failed && <Badge tone="bad">failed</Badge>}{' '}
        <span className={css.callInput}>{call.input}</span>
      </summary>
      <CodeBlock text={call.input} what={`the arguments of ${call.tool}`} />
      <CodeBlock text={call.answer} what={`the answer of ${call.tool}`} />
    </details>
  )
}

/** Who does the step, what its model is told, and what the steps before gave. */
export function StepInput(props: {
  readonly whole: StepWhole
  readonly planned: PlannedStep
  readonly onChoose: (id: string) => void
}): ReactNode {
  const { whole, planned, onChoose } = props
  const { agent, prompt, context } = whole
  const tools = planned.tools ?? agent?.tools ?? []
  const mayAgents = useMay('agents:read')
  return (
    <>
      <section className={css.part}>
        <h3>Agent</h3>
        {agent ? (
          <p>
            {mayAgents ? (
              <Link to={`/agents/registry/${encodeURIComponent(agent.type)}`}>{agent.type}</Link>
            ) : (
              <strong>{agent.type}</strong>
            )}{' '}
            with <code>{agent.model_id}</code>
          </p>
        ) : (
          <p className={css.note}>There was no agent of this type when the workflow began: a helpful one does it.</p>
        )}
        <div className={css.links}>
          <span className={css.note}>Tools</span>
          {tools.length === 0 ? <span>none</span> : tools.map((tool) => <Badge key={tool}>{tool}</Badge>)}
        </div>
      </section>
      <section className={css.part}>
        <h3>Context</h3>
        {context.length === 0 && (
          <p className={css.note}>
            {planned.dependencies.length === 0 ? 'It needs no other step.' : 'The steps that it needs have given nothing yet.'}
          </p>
        )}
        {context.map(({ step_id: step, text }) => (
          <details key={step} className={css.given}>
            <summary>
              What <strong>{nameOfStep(step)}</strong> gave
            </summary>
            <CodeBlock text={text} what={`what ${step} gave`} />
            <button type="button" className={css.linkButton} onClick={() => onChoose(step)}>
              Open {nameOfStep(step)}
            </button>
          </details>
        ))}
      </section>
      <section className={css.part}>
        <h3>Prompt</h3>
        {prompt ? (
          <>
            <details className={css.given}>
              <summary>System</summary>
              <CodeBlock text={prompt.system} what="the system prompt" />
            </details>
            <details className={css.given}>
              <summary>User, as it is sent first</summary>
              <CodeBlock text={prompt.user} what="the user prompt" />
            </details>
          </>
        ) : (
          <>
            <p className={css.note}>
              {agent?.model_id === 'local/extractive'
                ? 'No language model is asked: rules do this step by its task.'
                : 'It is made when the steps that it needs have ended.'}
            </p>
            {agent && (
              <details className={css.given}>
                <summary>The agent’s own prompt</summary>
                <CodeBlock text={agent.system_prompt} what="the agent's prompt" />
              </details>
            )}
          </>
        )}
      </section>
    </>
  )
}
