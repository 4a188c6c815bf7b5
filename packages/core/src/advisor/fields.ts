/** Fields of a profile by their path, such as `knowledge.documents`. @module */
import type { Answers, Profile } from './profile.ts'

type Group = Readonly<Record<string, unknown>>

/** @param path of one or two names. */
export function valueAt(profile: Answers, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => (value as Group | undefined)?.[name], profile)
}

/** The same answers but for one. */
export function withValue(answers: Answers, path: string, value: unknown): Answers {
  const [name = '', part] = path.split('.')
  const all = answers as Group
  return { ...all, [name]: part === undefined ? value : { ...(all[name] as Group | undefined), [part]: value } } as Answers
}

/** The answers, with those said aloud on which it hangs whether a group of answers is there at all: another one of the group may be changed then. */
export function withGroups(answers: Answers, profile: Profile): Answers {
  const { knowledge, workflow, stream, tenants } = answers
  return {
    ...answers,
    knowledge: { ...knowledge, documents: profile.knowledge.documents },
    workflow: { ...workflow, steps: profile.workflow.steps },
    stream: { ...stream, records_per_second: profile.stream.records_per_second },
    tenants: { ...tenants, count: profile.tenants.count },
  }
}
