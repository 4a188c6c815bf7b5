import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Answers, completeProfile } from '../../src/advisor/profile.ts'
import { roadmapFor, roadmapMarkdown } from '../../src/advisor/roadmap/roadmap-for.ts'
import { type PatternName, patternNames } from '../../src/define/pattern.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

function roadmapOf(primary: PatternName | 'none', secondary: readonly PatternName[] = [], answers: Answers = {}) {
  const { profile } = completeProfile(answers, { model: 'some-model', region: 'eu-central-1' })
  return roadmapFor({ profile, composition: { primary, secondary, reasons: [] } })
}

/** Of each phase, the goals, and of each goal the patterns whose tasks it has. */
function goalsOf(roadmap: ReturnType<typeof roadmapFor>, phase: number) {
  const tasks = roadmap.find((one) => one.phase === phase)?.tasks ?? []
  return Object.fromEntries(
    [...new Set(tasks.map(({ goal }) => goal))].map((goal) => [
      goal,
      [...new Set(tasks.filter((task) => task.goal === goal).map(({ pattern }) => pattern))],
    ]),
  )
}

const everything = roadmapOf('rag', ['event-driven', 'multi-agent', 'analytics', 'multi-tenant'], {
  ...{ data_classes: ['pii', 'phi', 'pci'], regions: ['eu-central-1', 'eu-west-1'], workflow: { tools: true } },
  tenants: { count: 9, isolation: 'silo' },
})

describe('the roadmap', () => {
  it('[R116] [R117] [R118] [R119] has the four phases of the seed', () => {
    expect(roadmapOf('rag').map(({ phase, name, weeks }) => [phase, name, weeks])).toEqual([
      [1, 'Foundation', '1–2'],
      [2, 'Core features', '3–6'],
      [3, 'Enhancement', '7–10'],
      [4, 'Production', '11–12'],
    ])
  })

  it('[R116] begins with the choice, core services, basic security and CI/CD', () => {
    const roadmap = roadmapOf('rag', ['multi-tenant'])
    expect(Object.keys(goalsOf(roadmap, 1))).toEqual([
      'Choose the primary architecture pattern',
      'Set up core services',
      'Implement basic security controls',
      'Create a CI/CD pipeline',
    ])
    expect(roadmap[0]?.tasks[0]).toMatchObject({ task: 'Confirm rag, with multi-tenant to follow.', pattern: 'rag' })
    expect(roadmap[0]?.tasks.map(({ how }) => how)).toContain('plinth synth --no-agents --no-streams')
  })

  it('[R117] goes on with the primary pattern alone: built, watched, made fast, tested', () => {
    expect(goalsOf(roadmapOf('rag', ['multi-tenant']), 2)).toEqual({
      'Implement the chosen pattern': ['rag'],
      'Add monitoring and logging': ['rag', undefined],
      'Optimise performance': ['rag'],
      'Test the integration': ['rag'],
    })
  })

  it('[R118] adds the secondary ones, what is advanced, hardening, and load', () => {
    const goals = goalsOf(roadmapOf('rag', ['multi-tenant', 'event-driven']), 3)
    expect(goals).toEqual({
      'Add secondary patterns as needed': ['multi-tenant', 'event-driven'],
      'Implement advanced features': ['rag', 'multi-tenant', 'event-driven'],
      'Harden compliance and security': [undefined, 'rag', 'multi-tenant'],
      'Test and optimise under load': ['rag', 'multi-tenant', 'event-driven'],
    })
  })

  it.each([
    ['pii', /personal data/],
    ['phi', /^Medical data/],
    ['pci', /^Payment cards/],
  ] as const)('[R118] hardens for data of the class %s', (name, words) => {
    const tasks = (answers: Answers) =>
      roadmapOf('rag', [], answers).flatMap((phase) => phase.tasks.filter(({ task }) => words.test(task)))
    expect(tasks({ data_classes: [name] }).map(({ goal }) => goal)).toEqual(['Harden compliance and security'])
    expect(tasks({ data_classes: ['internal'] })).toEqual([])
  })

  it('[R119] ends with deployment to each region, alarms, training, and the runbooks of what was chosen', () => {
    const roadmap = roadmapOf('analytics', ['multi-tenant'], { regions: ['eu-central-1', 'us-east-1'] })
    expect(Object.keys(goalsOf(roadmap, 4))).toEqual([
      'Deploy to production',
      'Set up monitoring and alerting',
      'Document and train',
      'Practise operational runbooks',
    ])
    const tasks = roadmap[3]?.tasks ?? []
    expect(tasks.slice(0, 2).map(({ task }) => task)).toEqual(['Deploy to eu-central-1.', 'Deploy to us-east-1.'])
    expect(tasks.map(({ how }) => how).filter((how) => how.startsWith('docs/runbooks/'))).toEqual([
      'docs/runbooks/lagging-stream.md',
      'docs/runbooks/cost-spike.md',
      'docs/runbooks/suspended-tenant.md',
      'docs/runbooks/key-compromise.md',
      'docs/runbooks/region-outage.md',
    ])
  })

  it('is shorter where one synchronous call is enough, and still has all goals', () => {
    const short = roadmapOf('none')
    expect(short.map(({ phase }) => Object.keys(goalsOf(short, phase)).length)).toEqual([4, 4, 4, 4])
    expect(short.flatMap(({ tasks }) => tasks.filter(({ pattern }) => pattern !== undefined))).toEqual([])
    expect(short.flatMap(({ tasks }) => tasks).length).toBeLessThan(everything.flatMap(({ tasks }) => tasks).length / 2)
    expect(short[0]?.tasks[0]?.task).toBe('Confirm that one synchronous call is enough.')
  })

  it('has all sixteen goals for any composition, no pattern that was not chosen, and no task twice in a goal', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...patternNames], { minLength: 1 }), ([primary = 'rag', ...secondary]) => {
        const roadmap = roadmapOf(primary, secondary)
        const tasks = roadmap.flatMap((phase) => phase.tasks)
        expect(roadmap.map(({ phase }) => Object.keys(goalsOf(roadmap, phase)).length)).toEqual([4, 4, 4, 4])
        const named = new Set(tasks.flatMap(({ pattern }) => pattern ?? []))
        expect(named).toEqual(new Set([primary, ...secondary]))
        expect(new Set(tasks.map(({ goal, task }) => goal + task)).size).toBe(tasks.length)
      }),
    )
  })
})

describe('what tasks are done by', () => {
  const hows = [...everything, ...roadmapOf('none')].flatMap(({ tasks }) => tasks.map(({ how }) => how))

  it('are documents that are there', () => {
    const documents = hows.filter((how) => how.startsWith('docs/'))
    expect(documents.length).toBeGreaterThan(20)
    expect([...new Set(documents)].filter((path) => !existsSync(root + path))).toEqual([])
  })

  it('are verbs and options of the command line', () => {
    const commands = [...new Set(hows.filter((how) => !how.startsWith('docs/')))]
    const sources = globSync(`${root}packages/cli/src/**/*.ts`)
      .map((path) => readFileSync(path, 'utf8'))
      .join('\n')
    expect(commands.length).toBeGreaterThan(20)
    for (const command of commands) {
      const [program, verb, ...rest] = command.split(' ')
      expect(program, command).toBe('plinth')
      expect(existsSync(`${root}packages/cli/src/commands/${verb}.ts`), command).toBe(true)
      for (const word of rest.filter((word) => /^--|^[a-z-]+$/.test(word) && word !== 'in-region')) {
        expect(sources, command).toMatch(new RegExp(`['( ]${word}[ <'\`(]`))
      }
    }
  })
})

describe('as Markdown', () => {
  it('has a heading for each phase and goal, and a box for each task', () => {
    const text = roadmapMarkdown(everything)
    expect(text.match(/^## /gm)?.length).toBe(4)
    expect(text.match(/^### /gm)?.length).toBe(16)
    expect(text.match(/^- \[ \] /gm)?.length).toBe(everything.flatMap(({ tasks }) => tasks).length)
    expect(text).toContain('## Phase 2: Core features (weeks 3–6)\n\n### Implement the chosen pattern\n\n- [ ] ')
    expect(text).toContain('`plinth ask QUESTION --stream`\n')
    expect(text).toContain('[docs/mcp.md](docs/mcp.md)\n')
  })
})
