import { Search, X } from 'lucide-react'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { useModels } from '../../api/models.ts'
import { Button } from '../../kit/button.tsx'
import kit from '../../kit/kit.module.css'
import type { Changes, Filters } from './filters.ts'
import { priorities, type RequestRow, statuses } from './request.ts'
import css from './requests.module.css'

/** Typing isn't asked about before it pauses. Milliseconds. */
const pause = 300

/** What of the list is shown. */
export function FilterBar(props: {
  readonly filters: Filters
  /** Their models may be asked for. */
  readonly rows: readonly RequestRow[]
  readonly onChange: (changes: Changes) => void
}): ReactNode {
  const { filters, rows, onChange } = props
  return (
    <search className={css.filters} aria-label="Filters">
      <fieldset className={css.segments} aria-label="Status">
        <Segment name="All" isOn={filters.status === undefined} onPress={() => onChange({ status: '' })} />
        {statuses.map((status) => (
          <Segment
            key={status}
            name={status[0]?.toUpperCase() + status.slice(1)}
            isOn={filters.status === status}
            onPress={() => onChange({ status })}
          />
        ))}
      </fieldset>
      <TextFilter text={filters.text ?? ''} onChange={(text) => onChange({ text })} />
      <select
        className={kit.input}
        aria-label="Priority"
        value={filters.priority ?? ''}
        onChange={({ target }) => onChange({ priority: target.value })}
      >
        <option value="">Any priority</option>
        {priorities.map((priority) => (
          <option key={priority} value={priority}>
            {priority}
          </option>
        ))}
      </select>
      <ModelFilter model={filters.model_id ?? ''} rows={rows} onChange={(model_id) => onChange({ model_id })} />
    </search>
  )
}

function Segment(props: { readonly name: string; readonly isOn: boolean; readonly onPress: () => void }): ReactNode {
  return (
    <button type="button" className={css.segment} aria-pressed={props.isOn} onClick={props.onPress}>
      {props.name}
    </button>
  )
}

function TextFilter({ text, onChange }: { readonly text: string; readonly onChange: (text: string) => void }): ReactNode {
  const [typed, setTyped] = useState(text)
  // Another address, as by the browser's way back, has another text.
  useEffect(() => setTyped(text), [text])
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is typed decides, whoever is told
  useEffect(() => {
    if (typed.trim() === text) return
    const timer = setTimeout(() => onChange(typed.trim()), pause)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <div className={css.find}>
      <Search size={15} aria-hidden="true" />
      <input
        className={kit.input}
        type="text"
        role="searchbox"
        aria-label="Find in ids, prompts, results and errors"
        placeholder="Find in ids, prompts, results, errors"
        spellCheck={false}
        maxLength={200}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
      {typed !== '' && (
        <Button look="quiet" size="small" aria-label="Clear what to find" onClick={() => setTyped('')}>
          <X size={14} aria-hidden="true" />
        </Button>
      )}
    </div>
  )
}

/** The models that requests of the list were sent to come first, then the others. */
function ModelFilter(props: {
  readonly model: string
  readonly rows: readonly RequestRow[]
  readonly onChange: (model: string) => void
}): ReactNode {
  const { model, rows, onChange } = props
  const { data: models = [] } = useModels()
  const used = useMemo(
    () => [...new Set([...(model === '' ? [] : [model]), ...rows.map(({ model_id }) => model_id)])].toSorted(),
    [model, rows],
  )
  const others = models.map(({ model_id }) => model_id).filter((id) => !used.includes(id))
  return (
    <select className={kit.input} aria-label="Model" value={model} onChange={({ target }) => onChange(target.value)}>
      <option value="">Any model</option>
      {used.length > 0 && (
        <optgroup label="In this list">
          {used.map((id) => (
            <option key={id}>{id}</option>
          ))}
        </optgroup>
      )}
      {others.length > 0 && (
        <optgroup label="Others">
          {others.map((id) => (
            <option key={id}>{id}</option>
          ))}
        </optgroup>
      )}
    </select>
  )
}
