import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useNavigate } from 'react-router'
import { useAction, useOnce } from '../../api/action.ts'
import { type Call, send } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { faultAt } from '../../kit/faults.ts'
import { Check, Field, TextField } from '../../kit/field.tsx'
import { Panel, Row, Stack } from '../../kit/page.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { tell } from '../../kit/toasts.tsx'
import { numberIn, withNumbers } from '../../kit/typed.ts'
import { AskToDiscard, Unsaved } from '../../kit/unsaved.tsx'
import css from './agents.module.css'
import { examples } from './examples.ts'
import { readJson } from './read-json.ts'
import { SampleDocuments } from './sample-documents.tsx'
import { lookAgain } from './workflow.ts'

interface Typed {
  readonly request: string
  readonly approval: boolean
  readonly plan: string
  readonly budget: Readonly<Record<string, string>>
  readonly session: string
}

const nothing: Typed = { request: '', approval: false, plan: '', budget: {}, session: '' }
type Example = (typeof examples)[number]

const limits = [
  { name: 'usd', label: 'USD' },
  { name: 'tokens', label: 'Tokens' },
  { name: 'seconds', label: 'Seconds' },
  { name: 'tool_calls', label: 'Tool calls' },
]

/** Fields that are rarely needed. */
const folded = [...limits.map(({ name }) => `budget.${name}`), 'session_id', 'plan']

/** What each may be, by its field. */
const budgetNumbers = {
  'budget.usd': { from: 0, to: 1_000_000, isAbove: true },
  'budget.tokens': { from: 1, to: 1_000_000_000, isWhole: true },
  'budget.seconds': { from: 0, to: 30 * 86_400, isAbove: true },
  'budget.tool_calls': { from: 0, to: 100_000, isWhole: true },
}

/** Asks for a workflow: what is wanted, whether the plan waits for somebody, what it may use, and a plan of one's own. */
export function StartForm(): ReactNode {
  const [begun, setBegun] = useState(nothing)
  const [typed, setTyped] = useState(begun)
  const work = useTypedWork(typed, begun)
  const [opened, setOpened] = useState(false)
  /** Chosen while something else stands there. */
  const [offered, setOffered] = useState<Example>()
  const queries = useQueryClient()
  const navigate = useNavigate()
  const mayRead = useMay('workflows:read')
  const plan = readJson(typed.plan)
  const call = callOf(typed, plan.value)
  const once = useOnce(call)
  const start = useAction(
    {
      mutationFn: () => send<{ readonly workflow_id: string }>(withNumbers(once, budgetNumbers)),
      onSuccess: async ({ workflow_id }) => {
        work.letGo()
        void lookAgain(queries)
        if (!mayRead) return tell(`Started: ${workflow_id}`)
        await navigate(`/agents/workflows/${encodeURIComponent(workflow_id)}`)
      },
    },
    call,
  )
  const change = (more: Partial<Typed>): void => setTyped((before) => ({ ...before, ...more }))
  const take = ({ name: _, ...given }: Example): void => {
    const next = { ...nothing, ...given }
    setBegun(next)
    change(next)
    setOpened(given.plan !== undefined)
    setOffered(undefined)
  }
  const faultOf = (field: string): string | undefined => faultAt(start.error, field)
  const isFolded = faultAt(start.error, ...folded) === undefined && !opened
  return (
    <Panel title="Start a workflow" actions={<CopyCall call={call} />}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (plan.fault === undefined) start.mutate()
        }}
      >
        <Stack>
          <div>
            <p className={css.note}>Try:</p>
            <Row>
              {examples.map((example) => (
                <Button key={example.name} size="small" onClick={() => (work.isUnsaved() ? setOffered(example) : take(example))}>
                  {example.name}
                </Button>
              ))}
              <SampleDocuments />
            </Row>
          </div>
          <TextField
            label="Request"
            required
            rows={5}
            placeholder="Compare the scrap rate of the plant in the north with that of the plant in the south, and report it."
            value={typed.request}
            fault={faultOf('request')}
            onChange={({ target }) => change({ request: target.value })}
          />
          <Check
            label="Somebody has to approve the plan"
            checked={typed.approval}
            onChange={({ target }) => change({ approval: target.checked })}
          />
          <details open={!isFolded} onToggle={({ currentTarget }) => setOpened(currentTarget.open)} className={css.moreFields}>
            <summary>Budget, session and a plan of your own</summary>
            <Stack>
              <div className={css.budgetFields}>
                {limits.map(({ name, label }) => (
                  <Field
                    key={name}
                    label={label}
                    inputMode="decimal"
                    placeholder="no limit"
                    value={typed.budget[name] ?? ''}
                    fault={faultOf(`budget.${name}`)}
                    onChange={({ target }) => change({ budget: { ...typed.budget, [name]: target.value } })}
                  />
                ))}
              </div>
              <Field
                label="Session"
                hint="Workflows of yours under one name are told what came of those before."
                value={typed.session}
                fault={faultOf('session_id')}
                onChange={({ target }) => change({ session: target.value })}
              />
              <TextField
                label="Plan, as JSON"
                hint="Left empty, the orchestrator makes one. Of each step id, agent_type and prompt are required."
                rows={10}
                spellCheck={false}
                className={css.code}
                value={typed.plan}
                fault={plan.fault ?? faultOf('plan')}
                onChange={({ target }) => change({ plan: target.value })}
              />
            </Stack>
          </details>
          {start.error !== null && <ProblemNotice error={start.error} fields={['request', ...folded]} />}
          <Row>
            <Button type="submit" look="primary" busy={start.isPending} disabled={typed.request.trim() === ''}>
              Start
            </Button>
            <Unsaved work={work} />
            <AskToDiscard
              open={offered !== undefined}
              onStay={() => setOffered(undefined)}
              onDiscard={() => offered && take(offered)}
            />
          </Row>
        </Stack>
      </form>
    </Panel>
  )
}

function callOf({ request, approval, budget, session }: Typed, plan: unknown): Call {
  const limited = Object.entries(budget).flatMap(([name, text]) => (text.trim() === '' ? [] : [[name, numberIn(text)] as const]))
  return {
    method: 'POST',
    path: '/api/workflows',
    body: {
      request,
      ...(plan === undefined ? {} : { plan }),
      ...(approval ? { approval: 'plan' } : {}),
      ...(limited.length > 0 ? { budget: Object.fromEntries(limited) } : {}),
      ...(session.trim() === '' ? {} : { session_id: session.trim() }),
    },
  }
}
