// biome-ignore-all lint/a11y/useFocusableInteractive: rows hold what is focused
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef } from 'react'
import css from './kit.module.css'
import type { Column } from './table.tsx'
import rows from './virtual-table.module.css'

/** Rows that are drawn beyond those in sight. */
const overscan = 8
const rowHeight = 41

/**
 * A table of however many rows: those in sight are in the page, and no more. Its rows are links or buttons of what `columns` show; nearing its
 * end asks for more.
 */
export function VirtualTable<Row>(props: {
  readonly name: string
  readonly columns: readonly (Column<Row> & { readonly width?: string })[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** Pixels. */
  readonly height?: number
  readonly onNearEnd?: () => void
  readonly isSelected?: (row: Row) => boolean
}): ReactNode {
  const { name, columns, rows: all, keyOf, height = 560, onNearEnd, isSelected } = props
  const box = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: all.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan,
    getItemKey: (index) => keyOf(all[index] as Row),
  })
  const shown = virtual.getVirtualItems()
  const last = shown.at(-1)?.index ?? -1
  useEffect(() => {
    if (last >= 0 && last >= all.length - overscan * 2) onNearEnd?.()
  }, [last, all.length, onNearEnd])
  const template = columns.map(({ width }) => width ?? 'minmax(80px, 1fr)').join(' ')
  return (
    <div className={css.scroll}>
      <div role="table" aria-label={name} aria-rowcount={all.length + 1} className={rows.table}>
        <div role="row" aria-rowindex={1} className={rows.head} style={{ gridTemplateColumns: template }}>
          {columns.map((column) => (
            <div key={column.name} role="columnheader" className={column.isNumber ? rows.number : undefined}>
              {column.name}
            </div>
          ))}
        </div>
        <div
          ref={box}
          role="rowgroup"
          tabIndex={0}
          className={rows.body}
          style={{ height: Math.min(height, all.length * rowHeight + 2) }}
        >
          <div role="presentation" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {shown.map(({ key, index, start }) => {
              const row = all[index] as Row
              return (
                <div
                  key={key}
                  role="row"
                  aria-rowindex={index + 2}
                  aria-selected={isSelected?.(row)}
                  className={rows.row}
                  style={{ gridTemplateColumns: template, height: rowHeight, transform: `translateY(${start}px)` }}
                >
                  {columns.map((column) => (
                    <div key={column.name} role="cell" className={column.isNumber ? rows.number : undefined}>
                      {column.show(row)}
                    </div>
                  ))}
                </div>
              )
            })}
          </div>
        </div>
      </div>
    </div>
  )
}
