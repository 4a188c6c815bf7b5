import type { DocumentRecord } from './access.ts'

/** Says on which page of the text that is found an offset lies, from 1; undefined for a document without pages. */
export async function pageNumbers(record: DocumentRecord): Promise<(offset: number) => number | undefined> {
  const pages = await record.open('pages')
  if (!pages) return () => undefined
  const begins = JSON.parse(pages) as readonly number[]
  return (offset) => begins.findLastIndex((begin) => begin <= offset) + 1
}
