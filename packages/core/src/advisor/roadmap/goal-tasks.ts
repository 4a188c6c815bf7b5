import type { PatternName } from '../../define/pattern.ts'
import { synthOptions } from '../synth-options.ts'
import { gatewayTasks, type PatternTasks, patternTasks } from './pattern-tasks.ts'
import { chosenPatterns, type RoadmapFacts, type TaskOfGoal } from './roadmap.ts'

type Part = Exclude<keyof PatternTasks, 'runbooks'>

function of(pattern: PatternName, part: Part): readonly TaskOfGoal[] {
  return [patternTasks[pattern][part]].flat().map((task) => ({ ...task, pattern }))
}

/** The primary pattern's; the gateway's where there is none. */
export function ofPrimary(part: Part): (facts: RoadmapFacts) => readonly TaskOfGoal[] {
  return ({ composition: { primary } }) => (primary === 'none' ? [gatewayTasks[part]].flat() : of(primary, part))
}

/** Those of all chosen patterns. */
export function ofAll(part: Part): (facts: RoadmapFacts) => readonly TaskOfGoal[] {
  return (facts) => {
    const chosen = chosenPatterns(facts)
    return chosen.length === 0 ? [gatewayTasks[part]].flat() : chosen.flatMap((pattern) => of(pattern, part))
  }
}

export function choosePrimary({ composition: { primary, secondary } }: RoadmapFacts): readonly TaskOfGoal[] {
  const how = 'plinth advise --profile PROFILE.json'
  if (primary === 'none') return [{ task: 'Confirm that one synchronous call is enough.', how }]
  const beside = secondary.length === 0 ? 'alone' : `with ${secondary.join(', ')} to follow`
  return [{ task: `Confirm ${primary}, ${beside}.`, pattern: primary, how }]
}

export function addSecondary({ composition: { secondary } }: RoadmapFacts): readonly TaskOfGoal[] {
  if (secondary.length > 0) return secondary.flatMap((pattern) => of(pattern, 'implement'))
  return [{ task: 'None is needed now: answer the advisor’s questions again with what was measured.', how: 'plinth advise' }]
}

/** Those of the chosen patterns, and that of a lost region, which concerns all. */
export function practiseRunbooks(facts: RoadmapFacts): readonly TaskOfGoal[] {
  const own = chosenPatterns(facts).flatMap((pattern) => patternTasks[pattern].runbooks.map((page) => ({ page, pattern })))
  const once = own.filter(({ page }, index) => own.findIndex((other) => other.page === page) === index)
  return [
    ...once.map(({ page, pattern }) => ({
      task: `Cause it in a Plinth for tries, and follow ${page}.`,
      pattern,
      how: `docs/runbooks/${page}.md`,
    })),
    { task: 'Restore a backup into an empty folder, and measure how long it takes.', how: 'docs/runbooks/region-outage.md' },
  ]
}

/** The stack without what isn't needed. */
export function synth(facts: RoadmapFacts): string {
  return ['plinth synth', ...synthOptions(chosenPatterns(facts))].join(' ')
}
