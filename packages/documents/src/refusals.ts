import { UnreadableDocumentError } from '@plinth/core/reading'

/** @returns what is thrown for a file that breaks off, contradicts itself, or nests without end. */
export function damaged(what: string, cause?: unknown): UnreadableDocumentError {
  return new UnreadableDocumentError('document_damaged', `The file is damaged: it can't be read as ${what}. Send it anew.`, {
    cause,
  })
}

export function mislabelled(what: string, found: string): UnreadableDocumentError {
  return new UnreadableDocumentError(
    'document_mislabelled',
    `The file was sent as ${what}, but it is ${found}. Send it with the content type that it has.`,
  )
}

export function encrypted(what: string): UnreadableDocumentError {
  return new UnreadableDocumentError('document_encrypted', `The ${what} is protected by a password. Send it without one.`)
}

export function empty(hint = ''): UnreadableDocumentError {
  return new UnreadableDocumentError('document_empty', `The file holds no words.${hint}`)
}

export function tooLarge(what: string): UnreadableDocumentError {
  return new UnreadableDocumentError('document_too_large', `The file is too large to read: ${what}. Send it in parts.`)
}
