import type { ReactNode } from 'react'
import { useSearchParams } from 'react-router'
import { pathOf } from '../../api/client.ts'
import { itemsOf, useList } from '../../api/lists.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { Field } from '../../kit/field.tsx'
import { formatCount, formatTime } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import { Table } from '../../kit/table.tsx'
import { streamPath } from './addresses.ts'
import type { ClosedWindow } from './answers.ts'
import { formatNumber } from './numbers.ts'
import css from './streams.module.css'

/** What closed windows came to, the newest first; of one key, where the address names one. */
export function Windows({ name }: { readonly name: string }): ReactNode {
  const [query, setQuery] = useSearchParams()
  const key = query.get('of') ?? ''
  const path = streamPath(name, '/windows')
  const list = useList<ClosedWindow>(path, { key }, { refetchInterval: 5_000 })
  const windows = itemsOf(list)
  const find = (of: string): void =>
    setQuery((before) => {
      if (of === '') before.delete('of')
      else before.set('of', of)
      return before
    })
  return (
    <Panel title="Closed windows" flush actions={<CopyCall call={{ method: 'GET', path: pathOf(path, [], { key }) }} />}>
      <form
        key={key}
        className={css.filter}
        onSubmit={(event) => {
          event.preventDefault()
          find(String(new FormData(event.currentTarget).get('key')))
        }}
      >
        <Field label="Key" name="key" defaultValue={key} placeholder="any" maxLength={256} />
        <Button type="submit">Show</Button>
      </form>
      <Loaded query={list}>
        {() =>
          windows.length === 0 ? (
            <Empty title="No window has closed.">
              One closes when the stream’s time is past its end, and what may be late has come.
            </Empty>
          ) : (
            <>
              <Table
                name="Windows"
                rows={windows}
                keyOf={({ window, key: of, start }) => `${window} ${of} ${start}`}
                columns={[
                  { name: 'Key', show: ({ key: of }) => of },
                  { name: 'Window', show: ({ window }) => window },
                  { name: 'From', show: ({ start }) => formatTime(start) },
                  { name: 'To', show: ({ end }) => formatTime(end) },
                  { name: 'Records', isNumber: true, show: ({ count }) => formatCount(count) },
                  { name: 'Mean, lowest to highest, p95', show: (window) => <Aggregates window={window} /> },
                ]}
              />
              {list.hasNextPage && (
                <Button look="quiet" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                  Show earlier ones
                </Button>
              )}
            </>
          )
        }
      </Loaded>
    </Panel>
  )
}

function Aggregates({ window: { numbers, categories } }: { readonly window: ClosedWindow }): ReactNode {
  return (
    <dl className={css.aggregates}>
      {Object.entries(numbers).map(([field, { mean, min, max, p95 }]) => (
        <div key={field}>
          <dt>{field}</dt>
          <dd>
            {formatNumber(mean)}, {formatNumber(min)} to {formatNumber(max)}, {formatNumber(p95)}
          </dd>
        </div>
      ))}
      {Object.entries(categories).map(([field, { distinct }]) => (
        <div key={field}>
          <dt>{field}</dt>
          <dd>{distinct === 1 ? 'one value' : `${formatCount(distinct)} different values`}</dd>
        </div>
      ))}
    </dl>
  )
}
