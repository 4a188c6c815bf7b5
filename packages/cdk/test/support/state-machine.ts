import { resolved } from './intrinsics.ts'
import { ofType, type Template } from './synthesised.ts'

/** A state machine in the Amazon States Language, as far as tests look at it. */
export interface Definition {
  readonly StartAt: string
  readonly States: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** That of the template's only state machine. */
export function definitionOf(template: Template): Definition {
  const [[, { DefinitionString }] = ['', {}]] = ofType(template, 'AWS::StepFunctions::StateMachine')
  return JSON.parse(resolved(template, DefinitionString)) as Definition
}

/** The same for a queue that is there, as its text. */
export function definitionFor({ States, ...definition }: Definition, queueUrl: string): string {
  const changed = Object.entries(States).map(([name, state]) => {
    const { Parameters } = state
    return [name, Parameters ? { ...state, Parameters: { ...Parameters, QueueUrl: queueUrl } } : state]
  })
  return JSON.stringify({ ...definition, States: Object.fromEntries(changed) })
}
