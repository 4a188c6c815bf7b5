/** Pieces of markdown. @module */

/** A table; the first column holds names, the others figures. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|${head.map((_, at) => (at === 0 ? '---' : '---:')).join('|')}|`, ...rows.map(line)].join('\n')
}

/** A share of 1. */
export function percent(share) {
  return `${(100 * share).toFixed(1)}%`
}
