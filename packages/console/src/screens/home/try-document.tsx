import { BookOpen } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Call, send } from '../../api/client.ts'
import { Badge } from '../../kit/badge.tsx'
import { Field, TextField } from '../../kit/field.tsx'
import { formatName, formatShare } from '../../kit/format.ts'
import css from './home.module.css'
import { documentCall, readDocument } from './read-document.ts'
import { type Tried, TryCard } from './try-card.tsx'
import { Words } from './words.tsx'

interface Citation {
  readonly claim_start: number
  readonly claim_end: number
  readonly source: string
  readonly start: number
  readonly end: number
}

interface Answer {
  readonly response: string
  readonly abstained: boolean
  readonly confidence: number
  readonly citations: readonly Citation[]
}

const source = 'try-this.txt'
const sampleText = `Holiday rules. Every employee has 28 days of paid leave a year. Up to five days may be carried over into the next year, and they lapse at the end of March. Leave of more than three weeks needs the consent of the head of department.`
const sampleQuestion = 'How many days of leave may be carried over?'

/** RAG: a document becomes searchable, and an answer shows its evidence. */
export function TryDocument({ round, permissions }: Tried): ReactNode {
  const [content, setContent] = useState(sampleText)
  const [query, setQuery] = useState(sampleQuestion)
  const putIn = documentCall(source, content)
  const call: Call = { method: 'POST', path: '/api/rag/query', body: { query } }
  return (
    <TryCard<Answer>
      title="Ask a document"
      about="Retrieval: the document is read and indexed; the answer cites its places, or abstains."
      icon={BookOpen}
      permissions={permissions}
      steps={() => [{ ...putIn, follows: true }, call]}
      round={round}
      run={async (running) => {
        running.tell('Reading the document')
        await readDocument(running, putIn)
        running.tell('Asking')
        return send<Answer>(call, running.signal)
      }}
      show={({ response, abstained, confidence, citations }) => (
        <>
          <div className={css.facts}>
            <Badge tone={abstained ? 'warn' : 'good'}>{abstained ? 'abstained' : 'answered'}</Badge>
            <span>confidence {formatShare(confidence)}</span>
            <span>{citations.length === 1 ? '1 citation' : `${citations.length} citations`}</span>
          </div>
          <Words name="Answer">{response}</Words>
          {citations.slice(0, 3).map((citation) => (
            <div key={`${citation.claim_start} ${citation.start} ${citation.source}`} className={css.evidence}>
              {formatName(citation.source)}, characters {citation.start}–{citation.end}
            </div>
          ))}
        </>
      )}
      link={() => ({ to: '/knowledge', name: 'Documents and questions' })}
    >
      <TextField label="Document" rows={4} value={content} onChange={(event) => setContent(event.target.value)} />
      <Field label="Question" value={query} onChange={(event) => setQuery(event.target.value)} />
    </TryCard>
  )
}
