import { useQueryClient } from '@tanstack/react-query'
import { type ChangeEvent, type FormEvent, type ReactNode, useState } from 'react'
import { useNavigate } from 'react-router'
import { useAction } from '../../api/action.ts'
import { Problem, send } from '../../api/client.ts'
import { useTypedWork } from '../../api/typed-work.ts'
import { Choice, Field, LocalTimeField, TextField } from '../../kit/field.tsx'
import { FormEnd } from '../../kit/form-end.tsx'
import { ModelField } from '../../kit/model-field.tsx'
import { ProblemNotice } from '../../kit/states.tsx'
import { tell } from '../../kit/toasts.tsx'
import { callOf, checkedCall, type Draft, fieldNamed } from './draft.ts'
import { addressOfRequest, listPath, type Priority } from './request.ts'
import css from './requests.module.css'

interface Acknowledgement {
  readonly request_id: string
  readonly estimated_completion: string
}

type Change = (name: keyof Draft) => (event: ChangeEvent<{ readonly value: string }>) => void
type FaultOf = (name: keyof Draft) => string | undefined

/** A request as a form; sent, it leads to the request's timeline. @param first what the form begins with. */
export function SendForm({ first }: { readonly first: () => Draft }): ReactNode {
  const [begun] = useState(first)
  const [draft, setDraft] = useState(begun)
  const work = useTypedWork(draft, begun)
  const navigate = useNavigate()
  const queries = useQueryClient()
  const call = callOf(draft)
  const sent = useAction(
    {
      mutationFn: () => send<Acknowledgement>(checkedCall(draft)),
      onSuccess: ({ request_id, estimated_completion }) => {
        void queries.invalidateQueries({ queryKey: [listPath, 'newest'] })
        work.letGo()
        tell(`Accepted. Expected within ${estimated_completion}.`)
        void navigate(addressOfRequest(request_id))
      },
    },
    call,
  )
  const named = sent.error instanceof Problem ? fieldNamed(sent.error.field) : undefined
  const faultOf: FaultOf = (name) => (name === named ? sent.error?.message : undefined)
  const change: Change =
    (name) =>
    ({ target }) =>
      setDraft((before) => ({ ...before, [name]: target.value }))
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    sent.mutate()
  }
  return (
    <form className={css.form} onSubmit={submit} aria-label="Request">
      {sent.error !== null && named === undefined && <ProblemNotice error={sent.error} />}
      <TextField
        label="Prompt"
        required
        rows={6}
        value={draft.prompt}
        onChange={change('prompt')}
        fault={faultOf('prompt')}
        placeholder="Summarise this mail in two sentences: …"
      />
      <div className={css.fields}>
        <ModelField value={draft.model_id} onChange={change('model_id')} fault={faultOf('model_id')} />
        <Choice
          label="Priority"
          options={lanes}
          value={draft.priority}
          onChange={({ target }) => setDraft((before) => ({ ...before, priority: target.value as Priority }))}
        />
        <Field
          label="Most tokens of the answer"
          inputMode="numeric"
          placeholder="1000"
          value={draft.max_tokens}
          onChange={change('max_tokens')}
          fault={faultOf('max_tokens')}
        />
      </div>
      <More
        draft={draft}
        change={change}
        faultOf={faultOf}
        isOpen={named !== undefined && !['prompt', 'model_id', 'max_tokens'].includes(named)}
      />
      <FormEnd does="Send" busy={sent.isPending} work={work} call={call} />
    </form>
  )
}

const lanes = [
  { value: 'high', name: 'high: before the others' },
  { value: 'normal', name: 'normal' },
  { value: 'low', name: 'low: behind the others' },
]

/** What is rarely needed: times, names, and where to tell of the end. */
function More(props: {
  readonly draft: Draft
  readonly change: Change
  readonly faultOf: FaultOf
  readonly isOpen: boolean
}): ReactNode {
  const { draft, change, faultOf, isOpen } = props
  const given = [draft.not_before, draft.expires_at, draft.callback_url, draft.request_id].some((text) => text !== '')
  // What was mended stays in sight.
  const [wasOpened, setOpened] = useState(given)
  return (
    <details className={css.details} open={isOpen || wasOpened} onToggle={({ currentTarget }) => setOpened(currentTarget.open)}>
      <summary>When, by which name, and whom to tell</summary>
      <div className={css.fields}>
        <LocalTimeField
          label="Not before"
          value={draft.not_before}
          onChange={change('not_before')}
          fault={faultOf('not_before')}
          hint="Your local time. It waits until then."
        />
        <LocalTimeField
          label="Expires"
          value={draft.expires_at}
          onChange={change('expires_at')}
          fault={faultOf('expires_at')}
          hint="Unanswered by then, it fails. Else after 7 days."
        />
        <Field
          label="Callback URL"
          type="url"
          placeholder="https://"
          value={draft.callback_url}
          onChange={change('callback_url')}
          fault={faultOf('callback_url')}
          hint="Told of the end, signed."
        />
        <Field
          label="Request id"
          value={draft.request_id}
          onChange={change('request_id')}
          fault={faultOf('request_id')}
          spellCheck={false}
          hint="Yours, such as mail-4711. Else one is made."
        />
        <Field
          label="Idempotency key"
          value={draft.idempotency_key}
          onChange={change('idempotency_key')}
          fault={faultOf('idempotency_key')}
          spellCheck={false}
          hint="The same key and content is the same request."
        />
      </div>
    </details>
  )
}
