import { oneLine } from '../../plan/one-line.ts'
import { asksToCompute } from '../../plan/questions.ts'
import type { StepResult } from '../../run/journal.ts'
import { comparedHeading, computedHeading } from './analyse.ts'
import { CitedText, type Part, partsOf, withoutMarkers } from './cited-text.ts'
import type { Finding } from './facts.ts'

const note = '_Put together by rules from quotations. No language model was used._'
const longestTitle = 300

/**
 * A report in Markdown by rules: what was compared; each question with what was found, quoted, with the numbers of its sources; what
 * wasn't found; the sources. Figures that were computed are in it where the request asks for them, each with its formula.
 * @returns its citations point at the claims in this text and at their places in the sources.
 */
export function writeReport(input: {
  readonly title: string
  readonly findings: readonly Finding[]
  readonly analyses: readonly StepResult[]
}): StepResult {
  const text = new CitedText()
  text.add(`# ${titleOf(input.title)}\n\n${note}\n`)
  const isToCompute = asksToCompute(input.title)
  let hasComputed = false
  const analyses = input.analyses.filter(({ sources = [] }) => sources.length > 0)
  for (const [heading, parts] of analyses.flatMap(sectionsOf)) {
    if (heading === computedHeading && !isToCompute) continue
    // What a language model analysed may be anything.
    hasComputed ||= heading !== comparedHeading
    text.add(`\n${heading}\n\n`, ...parts, '\n')
  }
  const missing: string[] = []
  const leftOut: string[] = []
  for (const { question, result, leftOut: why } of input.findings) {
    if (why !== undefined) leftOut.push(`${headingOf(question)}: ${oneLine(why)}`)
    else if (!result || (result.sources ?? []).length === 0) missing.push(question)
    else text.add(`\n## ${headingOf(question)}\n\n`, ...trimmed(partsOf(result)), '\n').name(result.sources ?? [])
  }
  if (missing.length > 0)
    text.add(
      `\n## Not found\n\nThe documents do not say:\n\n${missing.map((question) => `- ${headingOf(question)}`).join('\n')}\n`,
    )
  if (leftOut.length > 0)
    text.add(`\n## Left out\n\nThese steps were not done:\n\n${leftOut.map((each) => `- ${each}`).join('\n')}\n`)
  if (!hasComputed && isToCompute)
    text.add('\nNothing was computed: rules found no figures here that they can compute with for sure.\n')
  else if (text.sources.length === 0 && leftOut.length === 0) text.add('\nThe documents hold nothing about this.\n')
  if (text.sources.length === 0) return text.result()
  text.add(`\n## Sources\n\n${text.sources.map((source, index) => `- [${index + 1}] ${oneLine(source)}`).join('\n')}\n`)
  return text.result()
}

/** An analysis by its headings; one that has none, as of a language model, is one section. */
function sectionsOf(result: StepResult): readonly (readonly [string, readonly Part[]])[] {
  const sections: [string, Part[]][] = [['## Analysis', []]]
  for (const part of partsOf(result)) {
    const pieces =
      typeof part === 'string' ? part.split(new RegExp(`(?<=^|\n)(${comparedHeading}|${computedHeading})\n+`)) : [part]
    for (const piece of pieces) {
      if (piece === comparedHeading || piece === computedHeading) sections.push([piece, []])
      else sections.at(-1)?.[1].push(typeof piece === 'string' ? withoutMarkers(piece) : piece)
    }
  }
  return sections.map(([heading, parts]) => [heading, trimmed(parts)] as const).filter(([, parts]) => parts.length > 0)
}

/** Without white space at its ends. */
function trimmed(parts: readonly Part[]): readonly Part[] {
  const left = parts.filter((part) => part !== '')
  const first = left[0]
  const begun = typeof first === 'string' ? [first.trimStart(), ...left.slice(1)] : left
  const last = begun.at(-1)
  const ended = typeof last === 'string' ? [...begun.slice(0, -1), last.trimEnd()] : begun
  return ended.filter((part) => part !== '').map((part) => (typeof part === 'string' ? withoutMarkers(part) : part))
}

/** The request, without the numbers of its points. */
function titleOf(request: string): string {
  const line = oneLine(request.replaceAll(/(^|[\n?.;]\s*)(?:\(?\d{1,2}[.)]|[-*•])\s+/g, '$1'))
  return line.slice(0, longestTitle).toWellFormed()
}

function headingOf(question: string): string {
  const line = oneLine(question).replace(/[:;,.]+$/, '')
  return line.charAt(0).toUpperCase() + line.slice(1)
}
