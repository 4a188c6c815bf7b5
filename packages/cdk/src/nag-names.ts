import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'

/** A value, such as an ARN, as cdk-nag writes it in the ids of its findings. */
export function nagName(scope: Construct, value: string): string {
  return flat(Stack.of(scope).resolve(value))
}

function flat(value: unknown): string {
  // A variable of a policy looks to it like a reference.
  if (typeof value === 'string') return value.replace(/\$\{([^}]+)\}/g, '<$1>')
  const [[name, argument] = ['', undefined]] = Object.entries(value as Readonly<Record<string, unknown>>)
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]]
    return parts.map(flat).join(separator)
  }
  return `<${[argument].flat().join('.')}>`
}
