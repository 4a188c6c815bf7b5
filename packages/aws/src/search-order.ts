import type { Candidate, DocumentVersion } from '@plinth/core'

/** Best first, of equals by document, version and ordinal. */
export function byRank(left: Candidate, right: Candidate): number {
  return (
    right.score - left.score ||
    order(left.document, right.document) ||
    order(left.version, right.version) ||
    left.ordinal - right.ordinal
  )
}

/** Whether it is the first of its version in a call. */
export function isFirst({ document, version }: DocumentVersion, at: number, all: readonly DocumentVersion[]): boolean {
  return all.findIndex((other) => other.document === document && other.version === version) === at
}

function order(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
