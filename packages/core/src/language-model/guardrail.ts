import { InvalidInputError } from '../errors.ts'

/** A guardrail of Amazon Bedrock, in one of its versions. */
export interface Guardrail {
  /** Its id, or its ARN where it is another account's. */
  readonly identifier: string
  /** A number, or `DRAFT`. */
  readonly version: string
}

/** As the service model has both (Amazon Bedrock API reference, GuardrailConfiguration). */
const form = /^((?:arn:aws(?:-[a-z]+)*:bedrock:[a-z0-9-]{1,20}:\d{12}:guardrail\/)?[a-z0-9]{1,64}):([1-9]\d{0,7}|DRAFT)$/

/**
 * Reads `<id or ARN>:<version>`.
 * @param field what to name in the error.
 * @throws InvalidInputError
 */
export function readGuardrail(text: string, field: string): Guardrail {
  const [, identifier, version] = form.exec(text) ?? []
  if (identifier === undefined || version === undefined)
    throw new InvalidInputError(`${field} must be the id or ARN of a guardrail and its version, such as gr1abc2def3g:1.`, {
      field,
    })
  return { identifier, version }
}
