import type { ReactNode } from 'react'
import { useSearchParams } from 'react-router'
import { ButtonLink } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Choice } from '../../kit/field.tsx'
import { formatCounted } from '../../kit/format.ts'
import { Panel, Row } from '../../kit/page.tsx'
import { Empty, Loading, ProblemNotice } from '../../kit/states.tsx'
import { streamAddress, streamPath } from './addresses.ts'
import type { Sample, StreamFeed } from './feed.ts'
import { FieldChart } from './field-chart.tsx'
import css from './streams.module.css'

const mostFields = 16

/** The numbers of one key, a chart a field. Which key stands in the address. */
export function LiveCharts(props: { readonly name: string; readonly feed: StreamFeed; readonly isLoading: boolean }): ReactNode {
  const { name, feed, isLoading } = props
  const [query, setQuery] = useSearchParams()
  const keys = [...feed.keys.keys()].toSorted()
  const asked = query.get('key')
  const key = asked ?? keys[0]
  const samples = (key === undefined ? undefined : feed.keys.get(key)) ?? []
  const choose = (next: string): void =>
    setQuery((before) => {
      before.set('key', next)
      return before
    })
  const fields = fieldsOf(samples)
  return (
    <Panel title="Live" actions={<CopyCall call={{ method: 'GET', path: streamPath(name, '/events') }} />}>
      {feed.refused && <ProblemNotice error={feed.refused} />}
      {key !== undefined && (
        <div className={css.keys}>
          <Choice
            label="Key"
            value={key}
            options={keys.includes(key) ? keys : [key, ...keys]}
            onChange={({ target }) => choose(target.value)}
          />
          <Row>
            <ButtonLink size="small" to={streamAddress(name, { tab: 'incidents', of: key })}>
              Its incidents
            </ButtonLink>
            <ButtonLink size="small" to={streamAddress(name, { tab: 'windows', of: key })}>
              Its windows
            </ButtonLink>
          </Row>
          <p className={css.note}>
            The band is what was expected of each value before it came; a dot is an anomaly: of the value, or of how it and the
            last ones move. {formatCounted(samples.length, 'point')} of the last ten minutes.
          </p>
        </div>
      )}
      {fields.length > 0 && (
        <div className={css.charts}>
          {fields.map((field) => (
            <FieldChart key={`${key} ${field}`} name={`${field} of ${key}`} field={field} samples={samples} />
          ))}
        </div>
      )}
      {fields.length === 0 && (isLoading ? <Loading /> : <Nothing hasKey={asked !== null} />)}
    </Panel>
  )
}

function Nothing({ hasKey }: { readonly hasKey: boolean }): ReactNode {
  return (
    <Empty title={hasKey ? 'Nothing came of this key in the last ten minutes.' : 'Nothing came in the last ten minutes.'}>
      It is drawn as it comes. Send records, or let the page send values and put a fault in.
    </Empty>
  )
}

function fieldsOf(samples: readonly Sample[]): readonly string[] {
  const fields = new Set<string>()
  for (const { values } of samples) for (const field of Object.keys(values)) fields.add(field)
  return [...fields].slice(0, mostFields)
}
