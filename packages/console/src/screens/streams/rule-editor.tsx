import { type ReactNode, useState } from 'react'
import { useAction } from '../../api/action.ts'
import { type Call, Problem, send } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Button } from '../../kit/button.tsx'
import { Dialog } from '../../kit/dialog.tsx'
import { faultAt } from '../../kit/faults.ts'
import { Check, Choice, Field } from '../../kit/field.tsx'
import { FormEnd } from '../../kit/form-end.tsx'
import { Stack } from '../../kit/page.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { withNumbers } from '../../kit/typed.ts'
import type { BackTest, Rule, Rules } from './answers.ts'
import { BackTestOutcome } from './back-test.tsx'
import { fieldHints, type RuleDraft, ruleDraft, ruleNumbers, ruleOf, type TypedRule } from './rule-draft.ts'
import css from './streams.module.css'

/** Those that are typed, and say what is wrong with them. */
const typed = [
  'rule_id',
  'name',
  'alert_type',
  'stream',
  'key',
  'window',
  'field',
  'threshold',
  'for_seconds',
  'cool_down_seconds',
] as const
type Typed = (typeof typed)[number]

/** Makes a rule or changes one; what it would have raised can be seen before it is saved. */
export function RuleEditor(props: {
  /** Absent: a new one. */
  readonly rule: Rule | undefined
  /** The own ones beside it. */
  readonly others: readonly Rule[]
  readonly version: number
  readonly save: (rules: readonly TypedRule[]) => Promise<Rules>
  readonly onClose: () => void
}): ReactNode {
  const { rule, others, version, save, onClose } = props
  const mayTest = useMay('streams:read')
  const [begun] = useState(() => ruleDraft(rule))
  const [draft, setDraft] = useState(begun)
  const work = useTypedWork(draft, begun)
  const set = (part: Partial<RuleDraft>): void => setDraft({ ...draft, ...part })
  const made = ruleOf(draft)
  const rules = [...others, made]
  const savingCall: Call = { method: 'PUT', path: '/api/alert-rules', body: { rules, version } }
  const testingCall: Call = { method: 'POST', path: '/api/alert-rules/backtest', body: { rules: [{ ...made, enabled: true }] } }
  const saving = useAction(
    {
      mutationFn: async () => {
        withNumbers(savingCall, ruleNumbers(others.length))
        return save(rules)
      },
      onSuccess: onClose,
    },
    savingCall,
  )
  const testing = useAction({ mutationFn: () => send<BackTest>(withNumbers(testingCall, ruleNumbers(0))) }, testingCall)
  const problem = saving.error ?? testing.error
  const isOvertaken = saving.error instanceof Problem && saving.error.code === 'wrong_state'
  const index = saving.error ? others.length : 0
  const faultOf = (name: Typed): string | undefined => faultAt(problem, `rules.${index}.${name}`)
  const text = (name: Typed, label: string, hint?: string, required = false): ReactNode => (
    <Field
      label={label}
      required={required}
      value={String(draft[name])}
      fault={faultOf(name)}
      onChange={({ target }) => set({ [name]: target.value })}
      {...(hint === undefined ? {} : { hint })}
    />
  )
  return (
    <Dialog title={rule ? `Rule ${rule.rule_id}` : 'New rule'} open onClose={onClose} wide>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          saving.mutate()
        }}
      >
        <Stack>
          <div className={css.setRow}>
            {text('rule_id', 'Rule id', undefined, true)}
            {text('name', 'Name, for people')}
            {text('alert_type', 'Type of its alerts', 'Small letters, digits, underscores.', true)}
          </div>
          <div className={css.setRow}>
            <Choice
              label="Looks at"
              value={draft.on}
              options={[
                { value: 'record', name: 'each record' },
                { value: 'window', name: 'each closed window' },
                { value: 'insight', name: 'each insight' },
              ]}
              onChange={({ target }) => set({ on: target.value as Rule['on'] })}
            />
            {text('field', 'Field', fieldHints[draft.on], true)}
            <Choice
              label="Is"
              value={draft.operator}
              options={['>', '>=', '<', '<=', '==', '!=', 'contains', 'absent']}
              onChange={({ target }) => set({ operator: target.value })}
            />
            {draft.operator !== 'absent' && text('threshold', 'Threshold', undefined, true)}
          </div>
          <div className={css.setRow}>
            {text('stream', 'Only in the stream')}
            {text('key', 'Only of the key', 'A star at its end: all that begin so.')}
            {draft.on === 'window' && text('window', 'Only windows named')}
          </div>
          <div className={css.setRow}>
            {draft.on !== 'insight' && (
              <Field
                label="Has to hold for, seconds"
                inputMode="decimal"
                required
                value={draft.for_seconds}
                fault={faultOf('for_seconds')}
                onChange={({ target }) => set({ for_seconds: target.value })}
              />
            )}
            <Field
              label="Cool-down, seconds"
              inputMode="decimal"
              required
              hint="What comes again within it belongs to the same alert."
              value={draft.cool_down_seconds}
              fault={faultOf('cool_down_seconds')}
              onChange={({ target }) => set({ cool_down_seconds: target.value })}
            />
            <Choice
              label="Severity"
              value={draft.severity}
              options={[{ value: '', name: 'as the insight says' }, 'low', 'medium', 'high']}
              onChange={({ target }) => set({ severity: target.value })}
            />
          </div>
          <Check label="On" checked={draft.enabled} onChange={({ target }) => set({ enabled: target.checked })} />
          {isOvertaken ? (
            <Notice tone="bad">
              Somebody changed the rules meanwhile, so nothing was saved. The page has their newest now; yours is still in this
              form. Save again to put it among them.
            </Notice>
          ) : (
            problem && <ProblemNotice error={problem} fields={typed.map((name) => `rules.${index}.${name}`)} />
          )}
          <FormEnd does="Save the rule" busy={saving.isPending} work={work} call={savingCall}>
            {mayTest && (
              <Button busy={testing.isPending} onClick={() => testing.mutate()}>
                Test it back
              </Button>
            )}
          </FormEnd>
          {testing.data && <BackTestOutcome result={testing.data} />}
        </Stack>
      </form>
    </Dialog>
  )
}
