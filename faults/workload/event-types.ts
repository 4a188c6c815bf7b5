/** What begins and what ends a round of a request, on the wire. */
export const received = 'genai.request.received'
export const closing: readonly string[] = ['genai.request.completed', 'genai.request.failed']
