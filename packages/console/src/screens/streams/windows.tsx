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
import type { ClosedWindow, NumberAggregate } from './answers.ts'
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
                rows={windows.flatMap(rowsOf)}
                keyOf={({ window, field }) => `${window.window} ${window.key} ${window.start} ${field}`}
                columns={[
                  { name: 'Key', show: ({ window }) => window.key },
                  { name: 'Window', show: ({ window }) => window.window },
                  { name: 'From', show: ({ window }) => formatTime(window.start) },
                  { name: 'To', show: ({ window }) => formatTime(window.end) },
                  { name: 'Records', isNumber: true, show: ({ window }) => formatCount(window.count) },
                  { name: 'Field', show: ({ field }) => field },
                  {
                    name: 'Mean',
                    isNumber: true,
                    show: ({ numbers, distinct }) => (numbers ? formatNumber(numbers.mean) : distinct),
                  },
                  { name: 'Lowest', isNumber: true, show: ({ numbers }) => numbers && formatNumber(numbers.min) },
                  { name: 'Highest', isNumber: true, show: ({ numbers }) => numbers && formatNumber(numbers.max) },
                  { name: 'p95', isNumber: true, show: ({ numbers }) => numbers && formatNumber(numbers.p95) },
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

interface FieldRow {
  readonly window: ClosedWindow
  readonly field: string
  readonly numbers?: NumberAggregate
  /** Of a category: how many values it had. */
  readonly distinct?: string
}

/** A row a field, so that figures stand below one another. */
function rowsOf(window: ClosedWindow): readonly FieldRow[] {
  const rows: FieldRow[] = [
    ...Object.entries(window.numbers).map(([field, numbers]) => ({ window, field, numbers })),
    ...Object.entries(window.categories).map(([field, { distinct }]) => ({
      ...{ window, field },
      distinct: distinct === 1 ? 'one value' : `${formatCount(distinct)} values`,
    })),
  ]
  return rows.length === 0 ? [{ window, field: '–' }] : rows
}
