/** What tests of workflows over HTTP share. @module */
import { expect } from 'vitest'
import { type Answer, call } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'

export interface ShownStep {
  readonly step_id: string
  readonly agent_type: string
  readonly status: string
  readonly attempts: number
  readonly result: string | null
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly usage: ShownUsage
  readonly error?: { readonly code: string; readonly message: string }
}

export interface ShownUsage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
  readonly latency_ms: number
}

export interface ShownWorkflow {
  readonly workflow_id: string
  readonly tenant_id: string
  readonly status: string
  readonly waits_for?: string
  readonly request: string
  readonly session_id?: string
  readonly forked_from?: { readonly workflow_id: string; readonly step_id: string }
  readonly plan: {
    readonly source: string
    readonly success_criteria: readonly string[]
    readonly steps: readonly Readonly<Record<string, unknown>>[]
  } | null
  readonly steps: Readonly<Record<string, ShownStep>>
  readonly synthesis: ShownStep | null
  readonly result: { readonly text: string; readonly sources: readonly string[]; readonly citations: readonly object[] } | null
  readonly error?: { readonly code: string; readonly message: string }
  readonly usage: ShownUsage
}

/** A tenant's workflows, as a client of the API sees them. */
export class Workflows {
  readonly url: string
  readonly token: string

  constructor(url: string, token: string) {
    this.url = url
    this.token = token
  }

  ask<Body = ShownWorkflow>(path: string, options: Omit<Parameters<typeof call>[2], 'token'> = {}): Promise<Answer<Body>> {
    return call<Body>(this.url, `/api/workflows${path}`, { ...options, token: this.token })
  }

  /** @returns its id. */
  async start(body: object, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await this.ask('', { body, headers })
    expect(answer.status, answer.text).toBe(202)
    return answer.body.workflow_id
  }

  async show(id: string): Promise<ShownWorkflow> {
    return (await this.ask(`/${id}`)).body
  }

  reach(id: string, ...wanted: readonly string[]): Promise<ShownWorkflow> {
    return until(`${id} ${wanted.join(' or ')}`, async () => {
      const shown = await this.show(id)
      return wanted.includes(shown.status) && shown
    })
  }

  /** Begins one, and waits for its end. */
  async run(body: object): Promise<ShownWorkflow> {
    return this.reach(await this.start(body), 'completed', 'failed', 'cancelled')
  }
}

/** A step as a caller has to give it, at the least. */
export function step(id: string, dependencies?: readonly string[], more: object = {}): object {
  return { id, agent_type: 'research', prompt: `Do ${id}.`, ...(dependencies ? { dependencies } : {}), ...more }
}
