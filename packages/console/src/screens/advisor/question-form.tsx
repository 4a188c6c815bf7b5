import { type ReactNode, useEffect, useState } from 'react'
import { valueAt } from '../../api/value-at.ts'
import { faultAt } from '../../kit/faults.ts'
import { Choice, Field } from '../../kit/field.tsx'
import { Stack } from '../../kit/page.tsx'
import { typedOf } from '../../kit/typed.ts'
import { type Answers, withValue } from './advice.ts'
import css from './advisor.module.css'
import { answerOf, type Group, groups, type Question } from './questions.ts'

/** The questions, all with what is assumed where nothing is answered. */
export function QuestionForm(props: {
  readonly answers: Answers
  /** What the server takes for what is left out. */
  readonly assumed: Answers
  /** An answer that the server refused. */
  readonly error: Error | null
  readonly onChange: (answers: Answers) => void
}): ReactNode {
  const { answers, assumed, error, onChange } = props
  return (
    <form className={css.questions} aria-label="Questions" onSubmit={(event) => event.preventDefault()}>
      {groups.map((group) => (
        <QuestionGroup key={group.title} group={group} isOpen={isOpen(group, answers)}>
          {group.questions.map((question) => (
            <Asked
              key={question.path}
              question={question}
              value={valueAt(answers, question.path)}
              assumed={valueAt(assumed, question.path)}
              fault={faultAt(error, `profile.${question.path}`)}
              onChange={(value) => onChange(withValue(answers, question.path, value))}
            />
          ))}
        </QuestionGroup>
      ))}
    </form>
  )
}

/** The first is what everybody answers. */
function isOpen(group: Group, answers: Answers): boolean {
  return group === groups[0] || group.questions.some(({ path }) => valueAt(answers, path) !== undefined)
}

function QuestionGroup(props: { readonly group: Group; readonly isOpen: boolean; readonly children: ReactNode }): ReactNode {
  const { group, isOpen, children } = props
  const [open, setOpen] = useState(isOpen)
  // An answer opens its group; none closes it, for somebody may be typing there.
  useEffect(() => {
    if (isOpen) setOpen(true)
  }, [isOpen])
  return (
    <details className={css.group} open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        {group.title}
        {group.about !== undefined && <span className={css.about}>{group.about}</span>}
      </summary>
      <Stack>{children}</Stack>
    </details>
  )
}

function Asked(props: {
  readonly question: Question
  readonly value: unknown
  readonly assumed: unknown
  readonly fault: string | undefined
  readonly onChange: (value: unknown) => void
}): ReactNode {
  const { question, value, assumed, fault, onChange } = props
  const [typed, setTyped] = useState(typedOf(value))
  // What stands in the address may change by other ways, such as an example.
  useEffect(() => {
    setTyped((before) => (typedOf(answerOf(question, before)) === typedOf(value) ? before : typedOf(value)))
  }, [question, value])
  const change = (text: string): void => {
    setTyped(text)
    onChange(answerOf(question, text))
  }
  const common = { label: question.label, hint: question.hint, fault, value: typed }
  if (question.kind === 'choice' || question.kind === 'boolean') {
    const options = question.kind === 'choice' ? question.options : ['true', 'false']
    const names = question.kind === 'boolean' ? { true: 'yes', false: 'no' } : {}
    const nameOf = (option: string): string => (names as Readonly<Record<string, string>>)[option] ?? option
    const usual = assumed === undefined ? 'as usual' : `as usual (${nameOf(typedOf(assumed))})`
    return (
      <Choice
        {...common}
        options={[{ value: '', name: usual }, ...options.map((option) => ({ value: option, name: nameOf(option) }))]}
        onChange={({ target }) => change(target.value)}
      />
    )
  }
  return (
    <Field
      {...common}
      placeholder={typedOf(assumed)}
      inputMode={question.kind === 'number' ? 'decimal' : 'text'}
      onChange={({ target }) => change(target.value)}
    />
  )
}
