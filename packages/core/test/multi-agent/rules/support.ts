import { questionsOf } from '../../../src/multi-agent/plan/questions.ts'
import type { StepResult } from '../../../src/multi-agent/run/journal.ts'
import { analyse, analysisText } from '../../../src/multi-agent/steps/rules/analyse.ts'
import { lookUp, type ReadSource } from '../../../src/multi-agent/steps/rules/look-up.ts'
import { writeReport } from '../../../src/multi-agent/steps/rules/report.ts'
import { findingOf } from '../../../src/multi-agent/steps/rules/research.ts'
import { statementsIn } from '../../../src/multi-agent/steps/rules/statements.ts'
import { besides, topicOf } from '../../../src/multi-agent/steps/rules/topic.ts'

/** By their names. */
export type Documents = Readonly<Record<string, string>>

/** What research, analysis and report make of a request, where a search finds every document whole. */
export function reportOn(documents: Documents, request: string): StepResult {
  const sources = Object.entries(documents).map(
    ([source, text]): ReadSource => ({ document_id: `id of ${source}`, source, statements: statementsIn({ text, start: 0 }) }),
  )
  const asked = questionsOf(request).map(topicOf)
  const topics = asked.map((topic) =>
    besides(
      topic,
      asked.filter((other) => other !== topic),
    ),
  )
  const findings = topics.map((topic) => {
    const rivals = topics.flatMap(({ names, others }) =>
      names === topic.names ? [] : [topic.names.size > 0 ? names : new Set([...names, ...others])],
    )
    const aspects = topic.aspects.length > 0 ? topic.aspects : [undefined]
    return {
      question: topic.question,
      result: findingOf(
        topic,
        aspects.map((aspect) => lookUp(sources, { topic, aspect, rivals })),
      ),
    }
  })
  return writeReport({ title: request, findings, analyses: [analysisText(analyse(findings, request)).result()] })
}

/** What a report says and no source does: figures outside of its title, headings, markers and formulas' results. */
export function untracedFigures(documents: Documents, { text, citations = [] }: StepResult): readonly string[] {
  const untraced: string[] = []
  for (const { claim_start: start, claim_end: end, source, ...place } of citations) {
    const claim = text.slice(start, end)
    const cited = documents[source]?.slice(place.start, place.end) ?? ''
    for (const [figure] of claim.matchAll(figures)) if (!cited.includes(figure)) untraced.push(`${figure} in “${cited}”`)
  }
  const covered = new Set(citations.map(({ claim_start: start, claim_end: end }) => `${start}:${end}`))
  let rest = text
  for (const place of [...covered].map((each) => each.split(':').map(Number)).sort(([one = 0], [other = 0]) => other - one))
    rest = rest.slice(0, place[0]) + rest.slice(place[1])
  const own = rest
    .split('\n')
    .filter((line) => !/^(?:#|\||- \[\d+\] )/.test(line) && !line.startsWith('- Computed'))
    .join('\n')
    .replaceAll(/\[\d+\]/g, '')
    .replaceAll(/(?:lowest|highest) for .+? with /g, '')
    .replaceAll(/\(under “[^”]*”\)/g, '')
  return [...untraced, ...[...own.matchAll(figures)].map(([figure]) => `${figure} without a source`)]
}

const figures = /\d[\d.,]*\d|\d/g
