import { awsVariables } from '@plinth/aws/environment'
import type { Finding } from '../finding.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** Each on its own: what is wrong with one doesn't depend on the others. */
const alone = ['PLINTH_REGION', 'AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL', ...awsVariables.alone]
const anyRegion = { AWS_REGION: 'us-east-1' }

/**
 * Reads the variables of the platform.
 * @param read throws for the first that is wrong.
 * @returns a finding that names all that are wrong.
 */
export function readSettings<Environment>(
  variables: Variables,
  read: (variables: Variables) => Environment,
): { readonly environment: Environment; readonly finding?: undefined } | { readonly finding: Finding } {
  try {
    return { environment: read(variables) }
  } catch (error) {
    const set = alone.filter((name) => variables[name])
    const wrong = new Set([
      ...set.flatMap((name) => faultOf(() => read({ ...anyRegion, [name]: variables[name] }))),
      messageOf(error),
    ])
    const message = `${[...wrong].join(' ')} Nothing on AWS was looked at.`
    return {
      finding: { check: 'aws settings', status: 'problem', message, remedy: 'Correct or unset what is named (docs/aws.md).' },
    }
  }
}

function faultOf(read: () => unknown): string[] {
  try {
    read()
    return []
  } catch (error) {
    return [messageOf(error)]
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
