import type { Template } from './synthesised.ts'

/** An account and Region that the template is read for. */
const pseudo: Readonly<Record<string, string>> = {
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::URLSuffix': 'amazonaws.com',
}

/** What CloudFormation would put for a value, with names that it could make; every ARN holds its resource's logical id. */
export function resolved({ Resources }: Template, value: unknown): string {
  if (typeof value === 'string') return value
  const [[name, argument] = ['', undefined]] = Object.entries(value as object) as [string, unknown][]
  if (name === 'Ref') return pseudo[String(argument)] ?? nameOf(String(argument))
  if (name === 'Fn::GetAtt') return attribute(argument as [string, string])
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]]
    return parts.map((part) => resolved({ Resources, Outputs: {} }, part)).join(separator)
  }
  throw new Error(`Nobody resolves ${JSON.stringify(value)}.`)

  function nameOf(id: string): string {
    const { QueueName, Name, StageName } = Resources[id]?.Properties ?? {}
    return String(QueueName ?? Name ?? StageName ?? id.toLowerCase().slice(0, 60))
  }

  function attribute([id, part]: [string, string]): string {
    if (part === 'QueueName') return nameOf(id)
    const kind = Resources[id]?.Type === 'AWS::KMS::Key' ? 'key/' : ''
    const arn = `arn:aws:${serviceOf(id)}:eu-central-1:111122223333:${kind}${nameOf(id)}`
    return part === 'Arn' ? arn : `${arn}/${part}`
  }

  function serviceOf(id: string): string {
    return (Resources[id]?.Type ?? '').split('::')[1]?.toLowerCase() ?? ''
  }
}
