import { Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { itemsOf, useList } from '../../api/lists.ts'
import { useMay } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import { Check, Choice, Field, TextField } from '../../kit/field.tsx'
import { Row, Stack } from '../../kit/page.tsx'
import { type Agent, agentsPath } from './agent.ts'
import css from './agents.module.css'
import type { PlannedStep } from './workflow.ts'

/** A plan that is being typed: the API says what is wrong with it. */
export interface EditedPlan {
  readonly steps: readonly PlannedStep[]
}

/** Whether typed JSON has steps that a form can show. */
export function isEditable(value: unknown): value is EditedPlan {
  const steps = (value as { readonly steps?: unknown } | undefined | null)?.steps
  return Array.isArray(steps) && steps.every(isStep)
}

function isStep(value: unknown): boolean {
  const { id, agent_type, prompt, dependencies = [] } = (value ?? {}) as Readonly<Record<string, unknown>>
  return [id, agent_type, prompt].every((text) => typeof text === 'string') && Array.isArray(dependencies)
}

/** The steps of a plan, each with what matters most; the rest of a step stays as it is. */
export function StepFields(props: { readonly plan: EditedPlan; readonly onChange: (plan: EditedPlan) => void }): ReactNode {
  const { plan, onChange } = props
  const mayAgents = useMay('agents:read')
  const agents = useList<Agent>(agentsPath, {}, { limit: 200, enabled: mayAgents })
  // The orchestrator plans, and does no step itself.
  const types = itemsOf(agents).flatMap(({ type }) => (type === 'orchestrator' ? [] : [type]))
  const { steps } = plan
  const change = (index: number, more: Partial<PlannedStep>): void =>
    onChange({ ...plan, steps: steps.map((step, place) => (place === index ? { ...step, ...more } : step)) })
  /** What needed the step needs it no more. */
  const remove = (index: number): void => {
    const gone = steps[index]?.id
    const left = steps.filter((_, place) => place !== index)
    const needed = (step: PlannedStep): readonly string[] => (step.dependencies ?? []).filter((id) => id !== gone)
    onChange({ ...plan, steps: left.map((step) => ({ ...step, dependencies: needed(step) })) })
  }
  return (
    <Stack>
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an id changes while it is typed
        <fieldset key={index} className={css.edited} aria-label={`Step ${step.id}`}>
          <div className={css.editedHead}>
            <IdField
              id={step.id}
              onChange={(id) => change(index, { id })}
              onRenamed={(before) => onChange({ ...plan, steps: renamed(steps, before, step.id) })}
            />
            <Choice
              label="Agent"
              options={[...new Set([step.agent_type, ...types])]}
              value={step.agent_type}
              onChange={({ target }) => change(index, { agent_type: target.value })}
            />
            <Field
              label="Starts after"
              placeholder="at once"
              value={(step.dependencies ?? []).join(', ')}
              onChange={({ target }) => change(index, { dependencies: idsIn(target.value) })}
            />
          </div>
          <TextField
            label="Prompt"
            rows={3}
            value={step.prompt}
            onChange={({ target }) => change(index, { prompt: target.value })}
          />
          <Row>
            <Check
              label="Waits for approval"
              checked={step.approval ?? false}
              onChange={({ target }) => change(index, { approval: target.checked })}
            />
            <Button size="small" look="quiet" aria-label={`Remove ${step.id}`} onClick={() => remove(index)}>
              <Trash2 size={14} aria-hidden="true" /> Remove
            </Button>
          </Row>
        </fieldset>
      ))}
      <Row>
        <Button size="small" onClick={() => onChange({ ...plan, steps: [...steps, newStep(steps, types)] })}>
          Add a step
        </Button>
      </Row>
    </Stack>
  )
}

/** Those that need the step are told its new name when it is whole: on the way there it may be that of another one. */
function IdField(props: {
  readonly id: string
  readonly onChange: (id: string) => void
  readonly onRenamed: (before: string) => void
}): ReactNode {
  const { id, onChange, onRenamed } = props
  const [before, setBefore] = useState(id)
  return (
    <Field
      label="Id"
      value={id}
      onFocus={() => setBefore(id)}
      onChange={({ target }) => onChange(target.value)}
      onBlur={() => id !== before && onRenamed(before)}
    />
  )
}

/** An id that still is another step's stays where it is needed. */
function renamed(steps: readonly PlannedStep[], before: string, now: string): readonly PlannedStep[] {
  if (now === '' || steps.some(({ id }) => id === before)) return steps
  return steps.map((step) => ({
    ...step,
    dependencies: (step.dependencies ?? []).map((needed) => (needed === before ? now : needed)),
  }))
}

function newStep(steps: readonly PlannedStep[], types: readonly string[]): PlannedStep {
  const ids = new Set(steps.map(({ id }) => id))
  let number = steps.length + 1
  while (ids.has(`step-${number}`)) number++
  return { id: `step-${number}`, agent_type: types[0] ?? 'research', prompt: '', dependencies: [] }
}

/** A comma at the end stays while the next id is typed, as an empty one. */
function idsIn(text: string): readonly string[] {
  const ids = text.split(',').map((id) => id.trim())
  return ids.length === 1 && ids[0] === '' ? [] : ids
}
