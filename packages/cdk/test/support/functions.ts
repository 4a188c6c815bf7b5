import { type HandlerName, handlerNames } from '../../src/handlers.ts'
import { resolved } from './intrinsics.ts'
import { ofType, type Resource, type Template } from './synthesised.ts'

/** The handler whose function has this logical id. */
export function handlerOf(id: string): HandlerName | undefined {
  return handlerNames.find((name) => id.includes(`Functions${name.replaceAll('-', '')}`))
}

/** A handler's function, with its logical id. */
export function functionOf(template: Template, name: HandlerName): readonly [string, Resource['Properties']] {
  const found = ofType(template, 'AWS::Lambda::Function').find(([id]) => handlerOf(id) === name)
  if (!found) throw new Error(`There is no function ${name}.`)
  return found
}

/** What a template tells a handler's function. */
export function variablesIn(template: Template, name: HandlerName): Readonly<Record<string, string>> {
  const [, { Environment }] = functionOf(template, name)
  const { Variables } = Environment as { Variables: Readonly<Record<string, unknown>> }
  return Object.fromEntries(Object.entries(Variables).map(([variable, value]) => [variable, resolved(template, value)]))
}
