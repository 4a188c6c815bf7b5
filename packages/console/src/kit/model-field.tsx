import type { ChangeEvent, ReactNode } from 'react'
import { type Model, useModels } from '../api/models.ts'
import { Choice, Field } from './field.tsx'
import { formatUsd } from './format.ts'

/** Which model is asked: one of those that the tenant may use, with what it costs; a name to type where they can't be read. */
export function ModelField(props: {
  readonly value: string
  readonly onChange: (event: ChangeEvent<HTMLInputElement | HTMLSelectElement>) => void
  readonly fault: string | undefined
}): ReactNode {
  const { value, onChange, fault } = props
  const { data: models } = useModels()
  if (models === undefined || models.length === 0)
    return <Field label="Model" placeholder="The default" spellCheck={false} {...{ value, onChange, fault }} />
  const usual = models.find(({ is_default }) => is_default)
  const chosen = value === '' ? usual : models.find(({ model_id }) => model_id === value)
  const known = models.some(({ model_id }) => model_id === value)
  const options = [
    { value: '', name: usual ? `Default: ${usual.model_id}` : 'The default' },
    ...(value === '' || known ? [] : [{ value, name: value }]),
    ...models.map((model) => ({ value: model.model_id, name: nameOf(model) })),
  ]
  return <Choice label="Model" {...{ options, value, onChange, fault }} {...(chosen && { hint: aboutOf(chosen) })} />
}

function nameOf({ model_id, lifecycle }: Model): string {
  return lifecycle.status === 'active' ? model_id : `${model_id} (${lifecycle.status})`
}

function aboutOf({ model_id, served_by, price }: Model): string {
  const isFree = price.input === 0 && price.output === 0
  const figures = `${formatUsd(price.input)} in, ${formatUsd(price.output)} out per million tokens`
  const cost = price.known ? (isFree ? 'Free' : figures) : 'Its price is not known'
  return served_by === model_id ? `${cost}.` : `${cost}. Here ${served_by} answers for it.`
}
