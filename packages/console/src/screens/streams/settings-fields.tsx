import { Plus, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Call } from '../../api/client.ts'
import { Button } from '../../kit/button.tsx'
import { faultAt } from '../../kit/faults.ts'
import { Choice, Field } from '../../kit/field.tsx'
import { numberIn, withNumbers } from '../../kit/typed.ts'
import type { StreamSettings, WindowSetting } from './answers.ts'
import css from './streams.module.css'

/** Settings while they are edited: numbers are what was typed. */
export interface Draft {
  readonly fields: readonly { readonly id: number; readonly name: string; readonly kind: string }[]
  readonly windows: readonly {
    readonly id: number
    readonly name: string
    readonly kind: WindowSetting['kind']
    readonly size: string
    readonly slide: string
  }[]
  readonly lateness: string
  readonly retention: string
}

let made = 0

/** Of a stream that is; else what the server would take for one that nobody set. */
export function draftOf(settings?: StreamSettings): Draft {
  const windows = settings?.windows ?? [{ name: '1m', kind: 'tumbling', size_seconds: 60 }]
  return {
    fields: Object.entries(settings?.fields ?? {}).map(([name, kind]) => ({ id: ++made, name, kind })),
    windows: windows.map(({ name, kind, size_seconds, slide_seconds, gap_seconds }) => ({
      ...{ id: ++made, name, kind },
      size: String(size_seconds ?? gap_seconds ?? 60),
      slide: String(slide_seconds ?? 20),
    })),
    lateness: String(settings?.allowed_lateness_seconds ?? 10),
    retention: String(settings?.retention_days ?? 7),
  }
}

/** As `PUT /api/streams/{name}` takes it. */
export function bodyOf({ fields, windows, lateness, retention }: Draft): object {
  return {
    fields: Object.fromEntries(fields.map(({ name, kind }) => [name, kind])),
    windows: windows.map(({ name, kind, size, slide }) => {
      if (kind === 'session') return { name, kind, gap_seconds: numberIn(size) }
      return { name, kind, size_seconds: numberIn(size), ...(kind === 'sliding' ? { slide_seconds: numberIn(slide) } : {}) }
    }),
    allowed_lateness_seconds: numberIn(lateness),
    retention_days: numberIn(retention),
  }
}

const ofWindow = { from: 1, to: 31 * 86_400 }

/** The call that sets a stream, to be sent. @throws Problem by its field. */
export function checkedSettings(call: Call, { windows }: Draft): Call {
  const lengths = windows.flatMap((_, index) =>
    ['size', 'slide', 'gap'].map((name) => [`windows.${index}.${name}_seconds`, ofWindow] as const),
  )
  return withNumbers(call, {
    ...Object.fromEntries(lengths),
    allowed_lateness_seconds: { from: 0, to: 86_400 },
    retention_days: { from: 1, to: 365 },
    shards: { from: 1, to: 64, isWhole: true },
  })
}

/** Those that say what is wrong with them; the server names a window's lengths also without their unit. */
export function settingFields({ windows }: Draft): readonly string[] {
  const ofWindows = windows.flatMap((_, index) =>
    ['name', 'size', 'slide', 'gap'].flatMap((name) => [`windows.${index}.${name}`, `windows.${index}.${name}_seconds`]),
  )
  return [...ofWindows, 'allowed_lateness_seconds', 'retention_days']
}

/** All that can be set of a stream at any time. */
export function SettingsFields(props: {
  readonly draft: Draft
  readonly error: Error | null
  readonly change: (draft: Draft) => void
}): ReactNode {
  const { draft, error, change } = props
  const set = (part: Partial<Draft>): void => change({ ...draft, ...part })
  const faultOf = (index: number, name: string): string | undefined =>
    faultAt(error, `windows.${index}.${name}_seconds`, `windows.${index}.${name}`)
  return (
    <>
      <fieldset className={css.set}>
        <legend>Windows</legend>
        {draft.windows.map((window, index) => {
          const with_ = (part: Partial<typeof window>): void =>
            set({ windows: draft.windows.map((each) => (each === window ? { ...each, ...part } : each)) })
          return (
            <div key={window.id} className={css.setRow}>
              <Field
                label="Name"
                required
                value={window.name}
                fault={faultAt(error, `windows.${index}.name`)}
                onChange={({ target }) => with_({ name: target.value })}
              />
              <Choice
                label="Kind"
                value={window.kind}
                options={['tumbling', 'sliding', 'session']}
                onChange={({ target }) => with_({ kind: target.value as WindowSetting['kind'] })}
              />
              <Field
                label={window.kind === 'session' ? 'Gap, seconds' : 'Size, seconds'}
                inputMode="decimal"
                required
                value={window.size}
                fault={faultOf(index, 'size') ?? faultOf(index, 'gap')}
                onChange={({ target }) => with_({ size: target.value })}
              />
              {window.kind === 'sliding' && (
                <Field
                  label="Slide, seconds"
                  inputMode="decimal"
                  required
                  value={window.slide}
                  fault={faultOf(index, 'slide')}
                  onChange={({ target }) => with_({ slide: target.value })}
                />
              )}
              <Button
                look="quiet"
                aria-label={`Remove window ${window.name || index + 1}`}
                onClick={() => set({ windows: draft.windows.filter((each) => each !== window) })}
              >
                <Trash2 size={15} aria-hidden="true" />
              </Button>
            </div>
          )
        })}
        {draft.windows.length < 4 && (
          <Button
            size="small"
            onClick={() =>
              set({ windows: [...draft.windows, { id: ++made, name: '', kind: 'tumbling', size: '60', slide: '20' }] })
            }
          >
            <Plus size={14} aria-hidden="true" /> Add a window
          </Button>
        )}
      </fieldset>
      <fieldset className={css.set}>
        <legend>Fields</legend>
        <p className={css.note}>What isn’t declared is found out from the first value: numbers and short texts are looked at.</p>
        {draft.fields.map((field, index) => {
          const with_ = (part: Partial<typeof field>): void =>
            set({ fields: draft.fields.map((each) => (each === field ? { ...each, ...part } : each)) })
          return (
            <div key={field.id} className={css.setRow}>
              <Field label="Field" required value={field.name} onChange={({ target }) => with_({ name: target.value })} />
              <Choice
                label="Is"
                value={field.kind}
                options={[
                  { value: 'number', name: 'a number' },
                  { value: 'category', name: 'a category' },
                  { value: 'ignore', name: 'ignored' },
                ]}
                onChange={({ target }) => with_({ kind: target.value })}
              />
              <Button
                look="quiet"
                aria-label={`Remove field ${field.name || index + 1}`}
                onClick={() => set({ fields: draft.fields.filter((each) => each !== field) })}
              >
                <Trash2 size={15} aria-hidden="true" />
              </Button>
            </div>
          )
        })}
        <Button size="small" onClick={() => set({ fields: [...draft.fields, { id: ++made, name: '', kind: 'number' }] })}>
          <Plus size={14} aria-hidden="true" /> Declare a field
        </Button>
      </fieldset>
      <div className={css.setRow}>
        <Field
          label="Records may be late by, seconds"
          inputMode="decimal"
          required
          value={draft.lateness}
          fault={faultAt(error, 'allowed_lateness_seconds')}
          onChange={({ target }) => set({ lateness: target.value })}
        />
        <Field
          label="Insights and windows are kept, days"
          inputMode="decimal"
          required
          value={draft.retention}
          fault={faultAt(error, 'retention_days')}
          onChange={({ target }) => set({ retention: target.value })}
        />
      </div>
    </>
  )
}
