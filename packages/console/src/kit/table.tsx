import type { ReactNode } from 'react'
import css from './kit.module.css'

export interface Column<Row> {
  readonly name: string
  /** Right-aligned. */
  readonly isNumber?: boolean
  readonly show: (row: Row) => ReactNode
}

/** A table of a few rows, on a phone each cell with its column's name; long lists are for `VirtualTable`. */
export function Table<Row>(props: {
  readonly name: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
}): ReactNode {
  const { name, columns, rows, keyOf } = props
  return (
    <div className={css.scroll} tabIndex={0} role="group" aria-label={name}>
      <table className={css.table} aria-label={name}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={column.isNumber ? css.number : undefined}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.name} data-name={column.name} className={column.isNumber ? css.number : undefined}>
                  {column.show(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
