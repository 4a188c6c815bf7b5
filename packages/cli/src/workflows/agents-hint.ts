import { PlinthError } from '@plinth/core'

/** What a call comes to; where a plan names an agent that isn't there, its refusal says how agents are seen. */
export async function withAgentsHint<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call
  } catch (error) {
    if (!PlinthError.is(error) || !/^plan\.steps\.\d+\.agent_type$/.test(error.field ?? '')) throw error
    throw new PlinthError(error.code, `${error.message} To see the agents: plinth agents list`, false, {
      cause: error,
      ...(error.field === undefined ? {} : { field: error.field }),
    })
  }
}
