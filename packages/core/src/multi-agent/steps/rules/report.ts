import type { Citation } from '../../../rag/answer/cite-claims.ts'
import type { StepResult } from '../../run/journal.ts'

/** What one step found, or that it found nothing. */
export interface Finding {
  /** What was asked. */
  readonly question: string
  readonly result: StepResult | undefined
}

const note = '_Put together by rules from quotations. No language model was used._'
const marker = /\s?\[(\d+)\]/g

/**
 * A report in Markdown by rules: each question with what was found, quoted, with the numbers of its sources; what was made of the figures;
 * what wasn't found; the sources.
 * @returns its citations point at the claims in this text and at their places in the sources.
 */
export function writeReport(input: {
  readonly title: string
  readonly findings: readonly Finding[]
  readonly analysis: string | undefined
}): StepResult {
  const sources: string[] = []
  const citations: Citation[] = []
  let text = `# ${oneLine(input.title)}\n\n${note}\n`
  const missing: string[] = []
  for (const { question, result } of input.findings) {
    if (!result || (result.sources ?? []).length === 0) {
      missing.push(question)
      continue
    }
    text += `\n## ${oneLine(question)}\n\n`
    text += quoted(result, text.length, sources, citations)
    text += '\n'
  }
  if (input.analysis && sources.length > 0) text += `\n## Figures\n\n${input.analysis}\n`
  if (missing.length > 0) text += `\n## Not found\n\n${missing.map((question) => `- ${oneLine(question)}`).join('\n')}\n`
  if (sources.length > 0)
    text += `\n## Sources\n\n${sources.map((source, index) => `${index + 1}. ${oneLine(source)}`).join('\n')}\n`
  else text += '\nThe documents hold nothing about this.\n'
  return { text, sources, citations }
}

/** A finding's claims, each with the numbers that its sources have in the report. */
function quoted(result: StepResult, offset: number, sources: string[], citations: Citation[]): string {
  const claims = new Map<string, Citation[]>()
  for (const citation of result.citations ?? []) {
    const key = `${citation.claim_start}:${citation.claim_end}`
    claims.set(key, [...(claims.get(key) ?? []), citation])
  }
  let text = ''
  for (const [first, ...others] of claims.values()) {
    if (!first) continue
    const claim = result.text.slice(first.claim_start, first.claim_end).replaceAll(marker, '').trim()
    const numbers = new Set([first, ...others].map(({ source }) => numberOf(source, sources)))
    const start = offset + text.length
    text += `${claim} ${[...numbers].map((number) => `[${number}]`).join(' ')}\n`
    for (const citation of [first, ...others])
      citations.push({ ...citation, claim_start: start, claim_end: start + claim.length })
  }
  return text
}

function numberOf(source: string, sources: string[]): number {
  const known = sources.indexOf(source)
  return known >= 0 ? known + 1 : sources.push(source)
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
