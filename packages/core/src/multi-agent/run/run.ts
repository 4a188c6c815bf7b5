import type { Actor } from '../../define/job.ts'
import type { StoredRecord } from '../../scope/record.ts'
import type { Uses } from '../../scope/scope.ts'
import { type AgentDefinition, byType } from '../agents/agent.ts'
import type { EarlierRun } from '../session.ts'
import { type WorkflowFields, type WorkflowTexts, workflows } from '../workflows.ts'
import { readJournal } from './journal-writer.ts'
import { RunState } from './run-state.ts'

/** A run as it was asked for. */
export interface Run {
  readonly id: string
  readonly fields: WorkflowFields
  readonly record: StoredRecord<WorkflowFields, WorkflowTexts>
  readonly request: string
  /** What came of its session's runs before it, as it was told when it began. */
  readonly earlier: readonly EarlierRun[]
  /** As they were when it began, by their type. */
  readonly agents: ReadonlyMap<string, AgentDefinition>
}

/** Undefined for one that isn't there, or has ended. */
export async function loadRun(scope: Uses<'state'>, id: string): Promise<Run | undefined> {
  const record = await scope.state.get(workflows, { partition: id })
  if (!record || record.fields.ended !== undefined) return undefined
  return {
    id,
    record,
    fields: record.fields,
    request: (await record.open('request')) ?? '',
    earlier: JSON.parse((await record.open('earlier')) ?? '[]') as readonly EarlierRun[],
    agents: await agentsOf(record),
  }
}

/** The agents that a run began with, by their type. */
export async function agentsOf(record: Run['record']): Promise<Run['agents']> {
  return byType(JSON.parse((await record.open('agents')) ?? '[]') as readonly AgentDefinition[])
}

/** Where a run stands by its journal, with the number of the journal's next row. */
export async function readState(
  scope: Uses<'state'>,
  { workflow_id: id, approval }: WorkflowFields,
): Promise<{ readonly state: RunState; readonly next: number }> {
  const state = new RunState({ approval: approval === 'plan' })
  const { entries, next } = await readJournal(scope, id)
  for (const entry of entries) state.apply(entry)
  return { state, next }
}

/** Whoever asked for a run: its tools find what they may see. */
export async function actorOf(
  scope: Uses<'state'>,
  { workflow_id }: { readonly workflow_id: string },
): Promise<Actor | undefined> {
  const record = await scope.state.get(workflows, { partition: workflow_id })
  if (!record) return undefined
  const listed = async (field: 'groups' | 'permissions'): Promise<ReadonlySet<string>> =>
    new Set(JSON.parse((await record.open(field)) ?? '[]') as readonly string[])
  return { user: record.fields.user_id, groups: await listed('groups'), permissions: await listed('permissions') }
}
