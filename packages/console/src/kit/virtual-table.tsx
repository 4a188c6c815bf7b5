// biome-ignore-all lint/a11y/useFocusableInteractive: rows hold what is focused
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react'
import css from './kit.module.css'
import type { Column } from './table.tsx'
import rows from './virtual-table.module.css'

/** Rows that are drawn beyond those in sight. */
const overscan = 8
const rowHeight = 41

export interface VirtualColumn<Row> extends Column<Row> {
  /** As CSS has it for a track of a grid. */
  readonly width?: string
  /** Left out where there is little room. */
  readonly isSecondary?: boolean
}

/**
 * A table of however many rows: those in sight are in the page, and no more. Its rows are links or buttons of what `columns` show; the arrow
 * keys go from one row's to the next one's. Nearing its end asks for more.
 */
export function VirtualTable<Row>(props: {
  readonly name: string
  readonly columns: readonly VirtualColumn<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** Pixels, or as CSS has it, such as `calc(100dvh - 300px)`: where there are fewer rows it is lower. */
  readonly height?: number | string
  readonly onNearEnd?: () => void
  /** Told whether the first row is in sight, when that changes. */
  readonly onTop?: (isAtTop: boolean) => void
  readonly isSelected?: (row: Row) => boolean
}): ReactNode {
  const { name, columns, rows: all, keyOf, height = 560, onNearEnd, onTop, isSelected } = props
  const box = useRef<HTMLDivElement>(null)
  const wasAtTop = useRef(true)
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
  const tellTop = (): void => {
    const isAtTop = (box.current?.scrollTop ?? 0) < rowHeight
    if (isAtTop !== wasAtTop.current) onTop?.(isAtTop)
    wasAtTop.current = isAtTop
  }
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step === undefined) return
    const row = (event.target as HTMLElement).closest('[aria-rowindex]')
    const next = row === null ? Math.ceil((box.current?.scrollTop ?? 0) / rowHeight) : Number(row.ariaRowIndex) - 2 + step
    if (next < 0 || next >= all.length) return
    event.preventDefault()
    virtual.scrollToIndex(next)
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`[aria-rowindex="${next + 2}"] :is(a, button)`)?.focus())
  }
  const widths = (some: readonly VirtualColumn<Row>[]): string => some.map(({ width }) => width ?? 'minmax(80px, 1fr)').join(' ')
  const primary = columns.filter(({ isSecondary }) => !isSecondary)
  const look = { '--columns': widths(columns), '--columns-narrow': widths(primary) } as CSSProperties
  const classOf = ({ isNumber, isSecondary }: VirtualColumn<Row>): string =>
    [isNumber ? rows.number : '', isSecondary ? rows.secondary : ''].filter(Boolean).join(' ')
  return (
    <div className={`${css.scroll} ${rows.frame}`}>
      <div
        role="table"
        aria-label={name}
        aria-rowcount={all.length + 1}
        className={primary.length < columns.length ? `${rows.table} ${rows.shrinks}` : rows.table}
        style={look}
      >
        <div role="row" aria-rowindex={1} className={rows.head}>
          {columns.map((column) => (
            <div key={column.name} role="columnheader" className={classOf(column)}>
              {column.name}
            </div>
          ))}
        </div>
        <div
          ref={box}
          role="rowgroup"
          tabIndex={0}
          className={rows.body}
          onScroll={tellTop}
          onKeyDown={move}
          style={{ height: all.length * rowHeight + 2, maxHeight: height }}
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
                  style={{ height: rowHeight, transform: `translateY(${start}px)` }}
                >
                  {columns.map((column) => (
                    <div key={column.name} role="cell" className={classOf(column)}>
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
