import * as concepts from './concepts.ts'
import * as foreign from './foreign-concepts.ts'
import * as model from './model-concepts.ts'

/** Concepts that stand in one passage, and how much that says: 1 is enough. */
export interface Composition {
  readonly name: string
  readonly weight: number
  readonly all: readonly [RegExp, ...RegExp[]]
  readonly none?: RegExp
  /** Whether it may make a finding with others; what isn't so only adds to them. */
  readonly leads: boolean
}

const asksHow =
  'how (?:do|can|could|should|would|might|long|many|to) (?!you\\b|your\\b)|how do you stop|explain|draft|design a|build a|write (?:a|an)'
const speaksOf =
  'in python|a (?:\\w+ )?system prompt|system prompts? (?:for|of|that)|acceptance criteria|policy for|(?:our|my|their|his|her|its) (?:\\w+ )?(?:bots?|chat ?bots?|assistants?|agents?|models?)'
const begins = '^[^\\p{L}]*(?:please |can you |could you |so |then |also )*'

/** A passage about prompts of other programs. */
const aboutOtherPrompts = new RegExp(`${begins}(?:${asksHow})\\b|\\b(?:${speaksOf})\\b`, 'u')
/**
 * A passage that is about another program, another person's rules, or a text to be written. It says so where it begins: what is
 * asked for behind an attempt excuses nothing.
 */
const aboutOthers = new RegExp(
  `${begins}(?:${asksHow}|hi all|dear (?!(?:\\w+ )?(?:assistant|ai|bot|agent|model|llm|chatbot|copilot))|hello (?:all|team)|reminder|how does|why (?:do|does|did|is|are)|what (?:happens|should i|would|do i|can i|defen[cs]es)|is (?:it|there) |are there|can i|should (?:i|we)|which (?:rule|papers)|summari[sz]e|compare|review (?:this|the)|give me (?:\\w+ )?examples|help me|my (?:users|team|boss|script|manager)|our (?:users|team|red team|filter)|users (?:try|complain))\\b|\\b(?:${speaksOf})\\b`,
  'u',
)
const question = /\?\W*$/u

export const compositions: readonly Composition[] = [
  { name: 'dismissal', weight: 1, all: [concepts.putAway, concepts.ownRules], none: aboutOthers, leads: true },
  { name: 'dismissal spoken of', weight: 0.7, all: [concepts.putAway, concepts.earlierRules], none: aboutOthers, leads: true },
  { name: 'obeyed instead', weight: 0.4, all: [concepts.mineInstead], none: aboutOthers, leads: false },
  { name: 'obeyed instead', weight: 0.4, all: [concepts.putAway, concepts.andThen], none: aboutOthers, leads: false },
  { name: 'prompt asked for', weight: 1, all: [concepts.giveOut, concepts.ownText], none: aboutOtherPrompts, leads: true },
  { name: 'dismissal', weight: 1, all: [concepts.partEnded], none: aboutOthers, leads: true },
  { name: 'dismissal', weight: 0.6, all: [concepts.ownRules], none: aboutOthers, leads: true },
  { name: 'nothing binds', weight: 0.6, all: [model.unbound], none: aboutOthers, leads: true },
  { name: 'role without bounds', weight: 1, all: [model.role, model.unbound], none: aboutOthers, leads: true },
  { name: 'model ordered', weight: 0.5, all: [model.modelCalled], none: aboutOthers, leads: true },
  { name: 'model addressed', weight: 0.5, all: [model.modelNamed], none: aboutOthers, leads: true },
  { name: 'covert', weight: 0.4, all: [model.covert], none: aboutOthers, leads: false },
  {
    name: 'reaching',
    weight: 0.5,
    all: [model.reaching],
    none: new RegExp(`${aboutOthers.source}|\\b(?:remind|help) me\\b`, 'u'),
    leads: false,
  },
  { name: 'dismissal', weight: 1, all: [foreign.putAway, foreign.rules, foreign.own], leads: true },
  { name: 'dismissal', weight: 1, all: [foreign.putAway, foreign.orders, foreign.earlier], leads: true },
  {
    name: 'dismissal spoken of',
    weight: 0.7,
    all: [foreign.putAway, foreign.rules, foreign.earlier],
    leads: true,
  },
  { name: 'obeyed instead', weight: 0.5, all: [foreign.putAway, foreign.mine], leads: false },
  {
    name: 'prompt asked for',
    weight: 1,
    all: [foreign.toTheLetter, foreign.rules, foreign.own],
    leads: true,
  },
  { name: 'prompt asked for', weight: 1, all: [foreign.told], leads: true },
  { name: 'model addressed', weight: 0.7, all: [model.noteToModel], none: question, leads: true },
  { name: 'note asks', weight: 0.4, all: [model.noteToModel, model.asked], none: question, leads: false },
  { name: 'prompt asked for', weight: 1, all: [foreign.show, foreign.prompt], leads: true },
  {
    name: 'mode entered',
    weight: 1,
    all: [/^\W*(?:enable|activate|enter|switch on|turn on) (?:god|dan|jailbreak|evil|unrestricted|unfiltered) mode\W*$/u],
    leads: true,
  },
]
