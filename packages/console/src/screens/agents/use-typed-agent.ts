import { useState } from 'react'
import { type TypedWork, useTypedWork } from '../../api/typed-work.ts'
import { type Agent, type TypedAgent, typedOf } from './agent.ts'

/** An agent as it is being typed, and the version that it began from. */
export interface Typing {
  readonly typed: TypedAgent
  readonly base: Agent | undefined
  /** What somebody else saved meanwhile, while something is typed here. */
  readonly newer: Agent | undefined
  readonly change: (more: Partial<TypedAgent>) => void
  /** Shows the agent, and forgets what was typed. */
  readonly take: (agent: Agent) => void
  /** Keeps what was typed, in the place of the agent. */
  readonly keep: (agent: Agent) => void
  readonly work: TypedWork
}

/** @param agent as the server knows it by now. Another version takes the place of the shown one while nothing is typed. */
export function useTypedAgent(agent: Agent | undefined, known: ReadonlySet<string>): Typing {
  const [seen, setSeen] = useState(agent)
  const [base, setBase] = useState(agent)
  const [typed, setTyped] = useState(() => typedOf(agent, known))
  const work = useTypedWork(typed, typedOf(base, known))
  const { isChanged } = work
  const take = (next: Agent): void => {
    setBase(next)
    setTyped(typedOf(next, known))
    // At once: what is saved may be left before it is shown.
    work.letGo()
  }
  if (agent && agent !== seen) {
    setSeen(agent)
    if (!isChanged) take(agent)
  }
  return {
    typed,
    base,
    newer: isChanged && agent?.version !== base?.version ? agent : undefined,
    change: (more) => setTyped((before) => ({ ...before, ...more })),
    take,
    keep: setBase,
    work,
  }
}
