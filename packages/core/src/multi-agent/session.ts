/** What a run is told of its session: runs of one user that carry the same name. @module */
import type { Uses } from '../scope/scope.ts'
import { shareTokens } from './steps/dependency-context.ts'
import { workflows } from './workflows.ts'

/** A run before, and what came of it. */
export interface EarlierRun {
  readonly request: string
  readonly answer: string
}

/** So many completed runs are shown, of so many that were asked for last. */
const mostRuns = 3
const mostLooked = 50
/** Of what is shown of them, requests and answers together. */
const earlierTokens = 2_000

/**
 * Names a session in lists. Another user's of the same name is another one, since what came of it may rest on documents that this one may
 * not see.
 */
export async function sessionOf(scope: Uses<'state'>, sessionId: string): Promise<string> {
  return scope.state.lookup('workflow session', JSON.stringify([scope.caller.user, sessionId]))
}

/** The last completed runs of a session, oldest first. */
export async function earlierRuns(scope: Uses<'state'>, session: string): Promise<readonly EarlierRun[]> {
  const { items } = await scope.state.list(workflows, 'session', { group: session, descending: true, limit: mostLooked })
  const completed = items.filter(({ fields }) => fields.status === 'completed').slice(0, mostRuns)
  const texts = await Promise.all(completed.toReversed().flatMap((record) => [record.open('request'), record.open('answer')]))
  const shown = shareTokens(
    texts.map((text) => text ?? ''),
    { tokens: earlierTokens, canReadRest: false },
  )
  return completed.map((_, index) => ({ request: shown[index * 2] ?? '', answer: shown[index * 2 + 1] ?? '' }))
}

/** As much of a result as runs after it may be shown. */
export function answerShown(text: string): string {
  return shareTokens([text], { tokens: earlierTokens, canReadRest: false })[0] ?? ''
}

/** For a prompt, between tags that no text can close; empty where there are none. */
export function earlierContext(earlier: readonly EarlierRun[], boundary: string): string {
  if (earlier.length === 0) return ''
  const tag = `earlier-${boundary}`
  const runs = earlier.map(({ request, answer }) => `<${tag}>\nRequest: ${request}\nAnswer: ${answer}\n</${tag}>`)
  return `Earlier in this session, oldest first, for what the request refers to:\n${runs.join('\n')}`
}

/** For {@link boundaryFor}. */
export function textsOf(earlier: readonly EarlierRun[]): readonly string[] {
  return earlier.flatMap(({ request, answer }) => [request, answer])
}
